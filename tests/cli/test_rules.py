"""`fairlead rules render`: what is rendered is what the files say."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support import logs, rules
from tests.support.cli import call

RESOURCE = ("--format", "prometheusrule")


def groups_of_the_files() -> list[Any]:
    files = [rules.load(rules.FOLDER / name) for name in rules.load(rules.CONFIG)["rule_files"]]
    return [group for file in files for group in file["groups"]]


def rendered(*arguments: str | Path) -> Any:
    done = call("rules", "render", "--rules", rules.FOLDER, *arguments)
    assert (done.code, done.err) == (0, "")
    assert call("rules", "render", "--rules", rules.FOLDER, *arguments).out == done.out
    return yaml.safe_load(done.out)


def test_one_file_holds_every_rule(tmp_path: Path) -> None:
    assert rendered() == {"groups": groups_of_the_files()}
    out = tmp_path / "all.yml"
    done = call("rules", "render", "--rules", rules.FOLDER, "--output", out)
    count = len(list(rules.rules()))
    assert (done.code, done.out) == (0, f"{out}: {len(groups_of_the_files())} groups, {count} rules\n")
    assert list(tmp_path.iterdir()) == [out]
    checked = rules.promtool("check", "rules", "--lint=none", out)
    assert checked.returncode == 0, checked.stdout
    assert f"{count} rules found" in checked.stdout


def test_the_resource_holds_every_rule(tmp_path: Path) -> None:
    found = rendered(*RESOURCE, "--name", "honest", "--namespace", "monitoring", "--label", "release=prometheus")
    assert found["apiVersion"] == "monitoring.coreos.com/v1"
    assert found["kind"] == "PrometheusRule"
    assert found["metadata"] == {"name": "honest", "namespace": "monitoring", "labels": {"release": "prometheus"}}
    assert found["spec"] == {"groups": groups_of_the_files()}
    (tmp_path / "spec.yml").write_text(yaml.safe_dump(found["spec"]))
    assert rules.promtool("check", "rules", tmp_path / "spec.yml").returncode == 0
    assert rendered(*RESOURCE)["metadata"] == {"name": "fairlead"}


def test_the_configuration_says_where_the_rules_are(tmp_path: Path) -> None:
    config = logs.write_config(tmp_path, [logs.model("credit", "x.csv")])
    done = call("rules", "render", "--config.file", config)
    assert (done.code, yaml.safe_load(done.out)) == (0, {"groups": groups_of_the_files()})


def copied(folder: Path) -> Path:
    shutil.copytree(rules.FOLDER, folder / "rules")
    return folder / "rules"


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("prometheus.yml", None, "must be a readable YAML file, got No such file or directory"),
        ("prometheus.yml", "rule_files: x\n", "rule_files: must be a list of files, got 'x'"),
        ("drift.yml", None, "must be a readable YAML file, got No such file or directory"),
        ("drift.yml", "[]\n", "must be a mapping, got list"),
        ("drift.yml", "groups: {}\n", "groups: must be a list of groups, got dict"),
        ("drift.yml", "groups: [\n", "must be a readable YAML file, got while parsing a flow node"),
    ],
)
def test_a_folder_that_cannot_be_read(name: str, text: str | None, message: str, tmp_path: Path) -> None:
    path = copied(tmp_path) / name
    path.unlink() if text is None else path.write_text(text)
    done = call("rules", "render", "--rules", path.parent)
    assert (done.code, done.out, done.err) == (1, "", f"{path}: {message}\n")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("--name", "Fair lead"), 4, "--name: must be lower-case letters, digits, - and ., got 'Fair lead'"),
        (("--namespace", "-"), 4, "--namespace: must be lower-case letters, digits, - and ., got '-'"),
        (("--label", "release"), 4, "--label: must be KEY=VALUE of Kubernetes, got 'release'"),
        (("--output", "gone/x.yml"), 1, "--output: must be a file that can be written, got gone/x.yml: No such file"),
    ],
)
def test_options_that_cannot_be(arguments: tuple[str, str], code: int, message: str) -> None:
    done = call("rules", "render", "--rules", rules.FOLDER, *arguments)
    assert (done.code, done.out) == (code, "")
    assert message in done.err.splitlines()[-1]
