"""Files that are no readable YAML, and what YAML itself may surprise with."""

import os
from collections.abc import Callable
from pathlib import Path
from time import process_time

import pytest

from fairlead.config.document import MAX_BYTES, parse
from fairlead.config.load import load
from fairlead.errors import ConfigError
from tests.support.config_files import put_beside

VALID = (Path(__file__).parent / "valid.yml").read_text(encoding="utf-8")
LAUGHS = "".join(f"{chr(97 + level)}: &{chr(97 + level)} [{f'*{chr(96 + level)}, ' * 9}]\n" for level in range(1, 20))


def said(file: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        load(file)
    return str(caught.value).replace(str(file), "FILE")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda file: None, "FILE: must be a file, got nothing at this path"),
        (Path.mkdir, "FILE: must be a file, got a directory"),
        (os.mkfifo, "FILE: must be a file, got something else"),
        (lambda file: file.symlink_to(file), "FILE: must be a readable file, got: too many levels of symbolic links"),
    ],
)
def test_paths_that_hold_no_file(tmp_path: Path, make: Callable[[Path], object], message: str) -> None:
    make(tmp_path / "fairlead.yml")
    assert said(tmp_path / "fairlead.yml") == message


def test_a_path_that_cannot_exist(tmp_path: Path) -> None:
    assert said(tmp_path / ("x" * 300)) == "FILE: must be a readable file, got: file name too long"
    assert said(tmp_path / "a\0b") == "FILE: must be a readable file, got: embedded null byte"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "FILE: must be a mapping with the key models, got an empty file"),
        (b"# only a comment\n---\n", "FILE: must be a mapping with the key models, got an empty file"),
        (b"- a\n- b\n", "FILE:1: must be a mapping, got a list"),
        (b"\nfairlead\n", "FILE:2: must be a mapping, got 'fairlead'"),
        (b"store: a\nx: caf\xe9\n", "FILE:2: must be UTF-8 text, got the byte 0xe9"),
        ("store: a".encode("utf-16"), "FILE:1: must be UTF-8 text, got the byte 0xff"),
        (b"store: a\nx: \x07\n", "FILE:2: must be printable text, got the character U+0007"),
        (b"x" * (MAX_BYTES + 1), "FILE: must be at most 1048576 bytes long, got more"),
        (
            b"models:\n\t- name: a\n",
            "FILE:2: must be valid YAML, got: while scanning for the next token, "
            "found character '\\t' that cannot start any token",
        ),
        (
            b"store: 'a\nx: b\n",
            "FILE:3: must be valid YAML, got: while scanning a quoted scalar from line 1, "
            "found unexpected end of stream",
        ),
        (b"a: b: c\n", "FILE:1: must be valid YAML, got: mapping values are not allowed here"),
        (b'a: "\\UFFFFFFFF"\n', "FILE: must be valid YAML, got an escape that is no character"),
        (b"a: *x\n", "FILE:1: must be valid YAML, got: found undefined alias 'x'"),
        (
            b"a: 1\n---\nb: 2\n",
            "FILE:2: must be valid YAML, got: expected a single document in the stream from line 1, "
            "but found another document",
        ),
        (b"a: " + b"[" * 5000, "FILE: must be at most 32 levels deep, got far more"),
        (b"a: &a [*a]\n", "FILE:1: must be at most 32 levels deep, got more (does an alias hold itself?)"),
        (b"a: &a {<<: *a}\n", "FILE:1: must be at most 32 levels deep, got more (does an alias hold itself?)"),
        (b"a: &a x\n" + LAUGHS.encode(), "FILE:1: must be at most 200000 values, got more (are aliases repeated?)"),
    ],
    ids=lambda value: value[:30].decode(errors="replace") if isinstance(value, bytes) else "",
)
def test_text_that_is_no_document(tmp_path: Path, content: bytes, message: str) -> None:
    file = tmp_path / "fairlead.yml"
    file.write_bytes(content)
    start = process_time()
    assert said(file) == message
    assert process_time() - start < 20


def test_a_byte_order_mark_and_foreign_line_ends_are_fine(tmp_path: Path) -> None:
    put_beside(tmp_path)
    file = tmp_path / "fairlead.yml"
    file.write_bytes(b"\xef\xbb\xbf" + VALID.replace("\n", "\r\n").encode())
    assert [model.name for model in load(file).models] == ["credit", "pricing", "rates", "churn"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3),
        ("1_000", 1000),
        ("010", 10),
        ("0x1F", 31),
        ("1e3", 1000.0),
        ("-.inf", float("-inf")),
        ("true", True),
        ("False", False),
        ("yes", "yes"),
        ("off", "off"),
        ("2024-11-01", "2024-11-01"),
        ("12:30", "12:30"),
        ("'3'", "3"),
        ("!!str 3", "3"),
        ("=", "="),
    ],
)
def test_plain_values(text: str, value: object) -> None:
    found = parse(f"a: {text}").data["a"]
    assert (found, type(found)) == (value, type(value))


def test_keys_are_text() -> None:
    assert parse("{1: a, true: b, 1.5: c, yes: d}").data == {"1": "a", "true": "b", "1.5": "c", "yes": "d"}


def test_one_and_the_text_one_are_the_same_key() -> None:
    assert parse("1: a\n'1': b\n").mistakes == [(("1",), 2, "must be given once, got it again (first on line 1)")]


def test_merged_keys_give_way_to_own_keys_and_earlier_merges() -> None:
    text = "a: &a {x: 1, y: 1}\nb: &b {<<: *a, y: 2, z: 2}\nc: {z: 3, <<: [*b, *a]}\n"
    document = parse(text)
    assert document.data["c"] == {"z": 3, "y": 2, "x": 1}
    assert document.line(("c", "y")) == 2
    assert document.mistakes == []


def test_merging_what_is_no_mapping_is_a_mistake() -> None:
    assert parse("a:\n  <<: 3\n").mistakes == [(("a", "<<"), 2, "must be a mapping to merge, got something else")]


def test_a_reused_anchor_means_the_latest() -> None:
    assert parse("a: &x 1\nb: &x 2\nc: *x\n").data == {"a": 1, "b": 2, "c": 2}
