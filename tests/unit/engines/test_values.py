"""Odd values have one meaning each, and it is written down here."""
# ruff: noqa: E501 - one line per case

from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fairlead.core.plan import AttributeColumn, CategoricalColumn, NumericalColumn, Plan
from fairlead.core.summary import MAX_CATEGORIES, Summary, Tally
from fairlead.engines.files import Files
from fairlead.engines.summarise import summarise
from tests.support import bins

BIG = 2**53
PLAN = Plan(
    "at",
    None,
    "p",
    favourable="y",
    label="l",
    numerical={"x": NumericalColumn("x", 0.0, None, bins.at(0.0, 10.0, BIG))},
    categorical={"c": CategoricalColumn("c")},
    attributes={"g": AttributeColumn("g"), "a": AttributeColumn("x", (0.0, 10.0))},
)


def from_parquet(folder: Path, **columns: pa.Array) -> Summary:
    pq.write_table(pa.table(columns), folder / "a.parquet")
    return summarise(Files(str(folder), "parquet"), PLAN, None)


def from_text(folder: Path, values: list[str], name: str = "x") -> Summary:
    (folder / "a.csv").write_text(f"{name},end\n" + "".join(f"{value},\n" for value in values))
    return summarise(Files(str(folder), "csv"), PLAN, None)


NUMBERS: dict[str, tuple[pa.Array, list[int], int, int]] = {
    "floats": (pa.array([-1.0, 0.0, 10.0, 10.5, None]), [2, 1, 1, 0], 1, 0),
    "single precision": (pa.array([10.0, 1.5, None], pa.float32()), [0, 2, 0, 0], 1, 0),
    "half precision": (pa.array(np.array([10, 11], np.float16)), [0, 1, 1, 0], 0, 0),
    "NaN and infinity": (pa.array([np.nan, np.inf, -np.inf, 1.0]), [1, 1, 0, 1], 1, 2),
    "bytes": (pa.array([0, 10, 255, None], pa.uint8()), [1, 1, 1, 0], 1, 0),
    "beyond 2^53": (pa.array([BIG - 1, BIG, BIG + 1, BIG + 2, 2**63 - 1]), [0, 0, 3, 2], 0, 0),
    "beyond 2^63": (pa.array([2**64 - 1, 1], pa.uint64()), [0, 1, 0, 1], 0, 0),
    "booleans": (pa.array([True, False, None]), [1, 1, 0, 0], 1, 0),
    "decimals": (pa.array([Decimal("10.00"), Decimal("10.01"), None], pa.decimal128(20, 2)), [0, 1, 1, 0], 1, 0),
    "wide decimals": (pa.array([Decimal("1e30"), Decimal("-1")], pa.decimal256(60, 2)), [1, 0, 0, 1], 0, 0),
    "nothing": (pa.nulls(3), [0, 0, 0, 0], 3, 0),
    "empty": (pa.array([], pa.float64()), [0, 0, 0, 0], 0, 0),
    "dictionary": (pa.array([1.0, 20.0, None]).dictionary_encode(), [0, 1, 1, 0], 1, 0),
}


@pytest.mark.parametrize("case", NUMBERS)
def test_numbers(case: str, tmp_path: Path) -> None:
    """Integers beyond 2^53 round to the nearest double; NaN is missing; ±inf counts, and is outside every range."""
    array, counts, missing, infinite = NUMBERS[case]
    x = from_parquet(tmp_path, x=array).numerical["x"]
    assert (x.counts.tolist(), x.missing, x.infinite, x.mismatched) == (counts, missing, infinite, 0)
    assert x.rows == len(array)


MISMATCHES: dict[str, pa.Array] = {
    "dates": pa.array([0, 1], pa.int32()).cast(pa.date32()),
    "timestamps": pa.array([0, 1], pa.timestamp("us")),
    "lists": pa.array([[1], []]),
    "structures": pa.array([{"a": 1}, {"a": 2}]),
    "bytes that are no text": pa.array([b"\xff", b"x"]),
}


