"""Plans are told apart by all that decides what is counted, and by nothing else."""

from dataclasses import fields, replace

import numpy as np
import pytest

from fairlead.core.edges import NumericalBins
from fairlead.core.plan import AttributeColumn, CategoricalColumn, NumericalColumn, Plan
from fairlead.store import fingerprint as module
from fairlead.store.fingerprint import fingerprint

BINS = NumericalBins(np.array([1.0, 2.0]), np.array([0, 1, 1]), 3.0, 1.5, 4.0)
COLUMN = NumericalColumn("income", 0, 10, BINS)
NAMES = CategoricalColumn("purpose", frozenset({"car", "house"}))
PLAN = Plan(
    "at",
    None,
    "decision",
    probabilities={"yes": "p", "no": "q"},
    numerical={"income": COLUMN, "debt": COLUMN},
    categorical={"purpose": NAMES},
    attributes={"sex": AttributeColumn("sex"), "age": AttributeColumn("age", (25.0,))},
    intersections={"both": ("sex", "age")},
    attributions={"income": COLUMN},
)
CHANGES = {
    "timestamp": "when",
    "timestamp_unit": "s",
    "prediction": "answer",
    "regression": True,
    "favourable": "yes",
    "favourable_range": (0.0, 1.0),
    "tolerance": 0.5,
    "label": "outcome",
    "probabilities": {"no": "q", "yes": "p"},
    "score": "score",
    "output": BINS,
    "numerical": {"debt": COLUMN, "income": COLUMN},
    "categorical": {},
    "attributes": {"sex": AttributeColumn("gender"), "age": AttributeColumn("age", (25.0,))},
    "intersections": {"both": ("age", "sex")},
    "attributions": {"income": replace(COLUMN, column="push")},
    "input_key": "key",
    "hash_inputs": True,
    "thinning": 2,
}


def test_every_field_has_a_change() -> None:
    assert set(CHANGES) == {field.name for field in fields(Plan)}


@pytest.mark.parametrize("field", CHANGES)
def test_every_field_counts(field: str) -> None:
    assert fingerprint(replace(PLAN, **{field: CHANGES[field]})) != fingerprint(PLAN)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "column",
    [
        replace(COLUMN, column="x"),
        replace(COLUMN, low=1),
        replace(COLUMN, high=None),
        replace(COLUMN, bins=replace(BINS, edges=np.array([1.0, np.nextafter(2.0, 3)]))),
        replace(COLUMN, bins=replace(BINS, centre=1.0)),
        replace(COLUMN, bins=replace(BINS, unit=8.0)),
    ],
)
def test_every_part_of_a_column_counts(column: NumericalColumn) -> None:
    assert fingerprint(replace(PLAN, attributions={"income": column})) != fingerprint(PLAN)


def test_known_categories_count() -> None:
    other = replace(PLAN, categorical={"purpose": replace(NAMES, known=frozenset({"car"}))})
    assert fingerprint(other) != fingerprint(PLAN)


def test_what_is_only_compared_does_not_count() -> None:
    """So that a new baseline over the old edges finds everything counted."""
    bins = replace(BINS, psi_bins=np.array([0, 0, 1]), scale=9.0)
    columns = {name: replace(COLUMN, bins=bins) for name in ("income", "debt")}
    assert fingerprint(replace(PLAN, numerical=columns)) == fingerprint(PLAN)


def test_order_of_a_set_does_not_count() -> None:
    names = [f"name {number}" for number in range(50)]
    one, other = (
        replace(PLAN, categorical={"purpose": CategoricalColumn("purpose", frozenset(order))})
        for order in (names, names[::-1])
    )
    assert fingerprint(one) == fingerprint(other)


@pytest.mark.parametrize("constant", ["KERNEL", "FORMAT"])
def test_another_way_of_counting_or_writing_counts(constant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = fingerprint(PLAN)
    monkeypatch.setattr(module, constant, getattr(module, constant) + 1)
    assert fingerprint(PLAN) != before
