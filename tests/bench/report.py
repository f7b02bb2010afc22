"""What every section of the benchmark hands in, and how it is shown: figures beside their targets."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, log10

HEADINGS = ("figure", "measured", "target", "met")


@dataclass(frozen=True, slots=True)
class Row:
    """One figure of the benchmark, such as a median time or a ratio of medians.

    value None: it could not be measured, and ``note`` says why. limit is the largest good value (with ``at_least`` the
    smallest); without one the figure is only told. unit is written behind the number: ms, MiB, %, ×.
    """

    what: str
    value: float | None
    unit: str = ""
    limit: float | None = None
    at_least: bool = False
    note: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None without a target or a value."""
        if self.limit is None or self.value is None:
            return None
        return self.value >= self.limit if self.at_least else self.value <= self.limit

    def cells(self) -> tuple[str, ...]:
        """The texts below HEADINGS."""
        value = "not measured" if self.value is None else quantity(self.value, self.unit)
        measured = f"{value} ({self.note})" if self.note else value
        target = "" if self.limit is None else f"{'≥' if self.at_least else '≤'} {quantity(self.limit, self.unit)}"
        return self.what, measured, target, {True: "yes", False: "no", None: ""}[self.met]


def quantity(value: float, unit: str = "") -> str:
    """Three significant digits, thousands apart, and the unit: 0.0123 s, 1,234 MiB, 2.5×."""
    magnitude = floor(log10(abs(value))) if value else 0
    number = f"{value:,.{max(0, 2 - magnitude)}f}"
    if "." in number:
        number = number.rstrip("0").rstrip(".")
    return f"{number}{unit}" if unit in {"", "×"} else f"{number} {unit}"


def markdown(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [headings, ["---"] * len(headings), *rows]
    texts = (" | ".join(cell.replace("|", r"\|") for cell in line) for line in lines)
    return "".join(f"| {text} |\n" for text in texts)
