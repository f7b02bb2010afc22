"""Whatever is in the file, loading gives a Config or a ConfigError whose lines exist."""

import json
import os
from pathlib import Path
from time import process_time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from fairlead.config.load import load
from fairlead.config.schema import Config
from fairlead.errors import ConfigError, Problem

VALID = (Path(__file__).parent / "valid.yml").read_text(encoding="utf-8")
DATA = YAML(typ="safe", pure=True).load(VALID)
EXAMPLES = int(os.environ.get("FAIRLEAD_FUZZ_EXAMPLES", "150"))

fuzz = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize="FAIRLEAD_FUZZ_EXAMPLES" not in os.environ,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

SIGNS = [
    "\n",
    "\t",
    " ",
    *"-?:,[]{}#&*!|>'\"%@`~=",
    "<<",
    "---",
    "...",
    "&a",
    "*a",
    "!!int",
    "!x",
    "%YAML 1.1",
    "\\U99999999",
]
WORDS = sorted({*VALID.split(), *SIGNS})
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.just(10**400),
    st.floats(),
    st.sampled_from(WORDS),
    st.text(max_size=200),
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(WORDS) | st.text(), inner)
)


def check(folder: Path, content: bytes) -> None:
    (folder / "thresholds.yml").touch()
    file = folder / "fairlead.yml"
    file.write_bytes(content)
    problems: tuple[Problem, ...] = ()
    try:
        assert isinstance(load(file), Config)
    except ConfigError as error:
        problems = error.problems
    breaks = sum(content.count(mark) for mark in (b"\n", b"\r", b"\xc2\x85", b"\xe2\x80"))
    assert all(problem.line is None or 1 <= problem.line <= breaks + 1 for problem in problems)
    assert all(problem.message.startswith("must ") for problem in problems)


@fuzz
@given(content=st.binary())
def test_random_bytes(tmp_path: Path, content: bytes) -> None:
    check(tmp_path, content)


@fuzz
@given(words=st.lists(st.sampled_from(WORDS), max_size=60), joint=st.sampled_from([" ", "", "\n", ": ", "\n  "]))
def test_random_words_of_yaml(tmp_path: Path, words: list[str], joint: str) -> None:
    check(tmp_path, joint.join(words).encode())


@fuzz
@given(
    edits=st.lists(
        st.tuples(st.integers(0, len(VALID)), st.integers(0, 12), st.sampled_from(WORDS) | st.text(max_size=4)),
        max_size=4,
    )
)
def test_edited_text(tmp_path: Path, edits: list[tuple[int, int, str]]) -> None:
    text = VALID
    for place, length, new in edits:
        text = text[:place] + new + text[place + length :]
    check(tmp_path, text.encode("utf-8", errors="replace"))


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, child in inner for found in places(child, (*path, key)))]


@fuzz
@given(
    edits=st.lists(st.tuples(st.sampled_from(places(DATA)[1:]), VALUES), min_size=1, max_size=3),
    key=st.none() | st.text(),
)
def test_replaced_values(tmp_path: Path, edits: list[tuple[tuple[Any, ...], Any]], key: str | None) -> None:
    data = json.loads(json.dumps(DATA))
    for path, new in edits:
        parent = data
        for step in path[:-1]:
            try:
                parent = parent[step]
            except (KeyError, IndexError, TypeError):
                break
        if isinstance(parent, dict):
            parent[path[-1] if key is None else key] = new
    check(tmp_path, json.dumps(data, ensure_ascii=False).encode("utf-8", errors="replace"))


@pytest.mark.parametrize(
    "piece", ["? ", "{a,", "a" * 1000, "- &x *x\n", "[", "'\n", "#\n", "a: b\n", "<<: ", "-\n", "x \n "]
)
def test_long_files_end_soon(tmp_path: Path, piece: str) -> None:
    start = process_time()
    check(tmp_path, (piece * (100_000 // len(piece))).encode())
    assert process_time() - start < 20
