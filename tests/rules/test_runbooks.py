"""Every alert has a runbook a person can follow at night: fixed sections, queries that parse, commands that exist."""

import re
import shlex
from pathlib import Path

import pytest
import yaml

from tests.support.cli import understood
from tests.support.rules import RUNBOOKS, alert_names, promtool

FILES = sorted(RUNBOOKS.glob("*.md"))
PROCEDURES = RUNBOOKS.parents[1] / "exporter" / "docs" / "runbooks.md"
PAGES = [*FILES, PROCEDURES]
SECTIONS = ["Meaning", "Impact", "Diagnosis", "Mitigation"]


def blocks(path: Path, language: str) -> list[str]:
    """Fenced code blocks of a language."""
    return re.findall(rf"^ *```{language}\n(.*?)^ *```$", path.read_text(), re.MULTILINE | re.DOTALL)


def test_runbooks_and_alerts_match() -> None:
    assert [path.stem for path in FILES] == alert_names()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_runbook_has_its_title_and_sections(path: Path) -> None:
    lines = path.read_text().splitlines()
    assert lines[0] == f"# {path.stem}"
    assert [line.removeprefix("## ") for line in lines if line.startswith("## ")] == SECTIONS


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_queries_of_the_runbook_parse(path: Path, tmp_path: Path) -> None:
    queries = blocks(path, "promql")
    assert queries, "a runbook shows at least one query"
    rules = [{"record": f"runbook:query:{i}", "expr": query} for i, query in enumerate(queries)]
    rule_file = tmp_path / "queries.yml"
    rule_file.write_text(yaml.safe_dump({"groups": [{"name": "runbook", "rules": rules}]}))
    done = promtool("check", "rules", rule_file)
    assert done.returncode == 0, done.stdout


def commands(path: Path) -> list[str]:
    """Every fairlead command of a runbook, from its shell blocks and its text."""
    lines = [line.strip() for block in blocks(path, "sh") for line in block.splitlines()]
    return [line for line in lines if line.startswith("fairlead ")] + re.findall("`(fairlead .+?)`", path.read_text())


@pytest.mark.parametrize(("runbook", "line"), [(path.stem, line) for path in PAGES for line in commands(path)])
def test_commands_of_the_runbook_are_understood(runbook: str, line: str) -> None:
    """Parsed by the command line itself, not run: names, options and arguments exist."""
    understood(shlex.split(line)[1:])


def test_procedures_of_the_policy_keep_its_clock() -> None:
    _, *parts = re.split(r"^## ", PROCEDURES.read_text(), flags=re.MULTILINE)
    pages = {part.splitlines()[0]: part for part in parts}
    clock = pages.pop("The clock")
    steps = dict(re.findall(r"^\| (\S+) \| ([<≤] \d+ \w+)", clock, re.MULTILINE))
    assert steps == {
        "acknowledge": "< 15 min",
        "diagnose": "< 60 min",
        "contain": "< 1 h",
        "document": "< 24 h",
        "post-mortem": "≤ 7 days",
    }
    emergencies = ("security breach", "bias anomaly in live data", "downtime", "false public risk alert")
    assert list(pages) == ["Fairness drift", "Data drift", *(f"Emergency: {name}" for name in emergencies)]
    assert all("**Acknowledge" in page for page in pages.values())
