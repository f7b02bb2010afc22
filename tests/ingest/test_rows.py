"""What JSON rows may hold, and what the log makes of it."""

import json
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic_core import from_json

from fairlead.core.logged import Layout
from fairlead.core.names import canonical
from fairlead.engines.batch import Batch
from fairlead.engines.columns import names, numbers
from fairlead.ingest.refusal import RefusedError
from fairlead.ingest.rows import LONGEST, table_of

NOW = datetime(2026, 1, 9, tzinfo=UTC)
LAYOUT = Layout("m", "predictions", "at", None, frozenset({"n", "both"}), frozenset({"c", "both"}))
AT = {"at": "2026-01-01T00:00:00Z"}


def column(name: str, *values: Any, layout: Layout = LAYOUT) -> pa.Array:
    table = table_of([{**AT, name: value} for value in values], layout, NOW).table
    return table.column(name).combine_chunks()


def mistakes(*rows: dict[str, Any], layout: Layout = LAYOUT) -> list[str]:
    with pytest.raises(RefusedError) as refused:
        table_of(list(rows), layout, NOW)
    assert refused.value.status == 422
    return refused.value.mistakes


@pytest.mark.parametrize(
    ("values", "kind", "kept"),
    [
        ([1, 2.5, None], pa.float64(), [1.0, 2.5, None]),
        ([True, False, 3], pa.float64(), [1.0, 0.0, 3.0]),
        ([2**53, -(2**53)], pa.float64(), [2.0**53, -(2.0**53)]),
        ([2**53 + 1, 1], pa.int64(), [2**53 + 1, 1]),
        ([2**63, 1], pa.string(), [str(2**63), "1"]),
        ([2**53 + 1, 0.5], pa.string(), [str(2**53 + 1), "0.5"]),
        ([float("inf"), -0.0], pa.float64(), [float("inf"), -0.0]),
        ([None, None], pa.float64(), [None, None]),
    ],
)
def test_numbers_are_kept_without_loss(values: list[Any], kind: pa.DataType, kept: list[Any]) -> None:
    found = column("n", *values)
    assert (found.type, found.to_pylist()) == (kind, kept)


@pytest.mark.parametrize(
    ("value", "kept"),
    [("1.50", "1.50"), (1, "1"), (1.0, "1"), (0.5, "0.5"), (True, "true"), (2**70, str(2**70)), (float("nan"), None)],
)
def test_names_have_the_one_spelling(value: Any, kept: str | None) -> None:
    assert column("c", value).to_pylist() == [kept]


def test_a_column_of_both_is_a_number_kept_as_text() -> None:
    assert column("both", 1, 2.5, None).to_pylist() == ["1", "2.5", None]
    assert mistakes({**AT, "both": True}) == ["rows[0].both: must be a number, got true"]


@given(
    st.lists(
        st.none() | st.booleans() | st.integers(-(2**80), 2**80) | st.floats(allow_nan=False) | st.text(), min_size=1
    )
)
@settings(max_examples=200, deadline=None)
def test_names_are_read_as_the_engines_would_have_read_the_values(values: list[Any]) -> None:
    sound = [v for v in values if not isinstance(v, str) or v.isprintable()]
    if not sound:
        return
    found = names(Batch(len(sound), names={"c": column("c", *sound)}), "c")
    read = [None if code < 0 else found.names[code] for code in found.codes]
    assert read == [None if value is None else canonical(value) for value in sound]


