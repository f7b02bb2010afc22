"""The groups themselves: rates now and in the baseline, and how many rows stand behind them."""

from collections.abc import Sequence

from grafana.build.panels import Column, Grid, Scale, TableSpec, Text, graph, records
from grafana.build.queries import ATTRIBUTE, series, trend
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models.dashboard import Panel

EMPTY = "No group has been measured: no protected attribute is configured, or nothing was analysed"


def _rate(title: str, description: str, metric: str, empty: str) -> Builder[Panel]:
    legend = "{{attribute}} {{group}}"
    return graph(
        Text(title, description, empty),
        Scale("percentunit", 0, 1),
        {
            legend: trend(f"group_{metric}_ratio", "attribute", "group", where=ATTRIBUTE),
            f"{legend} baseline": trend(f"group_{metric}_baseline_ratio", "attribute", "group", where=ATTRIBUTE),
        },
        grid=Grid(6),
    )


def groups() -> Sequence[Builder[Panel]]:
    """Graphs of the rates and one table of everything."""
    unlabelled = "Too few labelled rows in the groups"
    rates = ("selection", "true_positive", "false_positive", "accuracy")
    names = ("Selected", "True positives", "False positives", "Accuracy")
    columns = {"Value #A": Column("Rows", "short", 0), "Value #B": Column("Labelled rows", "short", 0)}
    shown = [_by_group("fairlead_group_samples"), _by_group("fairlead_group_labelled_samples")]
    for rate, name in zip(rates, names, strict=True):
        for kind, heading in (("", name), ("_baseline", f"{name}, baseline")):
            columns[f"Value #{chr(ord('A') + len(shown))}"] = Column(heading, "percentunit", 1)
            shown.append(_by_group(f"fairlead_group_{rate}{kind}_ratio"))
    return [
        _rate(
            "Who is selected?",
            "Share of each group with the favourable outcome, with its share in the baseline dotted.",
            "selection",
            EMPTY,
        ),
        _rate(
            "Who is rightly selected?",
            "True-positive rate: of those who deserve the favourable outcome, the share that gets it. Baseline dotted.",
            "true_positive",
            unlabelled,
        ),
        _rate(
            "Who is wrongly selected?",
            "False-positive rate: of those who do not deserve the favourable outcome, the share that gets it. Baseline "
            "dotted.",
            "false_positive",
            unlabelled,
        ),
        _rate(
            "For whom is the model right?",
            "Accuracy on the labelled rows of each group, with the baseline's dotted.",
            "accuracy",
            unlabelled,
        ),
        records(
            Text(
                "How large are the groups, and how do they fare?",
                "A group with too few rows (30 unless configured) enters no gap and no ratio, however unequal "
                "its rates look.",
                EMPTY,
            ),
            TableSpec({"attribute": "Attribute", "group": "Group"}, columns, shown, grid=Grid(24, 9)),
        ),
    ]


def _by_group(metric: str) -> str:
    return series(metric, "attribute", "group", where=ATTRIBUTE)
