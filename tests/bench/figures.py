"""What the trials say: a table of all contenders, and the ratios that have a target."""

from collections.abc import Iterable, Mapping

from tests.bench.contender import Result, ratio
from tests.bench.own import FLOOR, INSIDE, PROCESS, WEEK_CACHED, WEEK_CACHED_PROCESS, WEEK_COLD, WEEK_COLD_PROCESS
from tests.bench.report import Row, quantity

HEADINGS = ("contender", "version", "analysis", "process", "CPU", "peak memory", "computed")
MEASURES = {"analysis": (INSIDE, "s"), "wall": (PROCESS, "s"), "cpu": (PROCESS, "s"), "peak": (PROCESS, "MiB")}
"""Figure of a trial → the contender whose median is 1×, and the unit."""

DIVERGENCES = ("PSI", "JS")
LIMITS: dict[int, dict[str, float]] = {
    1_000_000: {"floor": 4, "process": 2, "peers": 8, "evidently": 50, "memory": 4, "week": 0.25},
    10_000_000: {"floor": 2, "peak": 600, "week": 0.25},
}
"""Targets by rows of the window; other sizes have none."""


def contender_cells(results: Iterable[Result]) -> list[tuple[str, ...]]:
    """A line per contender: medians, and in brackets how many times fairlead's they are."""
    by_name = {result.name: result for result in results}
    return [_cells(result, by_name) for result in by_name.values()]


def _cells(result: Result, by_name: Mapping[str, Result]) -> tuple[str, ...]:
    if result.failure is not None:
        return result.name, result.version, *("–" for _ in MEASURES), f"failed: {result.failure}"
    cells = []
    for measure, (one, unit) in MEASURES.items():
        value = result.middle(measure)
        times = ratio(value, _middle(by_name, one, measure))
        shown = "–" if value is None else quantity(value, unit)
        cells.append(shown if times is None or result.name == one else f"{shown} ({quantity(times, '×')})")
    return (
        result.name,
        result.version,
        *cells,
        ", ".join(f"{number:,} {kind}" for kind, number in result.computed.items()),
    )


def targets(results: Iterable[Result], rows: int) -> list[Row]:
    """The ratios that the contenders which ran allow, each with its target at this size."""
    by_name, limits = {result.name: result for result in results}, LIMITS.get(rows, {})
    own = by_name.get(INSIDE), by_name.get(PROCESS)
    if own[0] is None or own[1] is None:
        return []
    inside, process = own[0].middle("analysis"), own[1].middle("wall")
    peak = own[1].middle("peak")
    week = _ratio_of(by_name, "analysis", WEEK_CACHED, WEEK_COLD)
    week_process = _ratio_of(by_name, "wall", WEEK_CACHED_PROCESS, WEEK_COLD_PROCESS)
    return [
        Row("full analysis ÷ decode floor", _ratio_of(by_name, "analysis", INSIDE, FLOOR), "×", limits.get("floor")),
        Row("full analysis, inside the process", inside, "s"),
        Row("fairlead analyze, whole process", process, "s", limits.get("process")),
        Row("fairlead analyze, peak memory", peak, "MiB", limits.get("peak")),
        Row("week with six days cached ÷ cold, inside the process", week, "×", limits.get("week")),
        Row("week with six days cached ÷ cold, whole process", week_process, "×"),
        *_against_peers(by_name, inside, peak, limits),
    ]


def _against_peers(
    by_name: Mapping[str, Result], inside: float | None, peak: float | None, limits: Mapping[str, float]
) -> list[Row]:
    """Fairlead's full analysis against what peers do for the numerical columns alone."""
    rows = []
    comparable = [result for result in by_name.values() if is_comparable(result)]
    for what, measure, own, limit in (
        ("fastest peer with a divergence and W1 ÷ full analysis", "analysis", inside, limits.get("peers")),
        ("smallest such peer's peak memory ÷ fairlead analyze's", "peak", peak, limits.get("memory")),
    ):
        found = {result.name: middle for result in comparable if (middle := result.middle(measure)) is not None}
        if found:
            best = min(found, key=lambda name: found[name])
            rows.append(Row(what, ratio(found[best], own), "×", limit, at_least=True, note=best))
    if (evidently := by_name.get("evidently")) is not None:
        times, note = ratio(evidently.middle("analysis"), inside), evidently.failure or ""
        rows.append(Row("Evidently ÷ full analysis", times, "×", limits.get("evidently"), at_least=True, note=note))
    return rows


def is_comparable(result: Result) -> bool:
    """Whether a peer computed both a divergence of binned shares and W1 of every numerical column."""
    columns = result.computed.get("W1", 0)
    return result.peer and result.counts and 0 < columns <= max(result.computed.get(name, 0) for name in DIVERGENCES)


def _middle(by_name: Mapping[str, Result], name: str, measure: str) -> float | None:
    return by_name[name].middle(measure) if name in by_name else None


def _ratio_of(by_name: Mapping[str, Result], measure: str, above: str, below: str) -> float | None:
    return ratio(_middle(by_name, above, measure), _middle(by_name, below, measure))
