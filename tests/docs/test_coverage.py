"""What users can name is documented, and what is documented exists."""

import re
from pathlib import Path

import click
import pytest
import yaml

from fairlead.api.server import create_server
from fairlead.cli import main
from fairlead.config.load import load
from fairlead.exposition.catalogue import METRICS

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "exporter" / "docs"


def first_cells(page: str) -> list[str]:
    """Names in backticks in the first cell of each table row."""
    rows = [line for line in (DOCS / page).read_text().splitlines() if line.startswith("| `")]
    return [name for row in rows for name in re.findall(r"`([^`]+)`", row.split("|")[1])]


def recorded() -> set[str]:
    rules = [path for path in (ROOT / "rules").glob("*.yml") if path.name != "prometheus.yml"]
    groups = [group for path in rules for group in yaml.safe_load(path.read_text())["groups"]]
    return {rule["record"] for group in groups for rule in group["rules"] if "record" in rule}


def test_metrics_page_lists_every_metric_and_recording_rule_once() -> None:
    documented = first_cells("metrics.md")
    assert sorted(documented) == sorted({*METRICS, *recorded()})


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_metrics_page_has_labels_type_and_noise(metric: object) -> None:
    wanted = METRICS[metric.name]  # type: ignore[attr-defined]
    row = next(line for line in (DOCS / "metrics.md").read_text().splitlines() if line.startswith(f"| `{wanted.name}`"))
    name, labels, kind, text = (cell.strip() for cell in row.strip("|").split("|"))
    assert ("±" in name) == wanted.noise
    assert labels == (", ".join(wanted.labels) or "–")
    assert kind == wanted.kind
    assert text == wanted.help


def commands(group: click.Group, path: tuple[str, ...] = ()) -> dict[str, click.Command]:
    found: dict[str, click.Command] = {}
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            found |= commands(command, (*path, name))
        else:
            found[" ".join((*path, name))] = command
    return found


@pytest.mark.parametrize("name", commands(main))
def test_commands_page_names_every_command_and_option(name: str) -> None:
    page = (DOCS / "cli.md").read_text()
    assert re.search(rf"`(fairlead )?{name}\b", page)
    command = commands(main)[name]
    for option in (parameter for parameter in command.params if isinstance(parameter, click.Option)):
        for flag in (*option.opts, *option.secondary_opts):
            assert re.search(rf"`[^`]*{re.escape(flag)}[ `]", page), f"{name}: {flag} is not documented"
        assert option.help


def test_commands_page_names_no_other_option() -> None:
    flags = {
        flag
        for command in commands(main).values()
        for parameter in command.params
        for flag in (*parameter.opts, *parameter.secondary_opts)
    }
    documented = set(re.findall(r"`?(--[a-z][a-z.-]+)", (DOCS / "cli.md").read_text()))
    assert documented <= flags | {"--help"}


def test_http_page_names_every_route_and_no_other() -> None:
    server = create_server(None)  # type: ignore[arg-type]  # no route is called
    routes = set(server.openapi()["paths"]) | {"/api/v1/openapi.json"}
    assert set(first_cells("api.md")) == routes


def test_readme_configuration_is_valid(tmp_path: Path) -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert len(blocks) == 1
    config = tmp_path / "fairlead.yml"
    config.write_text(blocks[0].replace("rules/thresholds.yml", str(ROOT / "rules" / "thresholds.yml")))
    assert load(config).models[0].name == "credit-default"


@pytest.mark.parametrize("page", [ROOT / "README.md", *DOCS.glob("*.md"), *ROOT.glob("*/README.md")], ids=str)
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)", page.read_text())
    missing = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert missing == []
