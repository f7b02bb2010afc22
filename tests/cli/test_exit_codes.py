"""What the exit code of `fairlead analyze` says, each by a process of its own."""
# ruff: noqa: E501 - one line per case

from pathlib import Path

import pandas as pd
import pytest

from tests.support import workspace
from tests.support.cli import call, spawn
from tests.support.workspace import NOW, Workspace, current

APPROVED = {"calm": 0.7, "warning": 0.45, "critical": 0.2, "broken": 0.7}
"""The baselines approve 70 %: a quarter of the decisions differs in one model, half of them in another."""


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    frames: dict[str, pd.DataFrame] = {name: current(share) for name, share in APPROVED.items()}
    made = workspace.prepare(tmp_path_factory.mktemp("codes"), frames)
    made.log("broken").write_bytes(b"PAR1 and nothing more")
    return made


@pytest.mark.parametrize(
    ("models", "code"),
    [(["calm"], 0), (["calm", "warning"], 1), (["warning", "critical", "calm"], 2), (["broken"], 3)],
    ids=["all INFO", "WARNING", "CRITICAL", "not computed"],
)
def test_outcomes(models: list[str], code: int, space: Workspace) -> None:
    chosen = [argument for name in models for argument in ("--model", name)]
    done = spawn("analyze", "--config.file", space.config, "--as-of", NOW.isoformat(), *chosen)
    assert (done.code, done.err) == (code, "")
    assert all(f"{name} until 2026-01-09T00:00:00Z" in done.out for name in models)


@pytest.mark.parametrize(
    ("models", "code"),
    [(["warning", "broken"], 3), (["calm", "broken"], 3), (["critical", "broken"], 2), ([], 2)],
    ids=["before WARNING", "before INFO", "after CRITICAL", "every model"],
)
def test_not_computed_goes_between(models: list[str], code: int, space: Workspace) -> None:
    """CRITICAL pages at once; a family without values outranks a WARNING."""
    chosen = [argument for name in models for argument in ("--model", name)]
    done = space.analyse(*chosen)
    assert done.code == done.document["exit_code"] == code
    assert [model["model"] for model in done.document["models"]] == (models or list(APPROVED))


def test_a_model_without_a_baseline(space: Workspace) -> None:
    text = space.config.read_text().replace("name: calm", "name: fresh")
    other = space.config.with_name("fresh.yml")
    other.write_text(text)
    done = Workspace(space.folder, other).analyse("--model", "fresh")
    assert done.code == 3
    reason = "model 'fresh': no active baseline; make one with: fairlead baseline create --model fresh --from PATH"
    assert {family["failure"] for family in done.document["models"][0]["families"]} == {reason}


def test_too_few_rows(space: Workspace) -> None:
    done = space.analyse("--model", "calm", until=NOW - 7 * pd.Timedelta(days=1) + pd.Timedelta(minutes=29))
    assert done.code == 3
    assert done.reasons("calm", "feature_psi") == [("too few rows", {})]
    assert done.family("calm", "data")["samples"] < 30


USAGE = {
    "an unknown model": (["--model", "calms"], "Error: --model: must be a configured model (calm, warning, critical, broken), got 'calms'"),
    "an unknown option": (["--modle", "calm"], "Error: No such option '--modle'. Did you mean '--model'?"),
    "no time": (["--as-of", "tomorrow"], "Error: --as-of: must be an ISO 8601 date or time, got 'tomorrow'"),
    "no day": (["--as-of", "2026-02-30"], "Error: --as-of: must be an ISO 8601 date or time, got '2026-02-30'"),
    "future": (
        ["--as-of", "2999-01-01"],
        "Error: --as-of: must not be in the future unless --no-record is given, got '2999-01-01'",
    ),
    "before time": (["--as-of", "0001-01-02"], "Error: --as-of: must be an ISO 8601 date or time, got '0001-01-02'"),
    "after time": (["--as-of", "9999-12-31T23:00-11:00"], "Error: --as-of: must be an ISO 8601 date or time, got '9999-12-31T23:00-11:00'"),
    "another format": (["--format", "xml"], "Error: Invalid value for '--format': 'xml' is not one of 'table', 'json'."),
}  # fmt: skip


@pytest.mark.parametrize("case", USAGE)
def test_usage(case: str, space: Workspace) -> None:
    arguments, message = USAGE[case]
    done = space.analyse(*arguments)
    assert (done.code, done.out) == (4, "")
    assert done.err.splitlines()[-1] == message


CONFIGURATIONS = {
    "no file": (None, "must be a file, got nothing at this path"),
    "a key too many": ("models: []\nmodel: 1\n", "model: must be a known key, got"),
    "no thresholds": ("thresholds: gone.yml\nmodels: []\n", "thresholds: must be an existing file"),
}


@pytest.mark.parametrize("case", CONFIGURATIONS)
def test_configuration(case: str, tmp_path: Path) -> None:
    text, message = CONFIGURATIONS[case]
    path = tmp_path / "fairlead.yml"
    if text is not None:
        path.write_text(text)
    done = workspace.Workspace(tmp_path, path).analyse()
    assert (done.code, done.out) == (4, "")
    assert message in done.err
    assert all(line.startswith(str(path)) for line in done.err.splitlines())


def test_thresholds_that_prometheus_could_not_read(space: Workspace, tmp_path: Path) -> None:
    broken = tmp_path / "thresholds.yml"
    broken.write_text("groups: [{name: x, rules: [{record: fairlead:threshold, expr: up}]}]\n")
    (tmp_path / "fairlead.yml").write_text(
        "\n".join(
            f"thresholds: {broken}" if "thresholds" in line else line for line in space.config.read_text().splitlines()
        )
    )
    done = Workspace(tmp_path, tmp_path / "fairlead.yml").analyse()
    assert (done.code, done.out) == (4, "")
    assert done.err == f"{broken}: groups[0].rules[0]: labels.metric: must be a metric with thresholds, got ''\n"


AS_OF = ["2026-01-09", "2026-01-09T00:00:00Z", "2026-01-09 02:00+02:00", "20260109T000000", "2026-01-08T19:00:00-05:00"]


@pytest.mark.parametrize("moment", AS_OF)
def test_every_way_to_write_a_moment(moment: str, space: Workspace) -> None:
    done = space.analyse("--model", "calm", "--as-of", moment)
    assert done.code == 0
    assert done.document["as_of"] == "2026-01-09T00:00:00Z"
    assert done.family("calm", "data")["window"] == {"start": "2026-01-08T00:00:00Z", "end": "2026-01-09T00:00:00Z"}
    assert done.family("calm", "explanation")["window"]["start"] == "2026-01-02T00:00:00Z"


def test_now_is_the_default(space: Workspace) -> None:
    done = call("analyze", "--config.file", space.config, "--model", "calm", "--format", "json")
    end = pd.Timestamp(done.document["as_of"])
    assert abs(end - pd.Timestamp.now("UTC")) < pd.Timedelta(minutes=2)
    assert done.code == 3
    assert "model 'calm': must have rows from " in str(done.family("calm", "data")["failure"])
