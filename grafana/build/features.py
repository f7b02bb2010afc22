"""Graphs of the features: drift and data quality."""

from collections.abc import Sequence

from grafana.build.bars import bars
from grafana.build.limits import limit
from grafana.build.links import line
from grafana.build.measurements import KNOWN
from grafana.build.panels import Grid, Scale, Text, graph
from grafana.build.queries import FEATURE, series, thresholds, trend
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models.dashboard import Panel


def _feature(text: Text, metric: str, scale: Scale, width: int = 8) -> Builder[Panel]:
    return graph(
        text,
        scale,
        {"{{feature}}": trend(metric, "feature", where=FEATURE)},
        thresholds(metric),
        Grid(width),
        link=line("fairlead-drift", "feature", "feature", KNOWN),
    )


def furthest() -> Sequence[Builder[Panel]]:
    """The features that have moved furthest now, as bars."""
    return [
        _worst(
            Text(
                "Which features have drifted furthest?",
                "Population stability index of the twenty features with the largest one, the largest first. Colours "
                "change "
                "at the default thresholds; the verdict is in the table. Click on a feature to see it alone.",
                "No feature could be compared",
            ),
            "feature_psi",
            "none",
        ),
        _worst(
            Text(
                "Which features have lost most values?",
                "Growth of the share of missing values, the twenty features with the largest one, the largest first.",
                "No feature could be compared",
            ),
            "feature_missing_increase_ratio",
            "percentunit",
        ),
    ]


def _worst(text: Text, metric: str, unit: str) -> Builder[Panel]:
    steps = [(None, "green"), (limit(metric, "warning"), "orange"), (limit(metric, "critical"), "red")]
    return bars(
        text,
        Scale(unit, 0),
        "{{feature}}",
        f"sort_desc(topk(20, {series(f'fairlead_{metric}', 'feature', where=FEATURE)}))",
        steps,
        grid=Grid(12, 10),
        link=line("fairlead-drift", "feature", "feature", KNOWN),
    )


def data() -> Sequence[Builder[Panel]]:
    """Drift of the features."""
    numerical = "No numerical feature could be compared"
    categorical = "No categorical feature could be compared"
    return [
        _feature(
            Text(
                "Which features have changed their distribution?",
                "Population stability index against the baseline's bins; 0 means unchanged.",
                "No feature could be compared",
            ),
            "feature_psi",
            Scale("none", 0, 0.3),
        ),
        _feature(
            Text(
                "How surprising are the values to the baseline?",
                "KL divergence of the current from the baseline distribution in nats, numerical features.",
                numerical,
            ),
            "feature_kl_divergence",
            Scale("none", 0, 0.35),
        ),
        _feature(
            Text(
                "How far have the values moved?",
                "Wasserstein-1 distance over the baseline's range, numerical features: 0.1 is a move by a tenth of "
                "the range.",
                numerical,
            ),
            "feature_wasserstein_distance",
            Scale("percentunit", 0, 0.35),
        ),
        _feature(
            Text(
                "Do values come that the baseline never saw?",
                "Share of rows whose category is not in the baseline.",
                categorical,
            ),
            "feature_new_category_ratio",
            Scale("percentunit", 0, 0.06),
            6,
        ),
        _feature(
            Text(
                "Do categories gain or lose weight?",
                "Largest change of any category's share.",
                categorical,
            ),
            "feature_category_shift_ratio",
            Scale("percentunit", 0, 0.3),
            6,
        ),
        _feature(
            Text(
                "Do rare categories become common?",
                "Number of categories that had less than 1 % of the baseline's rows and now have more than 5 %.",
                categorical,
            ),
            "feature_rare_category_surges",
            Scale("short", 0, 3),
            6,
        ),
        _feature(
            Text(
                "Do more values go missing?",
                "Share of missing values minus the baseline's share.",
                "No feature could be compared",
            ),
            "feature_missing_increase_ratio",
            Scale("percentunit", 0, 0.16),
            6,
        ),
    ]


def quality() -> Sequence[Builder[Panel]]:
    """Values that are not what the configuration says, and pairs of features that belong together differently."""
    return [
        _feature(
            Text(
                "Are values of the wrong type?",
                "Share of values that are not of the configured type.",
                "No feature was read",
            ),
            "feature_type_mismatch_ratio",
            Scale("percentunit", 0, 0.06),
        ),
        _feature(
            Text(
                "Are values out of range?",
                "Share of values outside the configured range.",
                "No feature has a configured range",
            ),
            "feature_range_violation_ratio",
            Scale("percentunit", 0, 0.12),
        ),
        _feature(
            Text(
                "Are required values missing?",
                "1 where a required feature is missing, else 0.",
                "No feature is required",
            ),
            "feature_required_missing",
            Scale("none", 0, 1),
        ),
        graph(
            Text(
                "Which features move together differently?",
                "Change of a pair's correlation since the baseline, up or down, with its noise dotted; only pairs that "
                "changed by more than 0.15. Choosing a feature keeps all its pairs.",
                "No pair of numerical features has changed its correlation by more than 0.15, or none was compared",
            ),
            Scale("none", 0, 0.6),
            {
                "{{feature}} and {{other}}": _pairs("feature_correlation_change"),
                "{{feature}} and {{other}} noise": _pairs("feature_correlation_change_noise"),
            },
            thresholds("feature_correlation_change"),
            Grid(12),
        ),
        graph(
            Text(
                "How many pairs of features have become nearly the same?",
                "Pairs whose correlation is now above 0.9 or below −0.9, was not in the baseline, and changed past its "
                "noise.",
                "No pair of numerical features could be compared",
            ),
            Scale("short", 0, 3),
            {"pairs": series("fairlead_new_high_correlations", "model")},
            thresholds("new_high_correlations"),
            Grid(12),
        ),
    ]


def _pairs(metric: str) -> str:
    """Every pair with one of the chosen features, whichever of the two it is."""
    either = (trend(metric, "feature", "other", where=f'{label}=~"$feature"') for label in ("feature", "other"))
    return " or ".join(either)
