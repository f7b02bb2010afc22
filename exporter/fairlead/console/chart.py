"""Small charts, drawn here: what a window holds as bars, what the baseline held as a line in front of them.

Numbers stand side by side, as one drawing; categories lie below each other, each with its name.
"""

from dataclasses import dataclass

from fairlead.core.histogram import Histogram

WIDTH, HEIGHT = 240.0, 72.0
HEADROOM = 2.0
"""Above the highest bar, so that the line over it is whole."""
GAP = 1.0
"""Between two bars, in the units of the drawing."""
LENGTH = 98.0
"""Of the longest bar of a category, of 100."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A cell with both shares: where its bar stands and the line runs over it, or how long both lie."""

    label: str
    before: float
    now: float
    x: float
    width: float
    y: float
    height: float
    base: float
    length: float
    reach: float


@dataclass(frozen=True, slots=True)
class Chart:
    """All bars, the line as a path, and the same in words."""

    bars: tuple[Bar, ...]
    line: str
    text: str
    width: float = WIDTH
    height: float = HEIGHT


def bars(histogram: Histogram) -> Chart:
    """The chart of a histogram; the larger of all shares reaches the top."""
    top = max((*histogram.baseline, *histogram.current), default=0.0) or 1.0
    step = WIDTH / max(len(histogram.labels), 1)
    cells = zip(histogram.labels, histogram.baseline, histogram.current, strict=True)
    found = tuple(
        _bar(label, before, now, x=place * step, step=step, top=top) for place, (label, before, now) in enumerate(cells)
    )
    return Chart(found, _line(found), _text(histogram))


def _bar(label: str, before: float, now: float, *, x: float, step: float, top: float) -> Bar:
    height, over = (round(share / top * (HEIGHT - HEADROOM), 2) for share in (now, before))
    return Bar(
        label,
        before,
        now,
        x=round(x + GAP / 2, 2),
        width=round(step - GAP, 2),
        y=round(HEIGHT - height, 2),
        height=height,
        base=round(HEIGHT - over, 2),
        length=round(now / top * LENGTH, 2),
        reach=round(before / top * LENGTH, 2),
    )


def _line(found: tuple[Bar, ...]) -> str:
    """Steps from cell to cell."""
    return "".join(
        f"{'L' if place else 'M'}{bar.x} {bar.base}H{round(bar.x + bar.width, 2)}" for place, bar in enumerate(found)
    )


def _text(histogram: Histogram) -> str:
    """What the chart shows, for those who do not see it."""
    largest = histogram.largest
    if largest is None:
        return f"{histogram.name}: as in the baseline"
    label, base, now = largest
    change = f"largest change at {label}: {100 * base:.1f} % in the baseline, {100 * now:.1f} % now"
    return f"{histogram.name}: {100 * histogram.distance:.1f} % of all values moved; {change}"