@pytest.mark.parametrize("case", MISMATCHES)
def test_columns_of_another_type_are_mismatches(case: str, tmp_path: Path) -> None:
    x = from_parquet(tmp_path, x=MISMATCHES[case]).numerical["x"]
    assert (x.mismatched, x.missing, x.counted) == (2, 0, 0)


TEXTS: dict[str, tuple[str, str]] = {
    value: (kind, value)
    for kind, values in {
        "number": ["7", " 7 ", "7.0", "7e0", "+7", "007"],
        "infinite": ["inf", "-inf", "Infinity", "1e999"],
        "missing": ["", '""', "NaN", "nan"],
        "mismatched": ["abc", '"1,5"', "0x1F", "NA", "null", "None", "true", "7 €", "1 000", "--7"],
    }.items()
    for value in values
}


@pytest.mark.parametrize("value", TEXTS)
def test_numbers_in_text(value: str, tmp_path: Path) -> None:
    kind, text = TEXTS[value]
    x = from_text(tmp_path, [text, text]).numerical["x"]
    found = {"number": x.counted - x.infinite, "infinite": x.infinite, "missing": x.missing, "mismatched": x.mismatched}
    assert found == {**dict.fromkeys(found, 0), kind: 2}
    if kind == "number":
        assert PLAN.numerical["x"].bins.mean(x) == 7.0


NAMES: dict[str, tuple[pa.Array, dict[str, int]]] = {
    "text": (pa.array(["1", "1.0", "true", "True", "", " ", None]), dict.fromkeys(["1", "1.0", "true", "True", "", " "], 1)),
    "strange text": (pa.array(["a\nb", 'say "x"', "é学🎓", "\x1b[31m", "x" * 5_000]), dict.fromkeys(["a\nb", 'say "x"', "é学🎓", "\x1b[31m", "x" * 5_000], 1)),
    "integers": (pa.array([1, 2**63 - 1, -1, None]), {"1": 1, "9223372036854775807": 1, "-1": 1}),
    "floats": (pa.array([1.0, 1.5, np.nan, None, 1.0]), {"1": 2, "1.5": 1}),
    "large and small floats": (pa.array([1e20, -2e16, 1e-7, -0.0, np.inf]), {str(10**20): 1, str(-2 * 10**16): 1, "1e-07": 1, "0": 1, "inf": 1}),
    "single precision": (pa.array([1.0, 1.1, None], pa.float32()), {"1": 1, "1.1": 1}),
    "booleans": (pa.array([True, False, None, True]), {"true": 2, "false": 1}),
    "decimals": (pa.array([Decimal("1.00"), Decimal("1.50"), None], pa.decimal128(9, 2)), {"1": 1, "1.50": 1}),
    "dictionary": (pa.array(["a", "b", None, "a"]).dictionary_encode(), {"a": 2, "b": 1}),
    "dictionary of floats": (pa.array([1.0, 2.5, 1.0]).dictionary_encode(), {"1": 2, "2.5": 1}),
    "large text": (pa.array(["a", "b"], pa.large_string()), {"a": 1, "b": 1}),
    "dates": (pa.array([0, None], pa.int32()).cast(pa.date32()), {"1970-01-01": 1}),
    "nothing": (pa.nulls(2), {}),
}  # fmt: skip


@pytest.mark.parametrize("words", [False, True], ids=["typed", "parsed"])
@pytest.mark.parametrize("case", NAMES)
def test_names(case: str, words: bool, tmp_path: Path) -> None:
    """1 and 1.0 are one name where they are numbers; a file that has to be parsed for another column agrees."""
    array, counts = NAMES[case]
    x = pa.array(["word"] * len(array)) if words else pa.array([1.0] * len(array))
    c = from_parquet(tmp_path, c=array, x=x).categorical["c"]
    assert (c.counts, c.rows, c.missing) == (counts, len(array), len(array) - sum(counts.values()))


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_names_in_text(suffix: str, tmp_path: Path) -> None:
    """Text formats write 1 as 1.0 and true as True at times."""
    if suffix == "csv":
        (tmp_path / "a.csv").write_text(
            "c,x\n" + "".join(f"{name},\n" for name in ("1", "1.0", "1.50", "True", "NaN", ""))
        )
    else:
        names = ("1", "1.0", "1.50", '"True"', '"NaN"', "null")
        (tmp_path / "a.jsonl").write_text("".join(f'{{"c": {name}}}\n' for name in names))
    c = summarise(Files(str(tmp_path), suffix), PLAN, None).categorical["c"]
    fraction = "1.50" if suffix == "csv" else "1.5"
    assert (c.counts, c.missing) == ({"1": 2, fraction: 1, "true": 1, "NaN": 1}, 1)


