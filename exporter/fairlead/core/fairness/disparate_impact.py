"""Disparate impact: the groups' selection rates as ratios to a reference group's."""

import math
from collections.abc import Mapping

from fairlead.core import noise
from fairlead.core.comparison import Comparison
from fairlead.core.fairness.groups import (
    SELECTION,
    TOO_FEW,
    TOO_MANY,
    attributes,
    large_enough,
    left_out,
    tallies,
    too_many,
)
from fairlead.core.measurement import Labels, Measurement, NotComputed, Outcomes
from fairlead.core.summary import Tally

METRIC, DRIFT = "fairness_disparate_impact_ratio", "fairness_disparate_impact_drift"
INTERVAL_Z = noise.two_sided_z(0.05)

Groups = Mapping[str, Tally]


def measure(c: Comparison) -> Outcomes:
    """Ratio per group and the least over groups, in [0, ∞) (at most 1 for the default reference, the highest rate).

    Equals fairlearn's demographic_parity_ratio for the default reference. The noise is a ratio below 1: chance alone
    goes below it in 5 % of runs when all groups have equal rates. lower and upper are the 95 % Katz interval.
    Nobody selected in the reference group: no ratio. Nobody selected in another group: 0.
    """
    every = attributes(c)
    for attribute in every:
        if too_many(c, attribute):
            yield NotComputed(METRIC, TOO_MANY, (("attribute", attribute),))
        else:
            yield from _attribute(c, attribute, len(every))


def _attribute(c: Comparison, attribute: str, series: int) -> Outcomes:
    labels = (("attribute", attribute),)
    wanted = c.references.get(attribute)
    groups, reasons = large_enough(tallies(c, SELECTION, attribute), SELECTION, c)
    yield from left_out(METRIC, attribute, reasons)
    reference, reason = reference_group(groups, wanted)
    if reference is None:
        yield NotComputed(METRIC, reason, labels)
        return
    z = _deviate(len(groups), wanted is not None, series)
    for group in sorted(groups):
        if group != reference:
            yield from _group(groups, group, reference, z, labels)
    least = least_group(groups, reference)
    samples = sum(tally.predicted for tally in groups.values())
    bound = ratio_noise(groups[least], groups[reference], z)
    yield Measurement(METRIC, ratio(groups[least], groups[reference]), labels, bound, samples)
    base, _ = large_enough(c.baseline.summary.groups.get(attribute, {}), SELECTION, c)
    yield from _drift(groups, base, wanted, labels)


def ratio(group: Tally, reference: Tally) -> float:
    """Selection rate of the group ÷ the reference's; the reference must have selected somebody."""
    return SELECTION.value(group) / SELECTION.value(reference)


def reference_group(groups: Groups, wanted: str | None) -> tuple[str | None, str]:
    """The configured group or the one with the highest rate, of equals the largest; or None and the reason."""
    if len(groups) < 2:
        return None, "fewer than two groups large enough"
    if wanted is not None and wanted not in groups:
        return None, "reference group not large enough"
    reference = wanted or max(
        sorted(groups), key=lambda group: (SELECTION.value(groups[group]), groups[group].predicted)
    )
    if groups[reference].selected == 0:
        return None, "no favourable outcome in the reference group"
    return reference, ""


def least_group(groups: Groups, reference: str) -> str:
    """The group with the lowest rate but the reference, of equals the largest."""
    others = sorted(groups.keys() - {reference})
    return min(others, key=lambda group: (SELECTION.value(groups[group]), -groups[group].predicted))


def _deviate(groups: int, fixed: bool, series: int) -> float:
    """z per comparison: against a fixed reference one-sided; against the highest of all groups every pair counts."""
    level = noise.sidak(series)
    if fixed:
        return noise.one_sided_z(noise.sidak(groups - 1, level))
    return noise.two_sided_z(noise.sidak(math.comb(groups, 2), level))


def ratio_noise(group: Tally, reference: Tally, z: float) -> float:
    """Ratio that chance goes below; the ratio itself where the +½ for small counts says that chance explains it."""
    log_ratio, error = noise.katz(SELECTION.pair(group), SELECTION.pair(reference))
    bound = math.exp(-z * error)
    return bound if math.exp(log_ratio) < bound else min(bound, ratio(group, reference))


def _group(groups: Groups, group: str, reference: str, z: float, labels: Labels) -> Outcomes:
    tally, against = groups[group], groups[reference]
    labels = (*labels, ("group", group))
    log_ratio, error = noise.katz(SELECTION.pair(tally), SELECTION.pair(against))
    metric, samples = "group_disparate_impact_ratio", tally.predicted
    bound = ratio_noise(tally, against, z)
    yield Measurement(metric, ratio(tally, against), labels, bound, samples)
    yield Measurement(f"{metric}_lower", math.exp(log_ratio - INTERVAL_Z * error), labels, samples=samples)
    yield Measurement(f"{metric}_upper", math.exp(log_ratio + INTERVAL_Z * error), labels, samples=samples)


def _drift(groups: Groups, base: Groups, wanted: str | None, labels: Labels) -> Outcomes:
    """Baseline ratio and its fall, DI_base − DI_cur: positive when it got worse.

    Both over the groups that are large enough on both sides: a group that is new or gone is no change of treatment.
    """
    common = [group for group in groups if group in base]
    if len(common) < 2:
        yield NotComputed(DRIFT, TOO_FEW, labels)
        return
    now, reason = _least({group: groups[group] for group in common}, wanted)
    then, base_reason = _least({group: base[group] for group in common}, wanted)
    samples, base_samples = (sum(side[group].predicted for group in common) for side in (groups, base))
    if then is not None:
        metric = "fairness_disparate_impact_baseline_ratio"
        yield Measurement(metric, then, labels, baseline_samples=base_samples)
    if now is None or then is None:
        yield NotComputed(DRIFT, f"baseline: {base_reason}" if base_reason else reason, labels)
        return
    yield Measurement(DRIFT, then - now, labels, samples=samples, baseline_samples=base_samples)


def _least(groups: Groups, wanted: str | None) -> tuple[float | None, str]:
    """The least ratio, or None and the reason."""
    reference, reason = reference_group(groups, wanted)
    if reference is None:
        return None, reason
    return ratio(groups[least_group(groups, reference)], groups[reference]), ""
