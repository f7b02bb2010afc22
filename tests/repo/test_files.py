"""What lies in the repository: conventional files, a changelog in its format, no trace of a machine."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOP_LEVEL = {
    *("exporter", "rules", "grafana", "alertmanager", "tests", "tools", ".ci"),
    *("docker-compose.yml", "pyproject.toml", "Makefile", "LICENSE"),
    *("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"),
    *("requirements.txt", "requirements-build.txt", "requirements-demo.txt", "requirements-dev.txt"),
    *(".dockerignore", ".gitattributes", ".gitignore", ".pre-commit-config.yaml"),
}
MACHINE = re.compile(
    r"pypi\.org|pythonhosted\.org|/simple/|deb\.debian\.org|snapshot\.debian|index-url\s*=|find-links\s*="
    r"|/work/|/opt/(?!fairlead\b)|/home/\w|/root/"
)


def _tracked() -> list[Path]:
    """The files that are, or would be, in the repository."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listing = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode()
    return [path for name in listing.split("\0") if name and (path := ROOT / name).is_file()]


def test_top_level_holds_only_what_belongs_there() -> None:
    assert {path.relative_to(ROOT).parts[0] for path in _tracked()} == TOP_LEVEL


def test_no_file_names_a_machine_or_a_registry() -> None:
    found = []
    for path in _tracked():
        if path != Path(__file__):
            text = path.read_bytes().decode("utf-8", errors="ignore")
            found += [f"{path.relative_to(ROOT)}: {match[0]}" for match in MACHINE.finditer(text)]
    assert not found


def test_generated_and_private_files_are_ignored() -> None:
    names = ["fairlead.yml", "fairlead.db", "fairlead.db-wal", "secrets/smtp_password", ".venv/bin/python"]
    check = subprocess.run(
        ["git", "check-ignore", "--stdin"],
        cwd=ROOT,
        input="\n".join(names),
        capture_output=True,
        text=True,
        check=False,
    )
    assert check.stdout.split() == names


def test_licence_is_apache() -> None:
    text = (ROOT / "LICENSE").read_text()
    assert "Apache License" in text
    assert "END OF TERMS AND CONDITIONS" in text


def test_changelog_keeps_its_format() -> None:
    lines = (ROOT / "CHANGELOG.md").read_text().splitlines()
    assert lines[0] == "# Changelog"
    releases = [line for line in lines if line.startswith("## ")]
    assert releases[0] == "## [Unreleased]"
    for line in releases[1:]:
        assert re.fullmatch(r"## \[\d+\.\d+\.\d+\] - \d{4}-\d{2}-\d{2}", line), line
    kinds = [line for line in lines if line.startswith("### ")]
    assert set(kinds) <= {f"### {kind}" for kind in ("Added", "Changed", "Deprecated", "Removed", "Fixed", "Security")}


def test_readme_shows_the_two_commands_on_the_first_screen() -> None:
    first_screen = "\n".join((ROOT / "README.md").read_text().splitlines()[:60])
    for shown in ("make demo", "make demo ONCE=1", "./tools/dev demo", "fairlead_", "```yaml"):
        assert shown in first_screen, shown
    assert re.search(r"`?make test`?", (ROOT / "README.md").read_text())
    assert "img.shields.io" not in first_screen


ADRS = sorted((ROOT / "exporter" / "docs" / "adr").glob("*.md"))


@pytest.mark.parametrize("path", ADRS, ids=lambda path: path.stem)
def test_decision_record_has_context_decision_and_consequence_on_one_page(path: Path) -> None:
    lines = path.read_text().splitlines()
    assert re.fullmatch(r"\d{4}-[a-z0-9-]+", path.stem)
    assert lines[0].startswith(f"# {int(path.stem[:4])}. ")
    assert [line for line in lines if line.startswith("## ")] == ["## Context", "## Decision", "## Consequence"]
    assert len(lines) <= 60


def test_decision_records_are_numbered_without_gaps() -> None:
    assert [int(path.stem[:4]) for path in ADRS] == list(range(1, len(ADRS) + 1))
    assert len(ADRS) >= 10
