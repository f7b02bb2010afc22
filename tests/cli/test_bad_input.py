"""Each kind of bad input has one outcome, and the model beside it is analysed all the same."""
# ruff: noqa: E501 - one line per case

import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.support import logs, workspace
from tests.support.cli import Outcome, call
from tests.support.workspace import NOW, Workspace, current

FAMILIES = ("data", "fairness", "model", "explanation", "quality")
SPAN = dict.fromkeys(FAMILIES, "2026-01-08T00:00:00Z to 2026-01-09T00:00:00Z")
SPAN["explanation"] = "2026-01-02T00:00:00Z to 2026-01-09T00:00:00Z"


def assert_sound(done: Outcome) -> None:
    """The model beside the broken one has all its values."""
    for family in FAMILIES:
        found = done.family("sound", family)
        assert found["failure"] is None
        assert found["samples"] == (7_000 if family == "explanation" else 1_000)
        assert found["not_computed"] == []


def into_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


FILES: dict[str, tuple[str, Callable[[Path], Any], str]] = {
    "missing file": (".csv", lambda path: path.unlink(), "{path}: must match at least one csv file, got none"),
    "empty file": (".csv", lambda path: path.write_bytes(b""), "model 'broken': must have rows from {span}, got none"),
    "header only": (".csv", lambda path: path.write_bytes(path.read_bytes().split(b"\n")[0]), "model 'broken': must have rows from {span}, got none"),
    "empty JSON lines": (".jsonl", lambda path: path.write_bytes(b""), "model 'broken': must have rows from {span}, got none"),
    "empty Parquet": (".parquet", lambda path: path.write_bytes(b""), "{path}: must be a readable Parquet file, got Parquet file size is 0 bytes"),
    "truncated Parquet": (".parquet", lambda path: path.write_bytes(path.read_bytes()[:-9]), "{path}: must be a readable Parquet file, got "),
    "half a Parquet": (".parquet", lambda path: path.write_bytes(path.read_bytes()[:9_999]), "{path}: must be a readable Parquet file, got "),
    "a folder instead": (".parquet", into_folder, "{path}: must match at least one parquet file, got none"),
    "a malformed CSV row": (".csv", lambda path: path.write_bytes(path.read_bytes() + b"2026-01-08,oops\n"), "{path}: must be readable CSV, got Invalid Input Error: CSV Error on Line: "),
    "a malformed JSON line": (".jsonl", lambda path: path.write_bytes(path.read_bytes() + b'{"at"\n'), "{path}: must be readable JSON lines, got Invalid Input Error: Malformed JSON in file "),
    "not UTF-8": (".csv", lambda path: path.write_bytes(path.read_bytes() + "é".encode("latin-1")), "{path}: must be readable CSV, got Invalid Input Error: CSV Error on Line: "),
    "a column name twice": (".csv", lambda path: path.write_bytes(path.read_bytes().replace(b"age,", b"sex,", 1)), "{path}: must have one line of distinct column names first, got 'sex' twice"),
    "no timestamp column": (".csv", lambda path: path.write_bytes(path.read_bytes()[1:]), "{path}: must have the timestamp column 'at', got t, decision, outcome, score, income, children, purpose, sex, age, shap_income, shap_children, shap_purpose"),
    "no rows in the window": (".parquet", lambda path: logs.write_parquet(logs.rows(500, NOW), path), "model 'broken': must have rows from {span}, got none"),
}  # fmt: skip


@pytest.mark.parametrize("case", FILES)
def test_files(case: str, tmp_path: Path) -> None:
    suffix, spoil, expected = FILES[case]
    space = workspace.prepare(tmp_path, {"sound": current(), "broken": current()}, suffix)
    path = space.log("broken", suffix)
    spoil(path)
    done = space.analyse()
    assert done.code == 3
    assert_sound(done)
    for family in FAMILIES:
        found = done.family("broken", family)
        assert (found["samples"], found["measurements"], found["not_computed"]) == (0, [], [])
        assert str(found["failure"]).startswith(expected.format(path=path, span=SPAN[family]))
        assert "\n" not in str(found["failure"])


