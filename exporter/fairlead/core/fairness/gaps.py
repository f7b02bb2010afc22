"""Gaps between the rates of groups, and how they have grown."""

from collections.abc import Mapping
from dataclasses import dataclass

from fairlead.core import noise
from fairlead.core.comparison import Comparison
from fairlead.core.fairness.groups import TOO_FEW, TOO_MANY, Rate, attributes, large_enough, left_out, tallies, too_many
from fairlead.core.measurement import Labels, Measurement, NotComputed, Outcomes
from fairlead.core.summary import Tally


@dataclass(frozen=True, slots=True)
class Gap:
    """max − min of a rate over groups: the metrics of the window, of the baseline (if exported) and of the growth."""

    rate: Rate
    difference: str
    baseline: str | None
    growth: str


def measure(c: Comparison, gap: Gap) -> Outcomes:
    """The gap in [0, 1] and its signed growth in [−1, 1] per attribute, over the groups that are large enough.

    A group that is large enough only now enters the current gap but not the growth, which compares like with like.
    """
    every = attributes(c)
    for attribute in every:
        if too_many(c, attribute):
            yield NotComputed(gap.growth, TOO_MANY, (("attribute", attribute),))
        else:
            yield from _attribute(c, gap, attribute, noise.sidak(len(every)))


def _attribute(c: Comparison, gap: Gap, attribute: str, level: float) -> Outcomes:
    labels = (("attribute", attribute),)
    rate = gap.rate
    current, reasons = large_enough(tallies(c, rate, attribute), rate, c)
    base, base_reasons = large_enough(c.baseline.summary.groups.get(attribute, {}), rate, c)
    if len(current) >= 2:
        samples = sum(rate.rows(tally) for tally in current.values())
        yield Measurement(gap.difference, spread(current, rate), labels, samples=samples)
    both = {group: (current[group], base[group]) for group in current if group in base}
    if len(both) < 2:
        yield from left_out(gap.growth, attribute, reasons)
        yield NotComputed(gap.growth, TOO_FEW, labels)
        return
    unknown = {group: f"baseline: {base_reasons.get(group, 'no such group')}" for group in current if group not in base}
    yield from left_out(gap.growth, attribute, reasons | unknown)
    yield from _growth(gap, labels, both, level)


def spread(groups: Mapping[str, Tally], rate: Rate) -> float:
    """max − min rate over groups."""
    values = [rate.value(tally) for tally in groups.values()]
    return max(values) - min(values)


def _growth(gap: Gap, labels: Labels, both: Mapping[str, tuple[Tally, Tally]], level: float) -> Outcomes:
    rate = gap.rate
    current, base = ({group: pair[side] for group, pair in both.items()} for side in (0, 1))
    samples, base_samples = (sum(rate.rows(tally) for tally in side.values()) for side in (current, base))
    reference = spread(base, rate)
    limit = noise.gap_change(_extremes(both, rate), len(both), level)
    if gap.baseline:
        yield Measurement(gap.baseline, reference, labels, baseline_samples=base_samples)
    yield Measurement(gap.growth, spread(current, rate) - reference, labels, limit, samples, base_samples)


def _extremes(both: Mapping[str, tuple[Tally, Tally]], rate: Rate) -> tuple[tuple[int, int, int, int], ...]:
    """Counts of the groups with the highest and the lowest rate now, on both sides; of equals the surest."""
    counts = sorted((*rate.pair(current), *rate.pair(base)) for current, base in both.values())
    high = max(counts, key=lambda one: (one[0] / one[1], one[1], one[3]))
    low = min(counts, key=lambda one: (one[0] / one[1], -one[1], -one[3]))
    return high, low
