"""Baselines from the last days of the logs, also when the rows are gone; analyses that read nothing twice."""

import re
from pathlib import Path

import pandas as pd
import pytest

from fairlead.engines import files as engine_files
from fairlead.engines import incremental, reader
from tests.support import logs, workspace
from tests.support.cli import Outcome, call
from tests.support.workspace import NOW, Workspace, current


@pytest.fixture
def space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """Seven days of a thousand decisions, whose files count as settled."""
    monkeypatch.setattr(incremental, "SETTLED", -(10**9))
    return workspace.prepare(tmp_path, {"credit": current()})


def create(space: Workspace, *arguments: str | Path, until: str = NOW.isoformat()) -> Outcome:
    fixed = ("baseline", "create", "--config.file", space.config, "--model", "credit", "--as-of", until)
    return call(*fixed, *arguments)


def test_baseline_of_the_last_days(space: Workspace) -> None:
    made = create(space, "--last-days", "3", "--created-by", "Ada", until="2026-01-09T17:30:00+03:00")
    assert (made.code, made.err) == (0, "")
    version = re.fullmatch(r"credit: baseline (\S+-v2) from 3000 rows, active\n", made.out)
    assert version, made.out
    listed = call("baseline", "list", "--config.file", space.config).out
    assert "2026-01-06 to 2026-01-08" in listed
    assert "Ada" in listed
    report = space.analyse()
    assert report.family("credit", "data")["baseline"] == version[1]
    for metric in ("feature_psi", "feature_wasserstein_distance"):
        assert report.value("credit", metric, feature="income") < 0.02


def test_same_as_from_the_rows(space: Workspace) -> None:
    """The same window against both: one from rows, one from days."""
    frame = current()
    last = frame[(frame["at"] >= NOW - 3 * logs.DAY) & (frame["at"] < NOW)]
    later = logs.rows(4_000, NOW, seed=9).assign(income=lambda rows: rows["income"] * 1.5)
    assert create(space, "--last-days", "3").code == 0
    logs.write(pd.concat([frame, later]), space.log("credit"))
    found = [space.analyse(until=NOW + logs.DAY)]
    path = logs.write(last, space.folder / "last.parquet")
    made = call("baseline", "create", "--config.file", space.config, "--model", "credit", "--from", path)
    assert made.code == 0
    found.append(space.analyse(until=NOW + logs.DAY))
    for metric, labels in (
        ("feature_psi", {"feature": "income"}),
        ("feature_psi", {"feature": "purpose"}),
        ("feature_wasserstein_distance", {"feature": "income"}),
        ("performance_accuracy_drop", {}),
        ("fairness_demographic_parity_drift", {"attribute": "sex"}),
    ):
        one, other = (report.value("credit", metric, **labels) for report in found)
        assert one == pytest.approx(other, rel=0.1, abs=0.005), metric
    assert found[0].value("credit", "feature_psi", feature="income") > 0.25


def test_rows_that_are_gone(space: Workspace) -> None:
    gone = "must match at least one parquet file, got none"
    log, elsewhere = space.log("credit"), space.folder / "elsewhere.parquet"
    log.rename(elsewhere)
    refused = create(space, "--last-days", "7")
    assert (refused.code, refused.err) == (1, f"{log}: {gone}\n")
    elsewhere.rename(log)
    assert space.analyse().code in {0, 1, 2}
    log.unlink()
    made = create(space, "--last-days", "7")
    assert made.code == 0
    assert "from 7000 rows" in made.out
    assert gone in made.err
    refused = create(space, "--last-days", "8")
    assert (refused.code, refused.out) == (1, "")


def test_days_without_rows(space: Workspace) -> None:
    refused = create(space, "--last-days", "9")
    where = "model 'credit': 2025-12-31 to 2026-01-08"
    assert (refused.code, refused.out) == (1, "")
    assert refused.err == f"{where}: must have rows of every day, got none of 2025-12-31, 2026-01-01\n"


