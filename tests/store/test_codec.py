"""Encoding is exact in both directions."""

import json
import math
from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.core.baseline import Baseline
from fairlead.core.measurement import Measurement, NotComputed
from fairlead.core.summary import Categorical, Moments, Repeats, Summary, Tally
from fairlead.errors import BaselineError
from fairlead.store.codec import (
    FORMAT,
    content_hash,
    decode_baseline,
    decode_outcomes,
    encode_baseline,
    encode_outcomes,
    pack_summary,
    unpack_summary,
)
from tests.support.comparisons import Rows, baseline_of, count_numbers

FULL = baseline_of(
    Rows(
        numbers={
            "income": np.random.default_rng(1).lognormal(0, 3, 500),
            "empty": [math.nan] * 500,
            "infinite": [math.inf, 1.0] * 250,
            "tiny": [5e-324, 1e100, 0.1, 1 / 3, -0.0] * 100,
        },
        names={"purpose": ["car", 'quo"te', "new\nline", "愛", ""] * 100},
        predictions=["yes", "no"] * 250,
        labels=["yes"] * 500,
        groups={"sex": ["f", "m"] * 250},
        scores=[0.1, 1 / 3] * 250,
        attributions={"income": [0.1] * 500},
    )
)


def assert_identical(one: object, other: object) -> None:
    """Equal in every bit, arrays included."""
    assert type(one) is type(other)
    if isinstance(one, np.ndarray):
        assert isinstance(other, np.ndarray)
        assert (one.dtype, one.shape) == (other.dtype, other.shape)
        assert one.tolist() == other.tolist() if one.dtype == object else one.tobytes() == other.tobytes()
    elif isinstance(one, dict):
        assert isinstance(other, dict)
        assert set(one) == set(other)
        for key in one:
            assert_identical(one[key], other[key])
    elif hasattr(one, "__dataclass_fields__"):
        for field in fields(one):  # type: ignore[arg-type]  # it has fields
            assert_identical(getattr(one, field.name), getattr(other, field.name))
    else:
        assert one == other


def test_baseline_comes_back_bit_for_bit() -> None:
    assert_identical(decode_baseline(FULL.version, encode_baseline(FULL)), FULL)


def test_encoding_does_not_depend_on_the_order_of_names() -> None:
    def made(names: list[str]) -> Baseline:
        purposes = {"x": Categorical(dict.fromkeys(names, 1), 3)}
        groups = {"sex": {name: Tally(rows=3) for name in names}}
        return Baseline("v", Summary(9, categorical=purposes, groups=groups), {}, {})

    assert encode_baseline(made(["a", "b", "c"])) == encode_baseline(made(["c", "a", "b"]))


def test_any_change_of_content_changes_the_hash() -> None:
    text = encode_baseline(FULL)
    assert content_hash(text) != content_hash(text.replace("250", "251", 1))
    assert len(content_hash(text)) == 64


def test_document_is_plain_json_with_its_format() -> None:
    document = json.loads(encode_baseline(FULL))
    assert document["format"] == FORMAT
    assert document["summary"]["rows"] == 500
    assert document["summary"]["numerical"]["empty"]["minimum"] is None


def test_document_of_another_format_is_refused() -> None:
    document = {**json.loads(encode_baseline(FULL)), "format": 1}
    with pytest.raises(BaselineError, match=r"^baseline v: format: must be 2, got 1: make a new one$"):
        decode_baseline("v", json.dumps(document))


def test_summary_comes_back_bit_for_bit() -> None:
    huge = count_numbers([1e300, -1e300, 1.0], FULL.bins["income"])
    hashes, whole = np.array([7, 2**64 - 1], np.uint64), np.array([2**60, -1])
    repeats = Repeats(hashes, whole, whole + 1, whole + 2, whole + 3, np.arange(6).reshape(2, 3))
    summary = replace(FULL.summary, numerical={"income": huge}, repeats=repeats, undated=3)
    assert_identical(unpack_summary(pack_summary(summary)), summary)
    assert abs(huge.sums.tolist()[0]) > 2**63


def test_packing_does_not_depend_on_the_order_of_names() -> None:
    one, other = ({"x": Categorical(dict.fromkeys(names, 1), 2)} for names in ("ab", "ba"))
    assert pack_summary(Summary(2, categorical=one)) == pack_summary(Summary(2, categorical=other))


text = st.text(max_size=20)
labels = st.lists(st.tuples(text, text), max_size=3).map(tuple)
measurement = st.builds(
    Measurement,
    text,
    st.floats(allow_nan=False),
    labels,
    st.none() | st.floats(0, 1e300),
    st.integers(0, 2**60),
    st.integers(0, 2**60),
)


@given(st.lists(measurement, max_size=5), st.lists(st.builds(NotComputed, text, text, labels), max_size=5))
def test_outcomes_come_back_exactly(measurements: list[Measurement], missing: list[NotComputed]) -> None:
    assert decode_outcomes(encode_outcomes(measurements, missing)) == (tuple(measurements), tuple(missing))


def test_moments_keep_their_sums() -> None:
    odd = Baseline("v", Summary(1, entropy=Moments(3, 2**70 + 1, -1, 1)), {}, {})
    assert decode_baseline("v", encode_baseline(odd)).summary.entropy == odd.summary.entropy
