"""Columns of a batch as numpy arrays: numbers with NaN, names as codes."""

from dataclasses import dataclass
from typing import cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from fairlead.core.names import canonical
from fairlead.core.summary import Categorical, Floats, Integers
from fairlead.engines.batch import Batch, missing, values, whole_numbers
from fairlead.errors import SourceError

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Names:
    """A column of names: codes (rows,) index ``names``, −1 where missing."""

    codes: Integers
    names: tuple[str, ...]

    def is_name(self, name: str | None) -> Mask:
        """Rows that hold this name."""
        mask: Mask = self.codes == (self.names.index(name) if name in self.names else -2)
        return mask

    def counted(self) -> Categorical:
        """Counts per name."""
        counts = np.bincount(self.codes[self.codes >= 0], minlength=len(self.names))
        found = {name: int(count) for name, count in zip(self.names, counts, strict=True) if count}
        return Categorical(found, len(self.codes), int((self.codes < 0).sum()))


def numbers(batch: Batch, column: str) -> Floats:
    """A number column as float64 (rows,), NaN where missing."""
    array = batch.numbers.get(column)
    return np.full(batch.rows, np.nan) if array is None else floats(array)


def floats(array: pa.Array) -> Floats:
    """float64 with NaN for null; integers beyond 2^53 round to the nearest double."""
    if pa.types.is_boolean(array.type):
        array = array.cast(pa.int8())
    if array.type != pa.float64():
        array = array.cast(pa.float64(), safe=False)
    found: Floats = values(array, "float64")
    if array.null_count:
        found = found.copy()
        found[missing(array)] = np.nan
    return found


def names(batch: Batch, column: str) -> Names:
    """A name column as codes; 1, 1.0 and the text "1" are one name, as are true and the text "true"."""
    return named(batch.names.get(column), column, batch.rows)


def named(array: pa.Array | None, column: str, rows: int) -> Names:
    """The same of the column's array; None where there is none."""
    if array is None or pa.types.is_null(array.type):
        return Names(np.full(rows, -1, np.int64), ())
    if not pa.types.is_dictionary(array.type):
        array = pc.dictionary_encode(array)
    codes, dictionary = _codes(array.indices), array.dictionary
    if len(dictionary) > rows:
        used, codes = np.unique(codes, return_inverse=True)
        codes = codes.astype(np.int64) - int(np.searchsorted(used, 0))
        dictionary = dictionary.take(whole_numbers(used[used >= 0]))
    texts = [_name(value) for value in _values(dictionary, column)]
    if None not in texts and len(set(texts)) == len(texts):
        return Names(codes, tuple(cast(list[str], texts)))
    unique = tuple(dict.fromkeys(text for text in texts if text is not None))
    place = {name: index for index, name in enumerate(unique)}
    translation = np.array([*(-1 if text is None else place[text] for text in texts), -1], dtype=np.int64)
    return Names(translation[codes], unique)


def _codes(indices: pa.Array) -> Integers:
    """Places in the dictionary, −1 for null."""
    codes: Integers = values(indices, str(indices.type)).astype(np.int64)
    if indices.null_count:
        codes[missing(indices)] = -1
    return codes


def _name(value: object) -> str | None:
    """The name, or None for a missing one (null, NaN)."""
    return None if value is None or value != value else canonical(value)  # noqa: PLR0124 - NaN


def _values(array: pa.Array, column: str) -> list[object]:
    """Python values; a single-precision 1.1 as 1.1 and not as the nearest double."""
    if pa.types.is_float16(array.type) or pa.types.is_float32(array.type):
        return [float(str(value)) for value in array.to_numpy(zero_copy_only=False)]
    try:
        return cast(list[object], array.to_pylist())
    except UnicodeDecodeError as error:
        raise SourceError(f"column {column!r}: must be UTF-8 text, got other bytes") from error