Rows = Callable[[pd.DataFrame], pd.DataFrame]
Check = Callable[[Outcome], Any]


def spoilt(column: str, values: Any, where: Any = slice(None)) -> Rows:
    """A change of some rows of one column, in the order of time."""

    def change(frame: pd.DataFrame) -> pd.DataFrame:
        changed = frame.sort_values("at", ignore_index=True).astype({column: object})
        changed.loc[where, column] = values
        return changed.infer_objects()

    return change


def denied_women(column: str) -> Rows:
    return lambda frame: frame.assign(**{column: frame[column].mask(frame["sex"] == "female", "denied")})


def reasons(metric: str, *expected: tuple[str, dict[str, str]], attribute: str | None = None) -> Check:
    """Why a metric was not computed; of one attribute only, if named."""

    def check(done: Outcome) -> None:
        found = [(why, of) for why, of in done.reasons("broken", metric) if attribute in (None, of.get("attribute"))]
        assert sorted(found, key=str) == sorted(expected, key=str)

    return check


def values(**expected: float) -> Check:
    """Metric, then "__" and a feature, and its value."""

    def check(done: Outcome) -> None:
        for name, number in expected.items():
            metric, _, feature = name.partition("__")
            labels = {"feature": feature} if feature else {}
            assert done.value("broken", metric, **labels) == pytest.approx(number, abs=0.02), name

    return check


def every(*checks: Check) -> Check:
    return lambda done: [check(done) for check in checks]


INCOME = {"feature": "income"}
GONE = "no values in the window"
SEXES = [{"attribute": "sex", "group": name} for name in ("female", "male")]
BANDS = [{"attribute": "age_band", "group": name} for name in ("[-inf,25)", "[25,40)", "[40,60)", "[60,inf)")]

