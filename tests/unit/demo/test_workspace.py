"""The demo's directory, its configuration, and the rules it runs."""

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from fairlead.config.load import load
from fairlead.demo.data import INPUTS
from fairlead.demo.servers import write_prometheus_config
from fairlead.demo.workspace import (
    CONTROL,
    DRIFTING,
    MARKER,
    DemoError,
    SourceTree,
    copy_rules,
    prepare,
    write_config,
)


def test_directory_made_by_the_demo_is_emptied_and_made_again(tmp_path: Path) -> None:
    directory = tmp_path / "demo-data"
    prepare(directory)
    (directory / "fairlead.db").write_text("old")
    prepare(directory)
    assert [path.name for path in directory.iterdir()] == [MARKER]


def test_an_empty_directory_is_taken(tmp_path: Path) -> None:
    prepare(tmp_path)
    assert (tmp_path / MARKER).is_file()


def test_a_directory_with_other_files_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(DemoError, match="must be a new or empty directory"):
        prepare(tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_a_file_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "demo-data").write_text("a file")
    with pytest.raises(DemoError, match="must be a new or empty directory"):
        prepare(tmp_path / "demo-data")
    assert (tmp_path / "demo-data").is_file()


def test_configuration_is_valid_and_watches_the_control_for_sex_only(tmp_path: Path) -> None:
    copy_rules(SourceTree.find().rules, tmp_path)
    config = load(write_config(tmp_path))
    attributes = {model.name: [attribute.name for attribute in model.protected_attributes] for model in config.models}
    assert attributes == {DRIFTING: ["race", "sex"], CONTROL: ["sex"]}
    for model in config.models:
        assert tuple(feature.name for feature in model.features) == INPUTS
        assert model.columns.label == "recorded_decision"


def test_copied_rules_differ_from_the_shipped_ones_in_short_intervals_and_waits_only(tmp_path: Path) -> None:
    shipped = SourceTree.find().rules
    copied = copy_rules(shipped, tmp_path)
    changes = set()
    for original in sorted(shipped.glob("*.yml")):
        lines = original.read_text().splitlines()
        for before, after in zip(lines, (copied / original.name).read_text().splitlines(), strict=True):
            if before != after:
                changes.add((before.strip(), after.strip()))
    short = "interval: 5s"
    assert changes == {("interval: 1m", short), ("interval: 5m", short), ("for: 1m", "for: 10s")}


def test_copied_thresholds_are_the_shipped_ones(tmp_path: Path) -> None:
    shipped = SourceTree.find().rules
    copied = copy_rules(shipped, tmp_path)
    yaml = YAML(typ="safe")
    groups = [yaml.load((folder / "thresholds.yml").read_text())["groups"] for folder in (shipped, copied)]
    assert [group["rules"] for group in groups[0]] == [group["rules"] for group in groups[1]]


def test_prometheus_scrapes_and_alerts_the_servers_of_the_demo(tmp_path: Path) -> None:
    rules = copy_rules(SourceTree.find().rules, tmp_path)
    ports = {"fairlead": 20001, "prometheus": 20002, "alertmanager": 20003}
    config = YAML(typ="safe").load(write_prometheus_config(rules, ports).read_text())
    assert [job["static_configs"] for job in config["scrape_configs"]] == [[{"targets": ["127.0.0.1:20001"]}]]
    managers = config["alerting"]["alertmanagers"]
    assert [manager["static_configs"] for manager in managers] == [[{"targets": ["127.0.0.1:20003"]}]]
    assert config["global"]["external_labels"]["fairlead_url"] == "http://127.0.0.1:20001"
    assert {(rules / name).is_file() for name in config["rule_files"]} == {True}
