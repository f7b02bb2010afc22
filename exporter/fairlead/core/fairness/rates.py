"""Rates of the groups of a protected attribute, and which groups are large enough to enter a gap."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from fairlead.core import noise
from fairlead.core.comparison import Comparison
from fairlead.core.measurement import Labels, Measurement, NotComputed, Outcomes
from fairlead.core.summary import Tally


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate of a group: how its successes and its rows are read from a tally."""

    name: str
    successes: Callable[[Tally], int]
    rows: Callable[[Tally], int]

    def pair(self, tally: Tally) -> tuple[int, int]:
        """(successes, rows)."""
        return self.successes(tally), self.rows(tally)

    def value(self, tally: Tally) -> float:
        """Rate in [0, 1]; only with rows > 0."""
        return self.successes(tally) / self.rows(tally)


SELECTION = Rate("selection", lambda tally: tally.selected, lambda tally: tally.predicted)
TRUE_POSITIVE = Rate("true_positive", lambda tally: tally.true_positives, lambda tally: tally.positives)
ACCURACY = Rate("accuracy", lambda tally: tally.correct, lambda tally: tally.labelled)


def measure(c: Comparison) -> Outcomes:
    """Selection, true-positive and accuracy rate of each group, in [0, 1], beside the baseline's; and its sizes."""
    for attribute, groups in c.current.groups.items():
        base = c.baseline.summary.groups.get(attribute, {})
        for group in dict.fromkeys((*base, *groups)):
            labels = (("attribute", attribute), ("group", group))
            tally, reference = groups.get(group, Tally()), base.get(group, Tally())
            yield Measurement("group_samples", tally.rows, labels, samples=tally.rows)
            yield Measurement("group_labelled_samples", tally.labelled, labels, samples=tally.labelled)
            for rate in (SELECTION, TRUE_POSITIVE, ACCURACY):
                if rate.rows(tally):
                    yield Measurement(f"group_{rate.name}_ratio", rate.value(tally), labels, samples=rate.rows(tally))
                if rate.rows(reference):
                    yield Measurement(
                        f"group_{rate.name}_baseline_ratio",
                        rate.value(reference),
                        labels,
                        baseline_samples=rate.rows(reference),
                    )


def large_enough(
    groups: Mapping[str, Tally], rate: Rate, c: Comparison, metric: str, attribute: str
) -> tuple[dict[str, Tally], list[NotComputed]]:
    """Groups that may enter a gap or a ratio, and a named reason for each one left out."""
    kept: dict[str, Tally] = {}
    left_out: list[NotComputed] = []
    for group, tally in groups.items():
        labels = (("attribute", attribute), ("group", group))
        if rate.rows(tally) == 0 and rate is not SELECTION:
            left_out.append(NotComputed(metric, "no labels" if tally.labelled == 0 else "no positives", labels))
        elif tally.predicted < c.minimums.group:
            left_out.append(NotComputed(metric, "group too small", labels))
        elif rate is TRUE_POSITIVE and tally.positives < c.minimums.positives:
            left_out.append(NotComputed(metric, "too few positives", labels))
        else:
            kept[group] = tally
    return kept, left_out


def gap(groups: Mapping[str, Tally], rate: Rate) -> tuple[float, str, str]:
    """max − min rate, with the group that has the highest and the one that has the lowest; of equals the first name."""
    names = sorted(groups)
    high = max(names, key=lambda group: rate.value(groups[group]))
    low = min(names, key=lambda group: rate.value(groups[group]))
    return rate.value(groups[high]) - rate.value(groups[low]), high, low


def gap_drift(c: Comparison, rate: Rate, metric: str) -> Outcomes:
    """max − min rate over the groups that are large enough on both sides, its baseline and its signed growth.

    A group missing from the baseline enters the current difference but not the drift, which compares like with like.
    """
    for attribute, groups in c.current.groups.items():
        labels = (("attribute", attribute),)
        base_groups = c.baseline.summary.groups.get(attribute, {})
        drift = f"{metric}_drift"
        current, left_out = large_enough({**dict.fromkeys(base_groups, Tally()), **groups}, rate, c, drift, attribute)
        yield from left_out
        if len(current) >= 2:
            samples = sum(rate.rows(tally) for tally in current.values())
            yield Measurement(f"{metric}_difference", gap(current, rate)[0], labels, samples=samples)
        base, _ = large_enough(base_groups, rate, c, drift, attribute)
        common = [group for group in current if group in base]
        if len(common) < 2:
            yield NotComputed(drift, "fewer than two groups large enough in window and baseline", labels)
            continue
        both = {group: (current[group], base[group]) for group in common}
        yield from _drift(rate, metric, labels, both, noise.sidak(len(c.current.groups)))


def _drift(rate: Rate, metric: str, labels: Labels, both: Mapping[str, tuple[Tally, Tally]], level: float) -> Outcomes:
    current = {group: pair[0] for group, pair in both.items()}
    base = {group: pair[1] for group, pair in both.items()}
    difference, high, low = gap(current, rate)
    reference, _, _ = gap(base, rate)
    samples = sum(rate.rows(tally) for tally in current.values())
    base_samples = sum(rate.rows(tally) for tally in base.values())
    extremes = tuple((*rate.pair(current[group]), *rate.pair(base[group])) for group in (high, low))
    limit = noise.gap_change(extremes, len(current), level)
    yield Measurement(f"{metric}_baseline_difference", reference, labels, baseline_samples=base_samples)
    yield Measurement(f"{metric}_drift", difference - reference, labels, limit, samples, base_samples)
