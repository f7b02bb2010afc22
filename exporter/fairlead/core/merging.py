"""Adding summaries up: exact, associative and commutative, with the empty summary as the neutral element.

Where memory must be bounded, what is kept is decided by a hash of the name and not by its count: a name that is kept in
the end was kept in every part, so its count is complete whatever the order of merging.
"""

from collections.abc import Mapping
from typing import TypeVar
from zlib import crc32

import numpy as np

from fairlead.core.summary import (
    MAX_CATEGORIES,
    MAX_GROUPS,
    MAX_REPEATS,
    Categorical,
    ClassTally,
    Moments,
    Numerical,
    Products,
    Repeats,
    Summary,
    Tally,
)

K = TypeVar("K", Tally, ClassTally, Moments)
V = TypeVar("V")


def merge(a: Summary, b: Summary, known: Mapping[str, frozenset[str]]) -> Summary:
    """Summary of the rows of both; ``known`` names the categories of each column that are always kept apart."""
    nothing: frozenset[str] = frozenset()
    return Summary(
        rows=a.rows + b.rows,
        undated=a.undated + b.undated,
        numerical=_each(a.numerical, b.numerical, numericals),
        categorical={
            name: fold(column, known.get(name, nothing))
            for name, column in _each(a.categorical, b.categorical, categoricals).items()
        },
        predicted=a.predicted + b.predicted,
        classes=fold(categoricals(a.classes, b.classes), nothing),
        output=numericals(a.output, b.output) if a.output and b.output else a.output or b.output,
        confidence=add(a.confidence, b.confidence),
        entropy=add(a.entropy, b.entropy),
        labelled=a.labelled + b.labelled,
        correct=a.correct + b.correct,
        by_class=bounded(_each(a.by_class, b.by_class, add), MAX_GROUPS),
        errors=add(a.errors, b.errors),
        groups={
            attribute: bounded(_each(a.groups.get(attribute, {}), b.groups.get(attribute, {}), add), MAX_GROUPS)
            for attribute in dict.fromkeys((*a.groups, *b.groups))
        },
        attributions=_each(a.attributions, b.attributions, numericals),
        products=_products(a.products, b.products) if a.products and b.products else a.products or b.products,
        repeats=smallest(a.repeats, b.repeats) if a.repeats and b.repeats else a.repeats or b.repeats,
    )


def _each(a: Mapping[str, V], b: Mapping[str, V], combine) -> dict[str, V]:  # type: ignore[no-untyped-def]
    """The union of both by name."""
    found = dict(a)
    for name, value in b.items():
        found[name] = combine(found[name], value) if name in found else value
    return found


def place(name: str) -> tuple[int, str]:
    """Order in which names are kept where there are too many of them: as good as random, the same in every process."""
    return crc32(name.encode(errors="surrogatepass")), name


def bounded(entries: Mapping[str, V], most: int) -> dict[str, V]:
    """At most this many entries, chosen by the hash of their names."""
    if len(entries) <= most:
        return dict(entries)
    return {name: entries[name] for name in sorted(entries, key=place)[:most]}


def fold(column: Categorical, known: frozenset[str]) -> Categorical:
    """Bound the memory of a column of names: keep known ones and at most MAX_CATEGORIES others."""
    if len(column.counts) <= MAX_CATEGORIES:
        return column
    others = [name for name in column.counts if name not in known]
    if len(others) <= MAX_CATEGORIES:
        return column
    others.sort(key=place)
    dropped = frozenset(others[MAX_CATEGORIES:])
    kept = {name: count for name, count in column.counts.items() if name not in dropped}
    return Categorical(kept, column.rows, column.missing, column.counted - sum(kept.values()))


def numericals(a: Numerical, b: Numerical) -> Numerical:
    """Both columns have the same edges."""
    return Numerical(
        a.counts + b.counts,
        a.sums + b.sums,
        a.rows + b.rows,
        a.missing + b.missing,
        a.mismatched + b.mismatched,
        a.infinite + b.infinite,
        a.outside + b.outside,
        min(a.minimum, b.minimum),
        max(a.maximum, b.maximum),
    )


def categoricals(a: Categorical, b: Categorical) -> Categorical:
    """Counts added name by name."""
    counts = dict(a.counts)
    for name, count in b.counts.items():
        counts[name] = counts.get(name, 0) + count
    return Categorical(counts, a.rows + b.rows, a.missing + b.missing, a.folded + b.folded)


def add(a: K, b: K) -> K:
    """Field by field."""
    return type(a)(*(getattr(a, name) + getattr(b, name) for name in a.__dataclass_fields__))


def _products(a: Products, b: Products) -> Products:
    return Products(a.features, a.rows + b.rows, a.sums + b.sums, a.squares + b.squares, a.products + b.products)


def smallest(a: Repeats, b: Repeats) -> Repeats:
    """Inputs of both, equal ones added up, the MAX_REPEATS smallest hashes of them."""
    hashes, places = np.unique(np.concatenate((a.hashes, b.hashes)), return_inverse=True)
    found = [np.zeros((len(hashes), *getattr(a, name).shape[1:]), np.int64) for name in _PER_INPUT]
    for total, name in zip(found, _PER_INPUT, strict=True):
        np.add.at(total, places, np.concatenate((getattr(a, name), getattr(b, name))))
    return Repeats(hashes[:MAX_REPEATS], *(total[:MAX_REPEATS] for total in found))


_PER_INPUT = ("rows", "totals", "squares", "explained", "vectors")
