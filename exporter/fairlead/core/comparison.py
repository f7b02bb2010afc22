"""What every statistic is given: a baseline, the current window, and what the configuration says about both."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from fairlead.core.baseline import Baseline
from fairlead.core.measurement import Minimums
from fairlead.core.summary import Numerical, Summary


@dataclass(frozen=True, slots=True)
class Comparison:
    """references name the reference group per protected attribute (None: the group with the highest rate).

    cohort is the summary that has the labels: the current window itself, or an older one where labels come late.
    positive is the class whose precision, recall and false-positive rate are measured (None: the mean over classes).
    graded says whether right and wrong can be told apart: not in a regression without a tolerance.
    """

    baseline: Baseline
    current: Summary
    cohort: Summary
    minimums: Minimums = field(default_factory=Minimums)
    references: Mapping[str, str | None] = field(default_factory=dict)
    positive: str | None = None
    required: frozenset[str] = frozenset()
    ranged: frozenset[str] = frozenset()
    graded: bool = True

    @property
    def regression(self) -> bool:
        """Whether the model answers with numbers: there are outputs and no classes."""
        return self.current.classes.rows == 0 and self.current.output is not None

    def numerical(self, feature: str) -> tuple[Numerical, Numerical]:
        """Current and baseline summary of a numerical feature."""
        return self.current.numerical[feature], self.baseline.summary.numerical[feature]

    def too_few(self, current: int, base: int) -> str | None:
        """Reason why a comparison of this many rows is not made, if so."""
        if base == 0:
            return "no values in the baseline"
        if current == 0:
            return "no values in the window"
        return "too few values" if current < self.minimums.samples else None
