"""Whatever is in the file, loading gives a Config or a ConfigError whose lines exist."""

import json
import os
from datetime import timedelta
from functools import partial
from pathlib import Path
from time import process_time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fairlead.config.document import parse
from fairlead.config.load import load
from fairlead.config.schema import Config, Model
from fairlead.errors import ConfigError, Problem
from tests.support.config_files import put_beside

VALID = (Path(__file__).parent / "valid.yml").read_text(encoding="utf-8")
DATA = parse(VALID).data
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


def check(folder: Path, content: bytes) -> Config | None:
    if not (folder / "token").exists():
        put_beside(folder)
    file = folder / "fairlead.yml"
    file.write_bytes(content)
    config, problems = None, list[Problem]()
    try:
        config = load(file)
    except ConfigError as error:
        problems += error.problems
        assert problems
    breaks = sum(content.count(mark) for mark in (b"\n", b"\r", b"\xc2\x85", b"\xe2\x80"))
    assert all(problem.line is None or 1 <= problem.line <= breaks + 1 for problem in problems)
    assert all(problem.message.startswith("must ") for problem in problems)
    return config


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


def section(required: dict[str, Any], optional: dict[str, Any]) -> Any:
    """A mapping of such values, now and then of another one."""

    def mostly(values: dict[str, Any]) -> dict[str, Any]:
        return {key: st.integers(1, 100).flatmap(partial(odd, value)) for key, value in values.items()}

    def odd(value: Any, chance: int) -> Any:
        return VALUES if chance == 23 else value

    rest = {key: value for key, value in optional.items() if key not in required}
    return st.fixed_dictionaries(mostly(required), optional=mostly(rest))


NAMES = st.sampled_from(["a", "b", "c", "1"])  # few, so that they meet
UNITS = st.sampled_from(["s", "ms", "us", "ns"])
KEYS = st.sampled_from(["k", "id"] * 5 + ["p"])
LOWS = st.sampled_from([float("-inf"), -1, 0])
HIGHS = st.sampled_from([0, 1.5, float("inf")])
ROLES = {"timestamp": st.just("t"), "prediction": st.just("p")}
EITHER = {"label": st.just("l"), "input_key": KEYS, "attributions_prefix": st.just("shap_")}
SCORED = {"favourable": NAMES, "positive": NAMES, "score": st.just("s")}
CLASSES = {**SCORED, "probabilities": st.just({"a": "x", "b": "y"})}
NUMBERS = {"favourable_range": st.tuples(LOWS, HIGHS).map(list), "tolerance": st.floats() | st.integers(1, 9)}
LABELS = section(
    {"path": st.sampled_from(["truth.csv"] * 5 + ["truth"]), "key": KEYS, "label": st.just("y")},
    {"format": st.just("csv"), "timestamp": st.sampled_from(["at", "at", "y"]), "timestamp_unit": UNITS},
)
REFERENCES = st.lists(NAMES | st.just("[-inf,1)"), min_size=2, max_size=3).map(" & ".join)
ATTRIBUTE = section({}, {"column": NAMES, "bins": st.just([1])}) | section({}, {"reference": NAMES})
PARTS = st.sampled_from([["a", "b"], ["b", "a"], ["a", "b", "c"], ["a", "1"], ["b", "b"], ["a"]])
INTERSECTION = section({"intersection": PARTS}, {"reference": REFERENCES})
ATTRIBUTES = section({"a": ATTRIBUTE, "b": ATTRIBUTE}, {"c": ATTRIBUTE | INTERSECTION, "both": INTERSECTION})
NEEDED = {
    "name": NAMES,
    "version": st.just("1"),
    "risk": st.just("low"),
    "team": st.just("t"),
    "source": st.just({"path": "logs.csv"}),
    "features": st.just({"f": {"type": "numerical"}}),
}
OPTIONAL = {
    "labels": LABELS,
    "label_delay": st.sampled_from(["0d", "36h", "9w", "1440m", "400d", "401d"]),
    "hash_inputs": st.booleans(),
    "protected_attributes": ATTRIBUTES,
}
TASK = st.sampled_from(["classification", "regression"])


def model(columns: dict[str, Any], more: dict[str, Any], **needed: Any) -> Any:
    return section({**NEEDED, "columns": section({**ROLES, **columns}, more), **needed}, OPTIONAL)


MODELS = st.one_of(
    model({"favourable": NAMES, "label": st.just("l")}, {**EITHER, **SCORED}),
    model({"favourable": NAMES}, {"probabilities": CLASSES["probabilities"], "input_key": KEYS}, labels=LABELS),
    model({"favourable_range": NUMBERS["favourable_range"]}, {**EITHER, **NUMBERS}, task=st.just("regression")),
    model({}, {**EITHER, **CLASSES, **NUMBERS}, task=TASK),
)


@settings(fuzz, max_examples=4 * EXAMPLES)
@given(model=MODELS)
def test_models_of_every_key(tmp_path: Path, model: dict[str, Any]) -> None:
    text = json.dumps({"thresholds": "thresholds.yml", "models": [model]}, ensure_ascii=False)
    text = text.replace("Infinity", ".inf").replace("NaN", ".nan")
    config = check(tmp_path, text.encode("utf-8", errors="replace"))
    if config is not None:
        consistent(config.models[0])


def consistent(model: Model) -> None:
    """What the rest of fairlead relies on."""
    columns, labels = model.columns, model.labels
    attributes = {attribute.name: attribute for attribute in model.protected_attributes}
    if model.task == "regression":
        assert (columns.favourable, columns.positive, columns.score, columns.probabilities) == (None, None, None, {})
        assert not attributes or columns.favourable_range is not None
    else:
        assert (columns.favourable_range, columns.tolerance) == (None, None)
        assert not attributes or columns.favourable is not None
        assert columns.positive is not None or columns.favourable is None
        named = {columns.favourable, columns.positive} - {None}
        assert not columns.probabilities or named <= columns.probabilities.keys()
    assert columns.label is None or labels is None
    assert columns.score is None or not columns.probabilities
    assert timedelta(0) <= model.label_delay <= timedelta(days=400)
    assert not model.label_delay or columns.label or labels
    assert labels is None or len({labels.key, labels.label, labels.timestamp, columns.prediction}) == 4
    assert not (model.hash_inputs and columns.input_key)
    for attribute in attributes.values():
        assert bool(attribute.column) != bool(attribute.intersection)
        assert len(set(attribute.intersection)) == len(attribute.intersection)
        assert all(attributes[part].column for part in attribute.intersection)


@pytest.mark.parametrize(
    "piece", ["? ", "{a,", "a" * 1000, "- &x *x\n", "[", "'\n", "#\n", "a: b\n", "<<: ", "-\n", "x \n "]
)
def test_long_files_end_soon(tmp_path: Path, piece: str) -> None:
    start = process_time()
    check(tmp_path, (piece * (100_000 // len(piece))).encode())
    assert process_time() - start < 20