LABELS: list[tuple[Any, Any]] = [("y", "y"), ("y", "n"), ("n", "y"), ("n", "n"), (None, "y"), ("y", None)]


def test_a_row_counts_as_labelled_with_both_sides(tmp_path: Path) -> None:
    predictions, labels = (pa.array(side) for side in zip(*LABELS, strict=True))
    summary = from_parquet(tmp_path, p=predictions, l=labels, g=pa.array(["one"] * 6))
    assert (summary.labelled, summary.correct) == (4, 2)
    assert summary.groups["g"] == {"one": Tally(6, 5, 3, 4, 2, 2, 1, 1)}


def test_labels_of_another_type_still_match(tmp_path: Path) -> None:
    """Predictions 0 and 1 against labels 0.0 and 1.0, as pandas writes integers with gaps."""
    predictions, labels = pa.array([1, 0, 1, 1]), pa.array([1.0, 1.0, None, 0.0])
    summary = from_parquet(tmp_path, p=predictions, l=labels)
    assert (summary.labelled, summary.correct) == (3, 1)


@pytest.mark.parametrize("labels", [pa.nulls(4), pa.array([None] * 4, pa.string())], ids=["untyped", "text"])
def test_labels_that_are_all_missing(labels: pa.Array, tmp_path: Path) -> None:
    summary = from_parquet(tmp_path, p=pa.array(["y", "n", "y", "y"]), l=labels, g=pa.array(["a", "a", "b", None]))
    assert (summary.labelled, summary.correct) == (0, 0)
    assert summary.groups["g"] == {"a": Tally(2, 2, 1), "b": Tally(1, 1, 1)}


def test_bins_of_a_protected_attribute_are_half_open(tmp_path: Path) -> None:
    x = pa.array([-0.1, 0.0, 9.9, 10.0, np.inf, -np.inf, np.nan, None])
    groups = from_parquet(tmp_path, x=x, p=pa.array(["y"] * 8)).groups["a"]
    assert {name: tally.rows for name, tally in groups.items()} == {"[-inf,0)": 2, "[0,10)": 2, "[10,inf)": 2}


def test_columns_that_the_file_lacks_are_missing_in_every_row(tmp_path: Path) -> None:
    """A feature, the prediction, the label and a protected attribute."""
    summary = from_parquet(tmp_path, other=pa.array([1, 2, 3]))
    assert summary.rows == 3
    assert (summary.numerical["x"].missing, summary.numerical["x"].counted) == (3, 0)
    assert (summary.categorical["c"].missing, summary.classes.missing) == (3, 3)
    assert (summary.labelled, summary.groups) == (0, {"g": {}, "a": {}})


def test_a_hundred_thousand_categories_are_bounded(tmp_path: Path) -> None:
    """Known ones are always kept, of the others some, the rest is only counted; not a row is lost."""
    chance = np.random.default_rng(2)
    values = np.concatenate((chance.permutation(100_000), np.zeros(1_000, int), [77_777]))
    pq.write_table(pa.table({"c": [f"user {value}" for value in values]}), tmp_path / "a.parquet", row_group_size=9_000)
    known = frozenset({"user 0", "user 77777", "user 5", "nobody"})
    plan = Plan("at", None, "p", categorical={"c": CategoricalColumn("c", known)})
    c = summarise(Files(str(tmp_path), "parquet"), plan, None).categorical["c"]
    assert MAX_CATEGORIES <= len(c.counts) <= MAX_CATEGORIES + 3
    assert sum(c.counts.values()) + c.folded == len(values) == c.rows
    assert (c.counts["user 0"], c.counts["user 77777"], c.counts["user 5"]) == (1_001, 2, 1)
