"""The study as Markdown."""

from collections.abc import Callable, Mapping, Sequence

from fairlead.core.thresholds import COMPARISONS
from fairlead.exposition.catalogue import METRICS as CATALOGUE
from tests.study.rates import ANY, Rates, Size, Tally
from tests.study.scenarios import SCENARIOS

HEAD = """# Simulation study

How often a model whose world has not changed raises an alarm, and how often a real change is found. Made by
`make study`; seeds are fixed, so the same code gives the same numbers.

A model of fifty features: thirty numerical ones (normal, lognormal, gamma, uniform, Student's t with 3 degrees of
freedom, Pareto with exponent 2.5, two modes, counts, flags, half zeros; five at a time correlated at 0.5) and twenty
categorical ones (2 to 2,000 categories), up to 30 % of the values missing; three predicted classes, scores, a label in
every row, ten attributions, and three protected attributes of two, three and four groups. Windows of n rows are
compared with a baseline by the code that every analysis runs, and judged by the thresholds that are shipped.

- **Threshold alone**: share of unchanged windows in which any series of the metric is past its warning threshold.
- **Noise alone**: the same for the noise. By design at most 5 %, over all series of the metric.
- **Threshold and noise**: what raises an alert.
- **Found**: share of changed windows in which the change named in the table is past warning threshold and noise.

In percent, ± one standard error, from {least:,} to {most:,} windows of each kind per size. *Any metric* is any alert of
the model at all: each metric has its own 5 %, so together they err more often than one. A metric that cannot be
computed in a small window (groups of fewer than 30 rows) raises nothing and finds nothing. Features of many rare
categories are past the thresholds of PSI and of new categories by their nature, whatever happens.
"""


def document(found: Mapping[Size, Rates]) -> str:
    """All tables, for baselines larger than the window and for baselines of its size."""
    sizes = sorted(found)
    larger = [size for size in sizes if size[1] > size[0] or size[1] == max(size[0], 10_000)]
    equal = [size for size in sizes if size[1] == size[0]]
    counts = {sum(tally.windows for _ in tally.hits) for rates in found.values() for tally in rates.both.values()}
    text = [HEAD.format(least=min(counts), most=max(counts))]
    for title, chosen in (("A baseline of 10,000 rows, or as many as the window", larger), ("As many rows", equal)):
        if chosen:
            text += [f"## {title}\n", *_tables({size[0]: found[size] for size in chosen})]
    return "\n".join(text)


def _tables(found: Mapping[int, Rates]) -> list[str]:
    judged = [scenario.metric for scenario in SCENARIOS if scenario.metric in COMPARISONS]
    noisy = [scenario.metric for scenario in SCENARIOS if CATALOGUE[f"fairlead_{scenario.metric}"].noise]
    changes = [f"{scenario.metric}: {scenario.change}" for scenario in SCENARIOS]
    metrics = [scenario.metric for scenario in SCENARIOS]
    return [
        "### Threshold and noise\n",
        _table([*judged, ANY], [*judged, ANY], found, lambda rates: rates.both),
        "### Threshold alone\n",
        _table([*judged, ANY], [*judged, ANY], found, lambda rates: rates.threshold),
        "### Noise alone\n",
        _table([*noisy, ANY], [*noisy, ANY], found, lambda rates: rates.noise),
        "### Found\n",
        _table(changes, metrics, found, lambda rates: rates.found),
    ]


def _table(
    names: Sequence[str],
    metrics: Sequence[str],
    found: Mapping[int, Rates],
    kind: Callable[[Rates], Mapping[str, Tally]],
) -> str:
    lines = [
        "| n | " + " | ".join(f"{size:,}" for size in found) + " |",
        "|---|" + "---:|" * len(found),
    ]
    for name, metric in zip(names, metrics, strict=True):
        cells = [kind(rates)[metric] for rates in found.values()]
        lines.append(f"| {name} | " + " | ".join(_percent(cell) for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def _percent(tally: Tally) -> str:
    return f"{100 * tally.rate:.1f} ± {100 * tally.error:.1f}"
