"""Which features left the three that matter most."""

import math
from collections.abc import Mapping, Sequence

from fairlead.core import noise
from fairlead.core.comparison import Comparison
from fairlead.core.explanation.magnitude import Magnitude, error
from fairlead.core.explanation.ranks import ALIKE, Sides, common, fewest_rows, too_few_features
from fairlead.core.measurement import Measurement, NotComputed, Outcomes

METRIC = "attribution_top3_changes"
TOP = 3


def measure(c: Comparison) -> Outcomes:
    """How many of the baseline's top three by mean |attribution| left the top three, 0 to 3.

    A newcomer counts when it is above every feature that left by more than chance explains: by Šidák's z over all pairs
    across the line · the standard error of the difference, whatever the correlation of the two. If chance explains
    them all, there are too few values to tell. Equal means keep the baseline's order, there by name. A model of up to
    three features has no such metric: none of them can leave.
    """
    if len(c.current.attributions) <= TOP:
        return
    sides = common(c)
    reason = too_few_features(c, sides, TOP + 1)
    if reason:
        yield NotComputed(METRIC, reason)
        return
    before = top({name: pair[1] for name, pair in sides.items()}, sorted(sides))
    after = top({name: pair[0] for name, pair in sides.items()}, before)
    left = [name for name in before[:TOP] if name not in after[:TOP]]
    came = [name for name in after[:TOP] if name not in before[:TOP]]
    z = noise.one_sided_z(noise.sidak(TOP * (len(sides) - TOP)))
    certain = sum(all(_above(c, sides, new, old) > z for old in left) for new in came)
    if came and not certain:
        yield NotComputed(METRIC, "too few values to tell")
        return
    yield Measurement(METRIC, float(certain), (), None, *fewest_rows(sides))


def top(features: Mapping[str, Magnitude], order: Sequence[str]) -> list[str]:
    """Features by falling mean; those within ALIKE of their neighbour stay in the given order."""
    found: list[list[str]] = []
    for name in sorted(order, key=lambda name: -features[name].mean):
        if found and features[found[-1][-1]].mean * (1 - ALIKE) <= features[name].mean:
            found[-1].append(name)
        else:
            found.append([name])
    place = {name: i for i, name in enumerate(order)}
    return [name for alike in found for name in sorted(alike, key=place.__getitem__)]


def _above(c: Comparison, sides: Sides, new: str, old: str) -> float:
    """How far a newcomer is above one that left, in standard errors of both sides."""
    difference = sides[new][0].mean - sides[old][0].mean
    variance = 0.0
    for side, summary in enumerate((c.current, c.baseline.summary)):
        errors = (
            error(summary.attributions[name], c.baseline.attribution_bins[name], sides[name][side])
            for name in (new, old)
        )
        variance += sum(errors) ** 2
    return difference / math.sqrt(variance) if variance else math.copysign(math.inf, difference)
