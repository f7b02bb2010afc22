"""Rows of JSON as a table: columns are made at once, and rows are looked at one by one only to name a mistake."""

import json
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from fairlead.core.logged import Layout
from fairlead.core.names import canonical
from fairlead.ingest import moments
from fairlead.ingest.refusal import MOST, invalid
from fairlead.ingest.spelling import EXACT, stored_number

Row = dict[str, Any]
Mistake = tuple[int, str]
"""Of which row, and what must be."""
MICROS = pa.timestamp("us", "UTC")
LONGEST = 65_536
"""Bytes of a value of text."""
NUMBERS = {float, int, bool, type(None)}


@dataclass(frozen=True, slots=True)
class Taken:
    """Rows as the log keeps them, the ids of them if they have any, and how many values of which columns were dropped.

    The first column is the timestamp.
    """

    table: pa.Table
    ids: pa.Array | None = None
    unlisted: Counter[str] | None = None


def table_of(rows: Sequence[Row], layout: Layout, now: datetime) -> Taken:
    """A checked table of the listed columns; RefusedError names all mistakes, up to a hundred."""
    wrong = [
        f"rows[{place}]: must be an object, got {_shown(row)}"
        for place, row in enumerate(rows)
        if type(row) is not dict
    ]
    if wrong:
        raise invalid(wrong)
    unlisted = _settle_names(rows, layout)
    mistakes: list[Mistake] = []
    arrays = [_stamps(rows, layout, now, mistakes)]
    for column in layout.columns():
        values = [row.get(column) for row in rows]
        if column in layout.numbers:
            arrays.append(_numbers(values, column, column in layout.names, mistakes))
        else:
            arrays.append(_names(values, column, mistakes))
        if column in layout.required:
            _note(mistakes, values, (value is None for value in values), column, "given")
    ids = _names([row.get(layout.id) for row in rows], layout.id, mistakes) if layout.id else None
    if mistakes:
        raise invalid([text for _, text in sorted(mistakes)[:MOST]])
    return Taken(pa.table(arrays, names=[layout.timestamp, *layout.columns()]), ids, unlisted)


def _settle_names(rows: Sequence[Row], layout: Layout) -> Counter[str]:
    """Call columns by their own names, and count the values of columns that are not listed."""
    listed = {layout.timestamp, *layout.columns(), *((layout.id,) if layout.id else ())}
    met: set[str] = set().union(*rows)
    for alias, column in layout.aliases.items():
        if alias in met:
            for row in rows:
                if alias in row and column not in row:
                    row[column] = row.pop(alias)
    unlisted: Counter[str] = Counter()
    if met - listed - layout.aliases.keys():
        for row in rows:
            unlisted.update(row.keys() - listed)
    return unlisted


def _stamps(rows: Sequence[Row], layout: Layout, now: datetime, mistakes: list[Mistake]) -> pa.Array:
    column, unit, arrival = layout.timestamp, layout.timestamp_unit, moments.micros(now)
    found, wrong = [], 0
    for at, row in enumerate(rows):
        value, stamp = row.get(column), None
        if value is None and layout.stamped:
            stamp = arrival
        elif unit is None and type(value) is str:
            stamp = moments.of_text(value)
        elif unit is not None and type(value) in (int, float):
            stamp = moments.of_number(value, unit)  # type: ignore[arg-type]
        if stamp is None or not moments.LOWEST <= stamp <= moments.HIGHEST:
            stamp = 0
            wrong += 1
            if wrong <= MOST:
                mistakes.append((at, _must(at, column, moments.expected(unit), value)))
        found.append(stamp)
    return pa.array(found, pa.int64()).cast(MICROS)


def _numbers(values: list[Any], column: str, as_text: bool, mistakes: list[Mistake]) -> pa.Array:
    kinds = set(map(type, values))
    if not kinds <= NUMBERS or (as_text and bool in kinds):
        wrong = (type(value) not in NUMBERS or (as_text and type(value) is bool) for value in values)
        _note(mistakes, values, wrong, column, "a number")
        return pa.nulls(len(values), pa.float64())
    if as_text:
        return pa.array([_name(value) for value in values], pa.string())
    if bool in kinds:
        values = [int(value) if type(value) is bool else value for value in values]
    if float not in kinds:
        try:
            return stored_number(pa.array(values, pa.int64()))
        except (pa.ArrowInvalid, OverflowError):  # beyond 64 bits
            return pa.array([None if value is None else str(value) for value in values], pa.string())
    if int in kinds and any(type(value) is int and abs(value) > EXACT for value in values):
        return pa.array([None if value is None else canonical(value) for value in values], pa.string())
    return pa.array(values, pa.float64())


def _names(values: list[Any], column: str, mistakes: list[Mistake]) -> pa.Array:
    """Names in the one spelling; text that is too long or holds half a character is a mistake."""
    if not set(map(type, values)) <= {str, type(None)}:
        wrong = (isinstance(value, dict | list) for value in values)
        if _note(mistakes, values, wrong, column, "text, a number, true or false"):
            return pa.nulls(len(values), pa.string())
        values = [_name(value) for value in values]
    try:
        array = pa.array(values, pa.string())
        if (pc.max(pc.binary_length(array)).as_py() or 0) <= LONGEST:
            return array
    except UnicodeEncodeError:
        pass
    wrong = (value is not None and len(value.encode(errors="surrogatepass")) > LONGEST for value in values)
    if not _note(mistakes, values, wrong, column, f"text of at most {LONGEST:,} bytes"):
        _note(mistakes, values, (value is not None and not _sound(value) for value in values), column, "text in UTF-8")
    return pa.nulls(len(values), pa.string())


def _note(mistakes: list[Mistake], values: list[Any], wrong: Iterable[bool], column: str, what: str) -> bool:
    """Say of the first wrong values what they must be; whether there are any."""
    found = [(at, _must(at, column, what, values[at])) for at, bad in enumerate(wrong) if bad][:MOST]
    mistakes += found
    return bool(found)


def _name(value: Any) -> str | None:
    """The one spelling; NaN is nothing."""
    if value is None or (type(value) is float and math.isnan(value)):
        return None
    return canonical(value)


def _sound(text: str) -> bool:
    return text.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in text)


def _must(at: int, column: str, what: str, value: Any) -> str:
    return f"{must_be(column, at)} {what}, got {_shown(value)}"


def must_be(column: str, at: int | None = None) -> str:
    """The beginning of a message: rows[17].income: must be."""
    where = column if column.isprintable() else json.dumps(column)
    return f"{where}: must be" if at is None else f"rows[{at}].{where}: must be"


def _shown(value: Any) -> str:
    """A value in a message: short, and a text as Python quotes it."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    text = value if isinstance(value, str) else str(value)
    short = text if len(text) <= 60 else text[:59] + "…"
    return ascii(short) if not short.isprintable() else repr(short) if isinstance(value, str) else short