def test_too_few_rows(tmp_path: Path) -> None:
    space = workspace.prepare(tmp_path, {"credit": current()}, changes={"credit": {"min_samples": 3_001}})
    refused = create(space, "--last-days", "3")
    assert refused.code == 1
    assert refused.err == "model 'credit': 2026-01-06 to 2026-01-08: must have at least 3001 rows, got 3000\n"


def test_columns_that_need_rows_are_named(space: Workspace) -> None:
    last = current()
    logs.write(last.assign(income=last["income"] / 1e6, children=last["children"] % 2 + 7), space.log("credit"))
    refused = create(space, "--last-days", "3")
    assert (refused.code, refused.out) == (1, "")
    where = "model 'credit': 2026-01-06 to 2026-01-08: feature "
    lines = refused.err.splitlines()
    assert sorted(line.removeprefix(where).split(":")[0] for line in lines) == ["'children'", "'income'"]
    assert all("must be counted from rows (--from): " in line for line in lines)


def test_features_that_the_old_baseline_lacks_need_rows(space: Workspace) -> None:
    text = space.config.read_text().replace("    children:\n", "    age:\n      type: numerical\n    children:\n")
    assert text != space.config.read_text()
    space.config.write_text(text)
    refused = create(space, "--last-days", "3")
    assert refused.code == 1
    assert "feature 'age': must be counted from rows (--from): it is not in the old baseline" in refused.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "--from, --from-validation, --last-days: must be given one of them, got none"),
        (
            ["--from", "x.csv", "--last-days", "7"],
            "--from, --from-validation, --last-days: must be given one of them, got both",
        ),
        (
            ["--from-validation", "--as-of", "2026-01-01"],
            "--as-of: must be given with --last-days only, got --from-validation",
        ),
        (["--from", "x.csv", "--as-of", "2026-01-01"], "--as-of: must be given with --last-days only, got --from"),
        (["--last-days", "7", "--as-of", "2099-01-01"], "--as-of: must not be in the future, got '2099-01-01'"),
        (["--last-days", "0"], "Invalid value for '--last-days': 0 is not in the range 1<=x<=400."),
    ],
)
def test_usage(arguments: list[str], message: str, space: Workspace) -> None:
    done = call("baseline", "create", "--config.file", space.config, "--model", "credit", *arguments)
    assert (done.code, done.out) == (4, "")
    assert done.err.splitlines()[-1] == f"Error: {message}"


def test_without_a_baseline(space: Workspace) -> None:
    (space.folder / "fairlead.db").unlink()
    refused = create(space, "--last-days", "3")
    assert refused.code == 1
    assert "no active baseline" in refused.err


def test_a_second_analysis_reads_nothing(space: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    first = space.analyse("--no-record")
    read, feeder = [], engine_files.portions

    def batches(*arguments):  # type: ignore[no-untyped-def]
        read.append(arguments)
        return feeder(*arguments)

    monkeypatch.setattr(reader, "portions", batches)
    second = space.analyse("--no-record")
    assert read == []
    assert (
        first.document["models"][0]["families"][0]["measurements"]
        == (second.document["models"][0]["families"][0]["measurements"])
    )
    space.log("credit").touch()
    space.analyse("--no-record")
    assert read != []


def test_labels_of_as_many_days_that_are_old_enough(tmp_path: Path) -> None:
    """With a delay of 36 hours the labels of the last day are those of two days before."""
    frame = current().copy()
    frame.loc[frame["at"] >= NOW - 2 * logs.DAY, "outcome"] = None
    space = workspace.prepare(tmp_path, {"credit": frame}, changes={"credit": {"label_delay": "36h"}})
    made = create(space, "--last-days", "1")
    assert made.code == 0, made.err
    shown = call("baseline", "show", "--config.file", space.config, "--model", "credit").document["summary"]
    older = frame[(frame["at"] >= NOW - 3 * logs.DAY) & (frame["at"] < NOW - 2 * logs.DAY)]
    assert (shown["rows"], shown["labelled"]) == (1_000, 1_000)
    assert shown["correct"] == int((older["outcome"] == older["decision"]).sum())
