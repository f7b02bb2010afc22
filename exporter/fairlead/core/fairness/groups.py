"""Groups of a protected attribute or an intersection: where they are read, and which are large enough."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from fairlead.core.comparison import Comparison
from fairlead.core.measurement import Labels, NotComputed, Outcomes
from fairlead.core.summary import MAX_GROUPS, Summary, Tally

MAX_NAMED = 20
"""Most groups that are left out by name; more of them are counted in one reason."""
TOO_FEW = "fewer than two groups large enough in window and baseline"
TOO_MANY = "too many groups"


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate of a group: how its successes and its rows are read from a tally, and whether it needs labels."""

    name: str
    successes: Callable[[Tally], int]
    rows: Callable[[Tally], int]
    labelled: bool = True

    def pair(self, tally: Tally) -> tuple[int, int]:
        """(successes, rows)."""
        return self.successes(tally), self.rows(tally)

    def value(self, tally: Tally) -> float:
        """Rate in [0, 1]; only with rows > 0."""
        return self.successes(tally) / self.rows(tally)

    def side(self, c: Comparison) -> Summary:
        """The summary it is read from: what needs labels comes from the cohort that has them."""
        return c.cohort if self.labelled else c.current


SELECTION = Rate("selection", lambda tally: tally.selected, lambda tally: tally.predicted, labelled=False)
TRUE_POSITIVE = Rate("true_positive", lambda tally: tally.true_positives, lambda tally: tally.positives)
FALSE_POSITIVE = Rate(
    "false_positive", lambda tally: tally.false_positives, lambda tally: tally.labelled - tally.positives
)
ACCURACY = Rate("accuracy", lambda tally: tally.correct, lambda tally: tally.labelled)


def attributes(c: Comparison) -> tuple[str, ...]:
    """Attributes and intersections of the window and of the cohort; all are series of the same metrics."""
    return tuple(dict.fromkeys((*c.current.groups, *c.cohort.groups)))


def groups(c: Comparison, attribute: str) -> tuple[str, ...]:
    """Every group that baseline, window or cohort has."""
    sides = (c.baseline.summary, c.current, c.cohort)
    return tuple(dict.fromkeys(group for side in sides for group in side.groups.get(attribute, ())))


def too_many(c: Comparison, attribute: str) -> bool:
    """Whether a side holds as many groups as are kept at most, so that some may be lost."""
    sides = (c.baseline.summary, c.current, c.cohort)
    return any(len(side.groups.get(attribute, ())) >= MAX_GROUPS for side in sides)


def tallies(c: Comparison, rate: Rate, attribute: str) -> dict[str, Tally]:
    """Tallies of every group on the side of the rate, empty ones included."""
    found = rate.side(c).groups.get(attribute, {})
    return {group: found.get(group, Tally()) for group in groups(c, attribute)}


def large_enough(tallies: Mapping[str, Tally], rate: Rate, c: Comparison) -> tuple[dict[str, Tally], dict[str, str]]:
    """Groups that may enter a gap or a ratio, and the reason for each one left out."""
    reasons = {group: _reason(tally, rate, c) for group, tally in tallies.items()}
    kept = {group: tallies[group] for group, reason in reasons.items() if not reason}
    return kept, {group: reason for group, reason in reasons.items() if reason}


def _reason(tally: Tally, rate: Rate, c: Comparison) -> str:
    if rate.labelled and tally.labelled == 0:
        return "no labels"
    if rate is TRUE_POSITIVE and tally.positives == 0:
        return "no positives"
    if tally.predicted < c.minimums.group:
        return "group too small"
    if rate is TRUE_POSITIVE and tally.positives < c.minimums.positives:
        return "too few positives"
    return "too few labels" if rate is ACCURACY and tally.labelled < c.minimums.group else ""


def left_out(metric: str, attribute: str, reasons: Mapping[str, str]) -> Outcomes:
    """A reason by name for each group left out, or one reason with counts for more than MAX_NAMED of them."""
    labels: Labels = (("attribute", attribute),)
    if len(reasons) > MAX_NAMED:
        counts = sorted(Counter(reasons.values()).items(), key=lambda pair: (-pair[1], pair[0]))
        named = ", ".join(f"{reason} ({count})" for reason, count in counts)
        yield NotComputed(metric, f"{len(reasons)} groups left out: {named}", labels)
        return
    for group, reason in reasons.items():
        yield NotComputed(metric, reason, (*labels, ("group", group)))
