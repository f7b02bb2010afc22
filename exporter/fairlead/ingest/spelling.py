"""Numbers and names as the log keeps them: one type per column wherever nothing is lost by it."""

import re
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from fairlead.core.names import canonical

EXACT = 2**53
"""Up to here, a double holds every integer."""
_WHOLE = re.compile(r"^(-?[0-9]+)[.]0+$")


def stored_number(array: pa.Array) -> pa.Array:
    """Doubles where they hold every value exactly, else integers as they are, and decimals as text."""
    kind = array.type
    if pa.types.is_boolean(kind):
        return array.cast(pa.int8()).cast(pa.float64())
    if pa.types.is_null(kind) or pa.types.is_floating(kind):
        return array.cast(pa.float64())
    if pa.types.is_integer(kind):
        ends = pc.min_max(array)
        low, high = ends["min"].as_py(), ends["max"].as_py()
        if low is None or (low >= -EXACT and high <= EXACT):
            return array.cast(pa.float64())
        return array.cast(pa.int64()) if high < 2**63 else array.cast(pa.string())
    return array.cast(pa.string())


def stored_name(array: pa.Array) -> pa.Array:
    """The one spelling of each value, as text: 1 and 1.0 are "1", true is "true"; text is unchanged."""
    kind = array.type
    if pa.types.is_dictionary(kind):
        return stored_name(array.dictionary).take(array.indices)
    if pa.types.is_string(kind):
        return array
    if pa.types.is_floating(kind):
        single = not pa.types.is_float64(kind)
        coded = array.dictionary_encode()
        texts = [_float(value, single) for value in coded.dictionary.to_numpy(zero_copy_only=False)]
        return pa.array(texts, pa.string()).take(coded.indices)
    if pa.types.is_decimal(kind):
        return pa.array([None if one is None else decimal_name(one) for one in array.to_pylist()], pa.string())
    return array.cast(pa.string())


def _float(value: float, single: bool) -> str | None:
    """A single-precision 1.1 is 1.1 and not the nearest double; NaN is nothing."""
    number = float(str(value)) if single else float(value)
    return None if number != number else canonical(number)  # noqa: PLR0124 - NaN


def decimal_name(value: Decimal) -> str:
    """Without an empty fraction."""
    return _WHOLE.sub(r"\1", format(value, "f"))
