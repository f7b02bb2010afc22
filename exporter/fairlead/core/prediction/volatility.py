"""How much the answers to one and the same input vary."""

import math
from dataclasses import dataclass

from fairlead.core.comparison import Comparison
from fairlead.core.measurement import Measurement, NotComputed, Outcomes
from fairlead.core.summary import Repeats

METRIC = "prediction_volatility_increase_ratio"


@dataclass(frozen=True, slots=True)
class Spread:
    """Of the inputs with two rows or more: their rows, Σ (n − 1), and Σ SS ÷ Σ (n − 1), 0 where there are none."""

    rows: int = 0
    freedom: int = 0
    variance: float = 0.0


def measure(c: Comparison) -> Outcomes:
    """Standard deviation of the output within repeated inputs ÷ the baseline's − 1, in [−1, ∞), 0 when unchanged.

    Too few degrees of freedom on a side, or a baseline that always repeats its answer: not computed. Where the
    configuration does not say what a repeated input is: nothing.
    """
    if c.current.repeats is None:
        return
    current = within(c.current.repeats)
    base = within(c.baseline.summary.repeats) if c.baseline.summary.repeats else Spread()
    if min(current.freedom, base.freedom) < max(c.minimums.samples, 1):
        side = "baseline" if base.freedom < c.minimums.samples else "window"
        yield NotComputed(METRIC, f"too few repeated inputs in the {side}")
    elif base.variance == 0:
        yield NotComputed(METRIC, "no volatility in the baseline")
    else:
        increase = math.sqrt(current.variance / base.variance) - 1
        yield Measurement(METRIC, increase, (), None, current.rows, base.rows)


def within(repeats: Repeats) -> Spread:
    """Pooled variance within inputs, in squared steps of the output; exact until the one division per input."""
    columns = (repeats.rows.tolist(), repeats.totals.tolist(), repeats.squares.tolist())
    again = [(rows, total, squares) for rows, total, squares in zip(*columns, strict=True) if rows > 1]
    freedom = sum(rows - 1 for rows, _, _ in again)
    scatter = math.fsum((squares * rows - total * total) / rows for rows, total, squares in again)
    return Spread(freedom + len(again), freedom, scatter / freedom) if freedom else Spread()