@given(st.lists(st.none() | st.integers(-(2**62), 2**62) | st.floats(allow_nan=False), min_size=1))
@settings(max_examples=200, deadline=None)
def test_numbers_are_read_as_the_engines_would_have_read_the_values(values: list[Any]) -> None:
    kept = column("n", *values)
    if pa.types.is_string(kept.type):
        kept = kept.cast(pa.float64())  # as DuckDB reads it
    found = numbers(Batch(len(values), {"n": kept}), "n")
    assert np.array_equal(found, [np.nan if value is None else float(value) for value in values], equal_nan=True)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-01T12:00:00Z", datetime(2026, 1, 1, 12, tzinfo=UTC)),
        ("2026-01-01T12:00:00+02:00", datetime(2026, 1, 1, 10, tzinfo=UTC)),
        ("2026-01-01 12:00:00.123456", datetime(2026, 1, 1, 12, 0, 0, 123456, tzinfo=UTC)),
        ("2026-01-01", datetime(2026, 1, 1, tzinfo=UTC)),
        ("1960-06-01T00:00:00Z", datetime(1960, 6, 1, tzinfo=UTC)),
    ],
)
def test_timestamps_without_a_zone_are_utc(text: str, moment: datetime) -> None:
    found = table_of([{"at": text}], LAYOUT, NOW).table.column("at")
    assert (found.type, found.to_pylist()) == (pa.timestamp("us", "UTC"), [moment])


@pytest.mark.parametrize(
    ("unit", "value", "micros"),
    [("s", 1, 1_000_000), ("s", 1.5, 1_500_000), ("ms", 1, 1_000), ("us", -1, -1), ("ns", 1_999, 1), ("ns", -1, -1)],
)
def test_integers_have_the_unit_of_the_configuration(unit: str, value: float, micros: int) -> None:
    layout = Layout("m", "predictions", "at", unit, frozenset(), frozenset({"c"}))
    assert table_of([{"at": value}], layout, NOW).table.column("at").cast(pa.int64()).to_pylist() == [micros]


@pytest.mark.parametrize("value", [None, 5, True, "soon", "", [], {}, "99999-01-01", "0001-01-01T00:00:00+05:00"])
def test_a_row_without_a_timestamp_is_refused(value: Any) -> None:
    (mistake,) = mistakes({"at": value})
    assert mistake.startswith("rows[0].at: must be an ISO 8601 timestamp of the years 1 to 9999, got ")


@pytest.mark.parametrize("value", ["5", None, True, float("nan"), float("inf"), 1e300, 10**30])
def test_a_number_that_is_no_moment_is_refused(value: Any) -> None:
    layout = Layout("m", "predictions", "at", "ms", frozenset(), frozenset({"c"}))
    (mistake,) = mistakes({"at": value}, layout=layout)
    assert mistake.startswith("rows[0].at: must be a number of ms since 1970, got ")


def test_wrong_types_are_named_in_the_order_of_rows() -> None:
    rows: list[dict[str, Any]] = [{**AT, "n": "12"}, {**AT, "c": ["x"]}, {"c": {"a": 1}}, {**AT, "n": 1, "c": "\ud800"}]
    assert mistakes(*rows) == [
        "rows[0].n: must be a number, got '12'",
        "rows[1].c: must be text, a number, true or false, got a list",
        "rows[2].at: must be an ISO 8601 timestamp of the years 1 to 9999, got nothing",
        "rows[2].c: must be text, a number, true or false, got an object",
    ]
    assert mistakes({**AT, "c": "\ud800"}) == ["rows[0].c: must be text in UTF-8, got '\\ud800'"]
    assert mistakes({**AT, "c": "x" * (LONGEST + 1)})[0].startswith("rows[0].c: must be text of at most 65,536 bytes")


def test_no_more_than_a_hundred_mistakes_are_told() -> None:
    assert len(mistakes(*[{"n": "x", "c": []}] * 10_000)) == 100


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=20,
    )
)
@settings(max_examples=300, deadline=None)
def test_whatever_json_holds_is_taken_or_refused(value: Any) -> None:
    document = from_json(
        json.dumps([{**AT, "n": value, "c": value, "both": value, "extra": value}, value], default=str).encode(
            "utf-8", "surrogatepass"
        )
    )
    try:
        taken = table_of(document, LAYOUT, NOW)
    except RefusedError as error:
        assert error.mistakes  # noqa: PT017 - refused or not, both are right
        return
    taken.table.validate(full=True)
