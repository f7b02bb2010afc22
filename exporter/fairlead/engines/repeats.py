"""Repeated inputs, recognised by a key or by the values of all features, sampled by their hash."""

from hashlib import blake2b

import numpy as np

from fairlead.core.edges import NumericalBins
from fairlead.core.plan import Plan
from fairlead.core.summary import MAX_REPEATS, Floats, Hashes, Integers, Repeats
from fairlead.engines.batch import Batch
from fairlead.engines.columns import Mask, Names, names
from fairlead.engines.hashing import hashed, mixed

STEPS = 2.0**16
"""Steps of the output per unit, and the distance from the centre, in steps, beyond which it is clipped: 16 units."""
MOST = 2.0**20
VECTOR_STEPS = 2.0**20


def repeats(
    batch: Batch, plan: Plan, numerical: dict[str, Floats], output: Floats | None, attributions: list[Floats]
) -> Repeats | None:
    """The batch's share of the sample; None where the configuration does not say what a repeated input is."""
    if not (plan.input_key or plan.hash_inputs):
        return None
    if plan.input_key:
        keys = names(batch, plan.input_key)
        hashes, present = _texts(keys), keys.codes >= 0
    else:
        hashes, present = _inputs(batch, plan, numerical), np.ones(batch.rows, np.bool_)
    hashes = hashes[present]
    found, places = np.unique(hashes, return_inverse=True)
    kept = places < MAX_REPEATS
    places, size = places[kept], min(len(found), MAX_REPEATS)
    steps, answered = _steps(output, plan.output, batch.rows)
    vectors, explained = _vectors(attributions, batch.rows)

    def per_input(part: Floats | Mask) -> Integers:
        total = np.zeros((size, *part.shape[1:]), np.int64)
        np.add.at(total, places, part[present][kept].astype(np.int64))
        return total

    return Repeats(
        found[:size],
        per_input(answered),
        per_input(steps),
        per_input(steps * steps),
        per_input(explained),
        per_input(vectors),
    )


def _steps(output: Floats | None, bins: NumericalBins, rows: int) -> tuple[Floats, Mask]:
    """Outputs as whole steps, 0 where there is none, and where there is one."""
    if output is None:
        return np.zeros(rows), np.zeros(rows, np.bool_)
    known = np.isfinite(output)
    with np.errstate(over="ignore", invalid="ignore"):
        steps = np.rint((output - bins.centre) * (STEPS / bins.unit))
    return np.where(known, np.clip(steps, -MOST, MOST), 0), known


def _vectors(attributions: list[Floats], rows: int) -> tuple[Floats, Mask]:
    """Attributions (rows, a) as unit vectors in whole steps, and the rows that have one."""
    if not attributions:
        return np.zeros((rows, 0)), np.zeros(rows, np.bool_)
    vectors: Floats = np.column_stack(attributions)
    vectors[~np.isfinite(vectors).all(axis=1)] = 0
    largest: Floats = np.abs(vectors).max(axis=1)
    explained: Mask = largest > 0
    vectors = vectors / np.where(explained, largest, 1.0).reshape(-1, 1)
    length: Floats = np.sqrt((vectors * vectors).sum(axis=1))
    return np.rint(vectors * (VECTOR_STEPS / np.where(explained, length, 1.0)).reshape(-1, 1)), explained


def _inputs(batch: Batch, plan: Plan, numerical: dict[str, Floats]) -> Hashes:
    """One hash of the values of all features; missing values are values."""
    total = hashed(numerical.values(), batch.rows)
    for column in plan.categorical.values():
        total = mixed(total * np.uint64(31) + _texts(names(batch, column.column)))
    return total


def _texts(column: Names) -> Hashes:
    """Hash of each row's name; 0 where missing."""
    encoded = (name.encode(errors="surrogatepass") for name in column.names)
    hashes = [int.from_bytes(blake2b(name, digest_size=8).digest()) for name in encoded]
    found: Hashes = np.array([*hashes, 0], dtype=np.uint64)[column.codes]
    return found
