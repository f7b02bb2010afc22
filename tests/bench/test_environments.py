"""The table of peers is complete and pinned; an installation that fails says why."""

import ast
import json
import re
import sys
from pathlib import Path

import pytest

from tests.bench import environments
from tests.bench.environments import HERE, Peer
from tests.bench.peer import Task
from tests.bench.rounds import run_alone

PEERS = environments.load()


@pytest.mark.parametrize("peer", PEERS.values(), ids=PEERS)
def test_peer_is_pinned_and_has_a_script(peer: Peer) -> None:
    assert re.split(r"[\[=]", peer.packages[0])[0] == peer.name
    assert all(re.fullmatch(r"[a-z-]+(\[[a-z]+\])?==[0-9.]+", package) for package in peer.packages)
    assert peer.version
    tree = ast.parse(peer.script.read_text(encoding="utf-8"))
    functions = {node.name: [a.arg for a in node.args.args] for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert functions["prepare"] == ["task"]
    assert functions["analyse"][1:] == ["task"]


def test_every_script_belongs_to_a_peer() -> None:
    assert set((HERE / "peers").glob("*.py")) == {peer.script for peer in PEERS.values()}


def test_documentation_names_every_peer_with_its_version() -> None:
    page = (HERE.parents[1] / "exporter" / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| ")]
    for peer in PEERS.values():
        assert f"| {peer.name} | {peer.version} | {peer.does} |" in rows


def test_a_peer_that_does_not_install_says_why(tmp_path: Path) -> None:
    failure = environments.install(Peer("wrong", ("not a requirement",), ""), tmp_path, tmp_path / "log")
    assert failure is not None
    assert "\n" not in failure
    assert "error" in failure.lower()
    assert not (tmp_path / "wrong").exists()


def test_a_script_is_timed_without_its_preparation(tmp_path: Path) -> None:
    script, task, report = tmp_path / "script.py", tmp_path / "task.json", tmp_path / "report.json"
    script.write_text(
        "def prepare(task):\n    return [*task.features, task.logs]\n"
        "def analyse(prepared, task):\n    return {'/'.join(prepared): len(task.attributes)}\n"
    )
    Task("baseline", "logs", ["a"], ["b"], ["sex", "region"]).write(task)
    command = [sys.executable, "-I", str(HERE / "peer.py"), str(script), str(task), str(report)]
    assert run_alone(command, 60, tmp_path / "log") == 0, (tmp_path / "log").read_text()
    told = json.loads(report.read_text())
    assert told["computed"] == {"a/b/logs": 2}
    assert told["analysis"] >= 0
