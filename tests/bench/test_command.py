"""`make bench` from beginning to end, on a workload so small that figures mean nothing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.bench.__main__ import SECTIONS, main
from tests.bench.report import Row
from tests.bench.rounds import BenchError
from tests.bench.workload import prepared

ROOT = Path(__file__).parents[2]
ROWS = 2_000


def bench(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.bench", *map(str, arguments)]
    environment = {key: value for key, value in os.environ.items() if key != "COLUMNS"}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=280)


def test_fairlead_is_measured_and_the_result_written(tmp_path: Path) -> None:
    output = tmp_path / "result.md"
    done = bench("--rows", str(ROWS), "--repeat", "1", "--only", "fairlead", "--folder", tmp_path, "--output", output)
    assert (done.returncode, done.stderr) == (0, "")
    lines = output.read_text(encoding="utf-8").splitlines()
    titles = [line for line in lines if line.startswith("### ")]
    assert titles == [
        "### Machine and versions",
        "### Contenders: 2,000 rows, medians of 1",
        "### Targets: 2,000 rows, medians of 1",
    ]
    cells = {
        line.split("|")[1].strip(): [cell.strip() for cell in line.split("|")[1:-1]] for line in lines if "|" in line
    }
    assert cells["decode floor"][-1] == "2,000 rows, 66 columns"
    for name in ("fairlead", "fairlead, week, cold", "fairlead, week, 6 days cached"):
        computed = cells[name][-1].split(", ")
        assert computed[0] == "2,000 rows"
        assert {part.split()[1] for part in computed[1:]} == {"data", "fairness", "model", "quality"}
    assert cells["fairlead analyze"][3].endswith(" s")
    for figure in ("full analysis ÷ decode floor", "week with six days cached ÷ cold, inside the process"):
        assert cells[figure][1].endswith("×")
    assert cells["cores"][1].isdigit()
    assert str(tmp_path) not in output.read_text(encoding="utf-8")
    assert all(name in done.stdout for name in cells if name != "---")


def test_a_failure_of_fairlead_is_one_line_and_an_exit_code(tmp_path: Path) -> None:
    prepared(tmp_path, ROWS, lambda done, total: None).baseline.write_bytes(b"no Parquet")
    done = bench("--rows", str(ROWS), "--only", "fairlead", "--folder", tmp_path)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("bench: fairlead baseline: must succeed, got ")


def test_what_was_measured_before_a_section_failed_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def measured(folder: Path) -> list[Row]:
        return [Row(f"overhead in {folder.name}", 4.0, "%", 10)]

    def failing(folder: Path) -> list[Row]:
        raise BenchError("exposition: must answer, got nothing")

    sections = {"scheduler": measured, "exposition": failing}
    monkeypatch.setattr("tests.bench.__main__.SECTIONS", sections)
    output = tmp_path / "result.md"
    only = ["--only", "scheduler,exposition"]
    done = CliRunner().invoke(main, [*only, "--folder", str(tmp_path / "here"), "--output", str(output)])
    assert (done.exit_code, done.stderr) == (1, "bench: exposition: must answer, got nothing\n")
    assert "| overhead in here | 4 % | ≤ 10 % | yes |" in output.read_text(encoding="utf-8")
    assert "overhead in here" in done.stdout
    assert "Exposition" not in done.stdout


def test_an_unknown_contender_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    done = bench("--only", "fairlead,nobody", "--folder", tmp_path)
    assert done.returncode == 2
    assert "nobody" in done.stderr
    assert "nannyml" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_output_that_cannot_be_written_is_refused_at_once(tmp_path: Path) -> None:
    done = bench("--folder", tmp_path / "bench", "--output", tmp_path / "nowhere" / "result.md")
    assert done.returncode == 2
    assert "must be in a folder that exists" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_help_and_documentation_name_every_option() -> None:
    done = bench("--help")
    assert done.returncode == 0
    page = (ROOT / "exporter" / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    documented = [line for line in page.splitlines() if line.startswith("| `--")]
    options = [option for parameter in main.params for option in parameter.opts]
    assert len(documented) == len(options)
    for option in options:
        assert option in done.stdout
        assert any(line.startswith(f"| `{option} ") for line in documented)


def test_documentation_names_every_section() -> None:
    page = (ROOT / "exporter" / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    (line,) = (line for line in page.splitlines() if line.startswith("| `--only "))
    assert all(f"`{name}`" in line for name in ("fairlead", *SECTIONS))