DATA: dict[str, tuple[Rows, int, Check]] = {
    "no feature column": (lambda f: f.drop(columns="income"), 2, every(
        values(feature_missing_increase_ratio__income=1, feature_type_mismatch_ratio__income=0),
        *(reasons(f"feature_{m}", (GONE, INCOME)) for m in ("psi", "kl_divergence", "wasserstein_distance", "range_violation_ratio")))),
    "no prediction column": (lambda f: f.drop(columns="decision"), 3, every(
        reasons("prediction_shift_ratio", (GONE, {})), reasons("performance_accuracy_drop", ("no labels", {})))),
    "no label column": (lambda f: f.drop(columns="outcome"), 1, every(
        reasons("performance_accuracy_drop", ("no labels", {})), values(performance_labelled_ratio=0))),
    "no column of a protected attribute": (lambda f: f.drop(columns="sex"), 0, every(
        reasons("fairness_disparate_impact_ratio", *(("group too small", sex) for sex in SEXES), ("fewer than two groups large enough", {"attribute": "sex"})))),
    "no attribution column": (lambda f: f.drop(columns=["shap_income"]), 0, reasons(
        "attribution_rank_correlation", ("fewer than three features with attributions", {}))),
    "words in a numerical column": (lambda f: spoilt("income", "unknown", slice(None, None, 10))(f).astype({"income": str}), 2, values(
        feature_type_mismatch_ratio__income=0.1, feature_missing_increase_ratio__income=0, feature_psi__income=0.01)),
    "a numerical column as text": (lambda f: f.astype({"income": str}), 0, values(
        feature_type_mismatch_ratio__income=0, feature_psi__income=0.01)),
    "infinite values": (spoilt("income", np.inf, slice(None, None, 10)), 1, every(
        values(feature_range_violation_ratio__income=0.1), reasons("feature_wasserstein_distance", ("infinite values", INCOME)))),
    "NaN": (spoilt("income", np.nan, slice(None, None, 5)), 2, values(
        feature_missing_ratio__income=0.2, feature_missing_increase_ratio__income=0.2, feature_type_mismatch_ratio__income=0)),
    "an all-null column": (spoilt("income", None), 2, every(
        values(feature_missing_increase_ratio__income=1), reasons("feature_psi", (GONE, INCOME)))),
    "a constant column": (spoilt("income", 22_026.5), 2, every(
        values(feature_missing_increase_ratio__income=0), reasons("feature_psi"), reasons("feature_wasserstein_distance"))),
    "integers beyond 2^53": (spoilt("children", 2**53 + 1), 2, values(
        feature_type_mismatch_ratio__children=0, feature_missing_ratio__children=0)),
    "booleans": (lambda f: f.assign(children=f["children"] > 1), 2, values(
        feature_type_mismatch_ratio__children=0, feature_missing_ratio__children=0)),
    "decimals": (lambda f: f.assign(children=f["children"].map(Decimal)), 0, values(
        feature_psi__children=0.01, feature_type_mismatch_ratio__children=0)),
    "labels all null": (spoilt("outcome", None), 1, every(
        reasons("performance_accuracy_drop", ("no labels", {})),
        reasons("fairness_equal_opportunity_drift",
                *(("no labels", sex) for sex in SEXES), ("fewer than two groups large enough in window and baseline", {"attribute": "sex"}),
                *(("no labels", band) for band in BANDS), ("fewer than two groups large enough in window and baseline", {"attribute": "age_band"})))),
    "no positives in a group": (denied_women("outcome"), 2, every(
        reasons("fairness_equal_opportunity_drift",
                ("no positives", SEXES[0]), ("fewer than two groups large enough in window and baseline", {"attribute": "sex"}), attribute="sex"),
        reasons("fairness_demographic_parity_drift"))),
    "a group of one": (lambda f: f.assign(sex=["neither", *f["sex"][1:]], at=[NOW - logs.DAY, *f["at"][1:]]), 0, every(
        *(reasons(f"fairness_{m}", ("group too small", {"attribute": "sex", "group": "neither"}))
          for m in ("demographic_parity_drift", "disparate_impact_ratio")))),
    "nobody selected in a group": (denied_women("decision"), 2, lambda done:
        done.value("broken", "fairness_disparate_impact_ratio", attribute="sex") == 0.0),
    "a new category in every row": (spoilt("purpose", "moon"), 2, values(feature_new_category_ratio__purpose=1)),
    "a category per row": (lambda f: f.assign(purpose=[f"user {n}" for n in range(len(f))]), 2, values(
        feature_new_category_ratio__purpose=1, feature_missing_ratio__purpose=0)),
    "impossible scores": (spoilt("score", 1.7, slice(None, None, 10)), 0, reasons(
        "prediction_entropy_change_ratio", ("scores outside 0 to 1", {}))),
    "naive timestamps": (lambda f: f.assign(at=f["at"].dt.tz_localize(None)), 0, values(feature_psi__income=0.01)),
    "timestamps as text": (lambda f: f.assign(at=f["at"].map(pd.Timestamp.isoformat)), 0, values(feature_psi__income=0.01)),
    "timestamps in nanoseconds": (lambda f: f.assign(at=f["at"].dt.as_unit("ns").dt.tz_localize(None)), 0, values(feature_psi__income=0.01)),
}  # fmt: skip


@pytest.mark.parametrize("case", DATA)
def test_data(case: str, tmp_path: Path) -> None:
    change, code, check = DATA[case]
    space = workspace.prepare(tmp_path, {"sound": current(), "broken": change(current())})
    done = space.analyse()
    assert_sound(done)
    assert done.family("broken", "quality")["failure"] is None
    assert check(done) is not False
    assert done.code == code


