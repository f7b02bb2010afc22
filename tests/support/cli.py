"""Runs fairlead's commands, inside this process (fast) or as one of their own, and refuses any traceback."""

import io
import json
import logging
import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from fairlead.cli import main, run


@dataclass(frozen=True)
class Outcome:
    """Exit code and what was printed."""

    code: int
    out: str
    err: str

    def __post_init__(self) -> None:
        assert "Traceback" not in self.err, self.err
        assert "internal error" not in self.out + self.err, self.out + self.err

    @property
    def document(self) -> Any:
        """The JSON that was printed."""
        return json.loads(self.out)

    def family(self, model: str, family: str) -> dict[str, Any]:
        """One family of one model in a JSON report."""
        (found,) = [
            f for m in self.document["models"] if m["model"] == model for f in m["families"] if f["family"] == family
        ]
        return dict(found)

    def value(self, model: str, metric: str, **labels: str) -> float:
        """One measured value in a JSON report."""
        (found,) = [
            measured["value"]
            for m in self.document["models"]
            if m["model"] == model
            for family in m["families"]
            for measured in family["measurements"]
            if measured["metric"] == metric and measured["labels"] == labels
        ]
        return float(found)

    def reasons(self, model: str, metric: str) -> list[tuple[str, dict[str, str]]]:
        """Why a metric has no value in a JSON report, with the labels."""
        return [
            (missing["reason"], missing["labels"])
            for m in self.document["models"]
            if m["model"] == model
            for family in m["families"]
            for missing in family["not_computed"]
            if missing["metric"] == metric
        ]


def call(*arguments: str | Path) -> Outcome:
    """Run a command in this process."""
    root = logging.getLogger()
    before = list(root.handlers), root.level
    out, err = io.StringIO(), io.StringIO()
    try:
        with redirect_stdout(out), redirect_stderr(err):
            code = run([str(argument) for argument in arguments])
    finally:
        root.handlers[:], root.level = before
    return Outcome(code, out.getvalue(), err.getvalue())


def understood(words: Sequence[str]) -> None:
    """Let the command line itself parse a command without its first word, not run it: everything in it exists."""
    rest = list(words)
    command: click.Command = main
    while isinstance(command, click.Group):
        command = command.commands[rest.pop(0)]
    command.make_context("fairlead", rest, help_option_names=["-h", "--help"])  # else click remembers its default


def spawn(*arguments: str | Path, **environment: str) -> Outcome:
    """Run a command as a process."""
    command = [sys.executable, "-m", "fairlead", *map(str, arguments)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=120, env={**os.environ, **environment}
    )
    return Outcome(done.returncode, done.stdout, done.stderr)


def create_baseline(config: Path, name: str, source: Path) -> Outcome:
    """`fairlead baseline create`, which must succeed."""
    made = call("baseline", "create", "--config.file", config, "--model", name, "--from", source)
    assert made.code == 0, made.err
    return made


def analyse(config: Path, until: datetime, *arguments: str) -> Outcome:
    """`fairlead analyze --format json` up to a moment."""
    fixed = ("--config.file", str(config), "--as-of", until.isoformat(), "--format", "json")
    return call("analyze", *fixed, *arguments)
