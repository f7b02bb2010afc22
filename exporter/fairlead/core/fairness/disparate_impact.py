"""Disparate impact: the groups' selection rates as ratios to a reference group's."""

import math
from collections.abc import Mapping

from fairlead.core import noise
from fairlead.core.comparison import Comparison
from fairlead.core.fairness.rates import SELECTION, large_enough
from fairlead.core.measurement import Labels, Measurement, NotComputed, Outcomes
from fairlead.core.summary import Tally

METRIC = "fairness_disparate_impact_ratio"
INTERVAL_Z = noise.two_sided_z(0.05)


def measure(c: Comparison) -> Outcomes:
    """Ratio per group and the least over groups, in [0, ∞) (at most 1 for the default reference, the highest rate).

    Equals fairlearn's demographic_parity_ratio for the default reference. The noise is a ratio below 1: chance alone
    goes below it in 5 % of runs when all groups have equal rates. lower and upper are the 95 % Katz interval.
    Nobody selected in the reference group: no ratio. Nobody selected in another group: 0.
    """
    for attribute, tallies in c.current.groups.items():
        labels = (("attribute", attribute),)
        wanted = c.references.get(attribute)
        base_tallies = c.baseline.summary.groups.get(attribute, {})
        every = {**dict.fromkeys(base_tallies, Tally()), **tallies}
        groups, left_out = large_enough(every, SELECTION, c, METRIC, attribute)
        yield from left_out
        reference, reason = reference_group(groups, wanted)
        if reference is None:
            yield NotComputed(METRIC, reason, labels)
            continue
        z = _deviate(len(groups), wanted is not None, len(c.current.groups))
        others = sorted(group for group in groups if group != reference)
        for group in others:
            yield from _group(groups, group, reference, z, labels)
        least = min(others, key=lambda group: ratio(groups[group], groups[reference]))
        value = ratio(groups[least], groups[reference])
        samples = sum(tally.predicted for tally in groups.values())
        yield Measurement(METRIC, value, labels, ratio_noise(groups[least], groups[reference], z), samples)
        base, _ = large_enough(base_tallies, SELECTION, c, METRIC, attribute)
        yield from _drift(base, wanted, value, labels)


def ratio(group: Tally, reference: Tally) -> float:
    """Selection rate of the group ÷ the reference's; the reference must have selected somebody."""
    return SELECTION.value(group) / SELECTION.value(reference)


def reference_group(groups: Mapping[str, Tally], wanted: str | None) -> tuple[str | None, str]:
    """The configured group or the one with the highest rate, of equals the first name; or None and the reason."""
    if len(groups) < 2:
        return None, "fewer than two groups large enough"
    if wanted is not None and wanted not in groups:
        return None, "reference group not large enough"
    reference = wanted or max(sorted(groups), key=lambda group: SELECTION.value(groups[group]))
    if groups[reference].selected == 0:
        return None, "no favourable outcome in the reference group"
    return reference, ""


def _deviate(groups: int, fixed: bool, attributes: int) -> float:
    """z per comparison: against a fixed reference one-sided; against the highest of all groups every pair counts."""
    level = noise.sidak(attributes)
    if fixed:
        return noise.one_sided_z(noise.sidak(groups - 1, level))
    return noise.two_sided_z(noise.sidak(groups * (groups - 1) // 2, level))


def ratio_noise(group: Tally, reference: Tally, z: float) -> float:
    """Ratio that chance goes below; the ratio itself where the +½ for small counts says that chance explains it."""
    log_ratio, error = noise.katz(SELECTION.pair(group), SELECTION.pair(reference))
    bound = math.exp(-z * error)
    return bound if math.exp(log_ratio) < bound else min(bound, ratio(group, reference))


def _group(groups: Mapping[str, Tally], group: str, reference: str, z: float, labels: Labels) -> Outcomes:
    tally, against = groups[group], groups[reference]
    labels = (*labels, ("group", group))
    log_ratio, error = noise.katz(SELECTION.pair(tally), SELECTION.pair(against))
    metric, samples = "group_disparate_impact_ratio", tally.predicted
    bound = ratio_noise(tally, against, z)
    yield Measurement(metric, ratio(tally, against), labels, bound, samples)
    yield Measurement(f"{metric}_lower", math.exp(log_ratio - INTERVAL_Z * error), labels, samples=samples)
    yield Measurement(f"{metric}_upper", math.exp(log_ratio + INTERVAL_Z * error), labels, samples=samples)


def _drift(base: Mapping[str, Tally], wanted: str | None, current: float, labels: Labels) -> Outcomes:
    """Baseline ratio and its fall, DI_base − DI_cur: positive when it got worse."""
    reference, reason = reference_group(base, wanted)
    if reference is None:
        yield NotComputed("fairness_disparate_impact_drift", f"baseline: {reason}", labels)
        return
    reference_ratio = min(ratio(base[group], base[reference]) for group in base if group != reference)
    samples = sum(tally.predicted for tally in base.values())
    metric = "fairness_disparate_impact_baseline_ratio"
    yield Measurement(metric, reference_ratio, labels, baseline_samples=samples)
    yield Measurement("fairness_disparate_impact_drift", reference_ratio - current, labels, baseline_samples=samples)