TIMES: dict[str, tuple[Rows, str]] = {
    "in the future": (lambda f: f.assign(at=f["at"] + pd.Timedelta(days=9_000)), "none"),
    "in the past": (lambda f: f.assign(at=f["at"] - pd.Timedelta(days=9_000)), "none"),
    "garbage": (lambda f: f.assign(at="yesterday"), "none (7000 rows have no readable timestamp)"),
    "missing": (lambda f: f.assign(at=f["at"].where(f["age"] < 0)), "none (7000 rows have no readable timestamp)"),
    "integers as text, without a unit": (lambda f: f.assign(at="1767900000"), "none (7000 rows have no readable timestamp)"),
}  # fmt: skip


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
@pytest.mark.parametrize("case", TIMES)
def test_no_row_lies_in_the_window(case: str, suffix: str, tmp_path: Path) -> None:
    change, got = TIMES[case]
    space = workspace.prepare(tmp_path, {"sound": current(), "broken": change(current())}, suffix)
    done = space.analyse()
    assert done.code == 3
    assert_sound(done)
    for family in FAMILIES:
        expected = f"model 'broken': must have rows from {SPAN[family]}, got {got}"
        assert done.family("broken", family)["failure"] == expected


def test_integer_timestamps_without_a_unit(tmp_path: Path) -> None:
    frame = current()
    space = workspace.prepare(tmp_path, {"sound": current(), "broken": frame.assign(at=frame["at"].astype("int64"))})
    done = space.analyse()
    assert_sound(done)
    expected = f"{space.log('broken')}: column 'at': must be timestamps, got integers; set timestamp_unit"
    assert done.family("broken", "data")["failure"] == expected


NAMES = ('a "quoted", one', "back\\slash", "été — 学生 🎓", "[bold]{{ .Title }}<b>&amp;")
"""Printable, so that they may be model names too."""
HOSTILE = (*NAMES, "two\nlines", "tab\there", "\x1b[2J\x1b[31mred", "\x07", "\u202eright to left", "\x9b31m")


@pytest.mark.parametrize("suffix", [".parquet", ".csv", ".jsonl"])
def test_hostile_names(suffix: str, tmp_path: Path) -> None:
    """Categories, classes, groups and models: exact in the JSON, harmless in the table."""
    count = len(HOSTILE) * 50
    frame = logs.rows(count, NOW - logs.DAY)
    for column in ("purpose", "sex", "decision"):
        frame[column] = [HOSTILE[place % len(HOSTILE)] for place in range(count)]
    frame["outcome"] = frame["decision"]
    columns = logs.columns(favourable=NAMES[0], score=None)
    frames = {"sound": current(), **dict.fromkeys(NAMES, frame)}
    changes = {name: {"columns": columns} for name in NAMES}
    space = workspace.prepare(tmp_path, frames, suffix, changes, dict.fromkeys(NAMES, frame))
    done = space.analyse()
    assert_sound(done)
    for model in NAMES:
        assert done.value(model, "feature_psi", feature="purpose") == 0
        for name in HOSTILE:
            assert done.value(model, "prediction_class_ratio", **{"class": name}) == pytest.approx(1 / len(HOSTILE))
            assert done.value(model, "group_samples", attribute="sex", group=name) == 50
    fixed = ("--config.file", space.config)
    tables = [
        call("analyze", *fixed, "--as-of", NOW.isoformat()),
        call("baseline", "list", *fixed),
        call("baseline", "diff", *fixed, "--model", NAMES[0], *two_versions(space, NAMES[0])),
    ]
    for table in tables:
        assert re.findall(r"[^\n\x20-\x7e\u00a0-\uffff🎓]|[\u202e]", table.out + table.err) == []
        assert NAMES[1] in table.out


def two_versions(space: Workspace, name: str) -> list[str]:
    """Versions of the active baseline and of one with other shares."""
    frame = logs.rows(1_000)
    frame["decision"] = frame["outcome"] = [HOSTILE[place % 3] for place in range(1_000)]
    frame["purpose"] = [HOSTILE[-1 - place % len(HOSTILE)] for place in range(1_000)]
    frame["sex"] = frame["purpose"]
    path = logs.write(frame, space.folder / "other.parquet")
    made = call("baseline", "create", "--config.file", space.config, "--model", name, "--from", path, "--no-activate")
    second = made.out.split("baseline ")[1].split(" ")[0]
    return [second.removesuffix("2") + "1", second]
