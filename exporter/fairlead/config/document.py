"""YAML text as plain data that still knows the line of every value.

Plain YAML 1.2 only: yes, no, on and off are text, dates are text, there are no custom tags.
Keys are text (a key 1 is "1"). Anchors, aliases and merge keys work, within a bound on the
number of values, so that aliases of aliases cannot exhaust memory.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from fairlead.config.wording import Loc, redact, shown
from fairlead.core.names import canonical
from fairlead.errors import ConfigError, Problem

MAX_BYTES = 1024 * 1024
MAX_VALUES = 200_000
MAX_DEPTH = 32
MAX_TEXT = 1024

TAG = "tag:yaml.org,2002:"
SCALAR_TAGS = {"null", "bool", "int", "float", "str", "timestamp", "value", "merge"}
WORDS = {"true": True, "yes": True, "on": True, "y": True, "false": False, "no": False, "off": False, "n": False}


class UnreadableError(Exception):
    """The text cannot be read any further: the line, if known, and what it must be."""

    def __init__(self, line: int | None, message: str) -> None:
        self.line = line
        super().__init__(message)


@dataclass(slots=True)
class Document:
    """Plain data, the line of each place, and what the data no longer shows.

    `written` holds unquoted numbers, true and false as they stand in the file; `wrong` the places
    whose value is None because it could not be taken; `mistakes` (place, line, message).
    """

    data: Any = None
    lines: dict[Loc, int] = field(default_factory=dict)
    written: dict[Loc, str] = field(default_factory=dict)
    wrong: set[Loc] = field(default_factory=set)
    mistakes: list[tuple[Loc, int, str]] = field(default_factory=list)

    def line(self, loc: Loc) -> int | None:
        """Line of a place, or of the nearest place around it."""
        while loc and loc not in self.lines:
            loc = loc[:-1]
        return self.lines.get(loc)


def read(path: Path) -> Document:
    """Read a YAML file; raises ConfigError when nothing further can be said about its content."""
    try:
        return parse(_text(path))
    except UnreadableError as error:
        raise ConfigError(str(path), [Problem(error.line, "", str(error))]) from None


def _text(path: Path) -> str:
    try:
        if path.exists() and not path.is_file():
            raise UnreadableError(None, f"must be a file, got {'a directory' if path.is_dir() else 'something else'}")
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise UnreadableError(None, "must be a file, got nothing at this path") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UnreadableError(None, f"must be a readable file, got: {reason.lower()}") from None
    if len(content) > MAX_BYTES:
        raise UnreadableError(None, f"must be at most {MAX_BYTES} bytes long, got more")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UnreadableError(line, f"must be UTF-8 text, got the byte 0x{content[error.start]:02x}") from None


def parse(text: str) -> Document:
    """Parse YAML text; raises UnreadableError on a syntax error or an empty text."""
    yaml = YAML(typ="safe", pure=True)
    yaml.composer.warn_double_anchors = False
    try:
        root = yaml.compose(text)
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise UnreadableError(line, f"must be printable text, got the character U+{error.character:04X}") from None
    except MarkedYAMLError as error:
        raise UnreadableError(*_syntax(error)) from None
    except RecursionError:
        raise UnreadableError(None, f"must be at most {MAX_DEPTH} levels deep, got far more") from None
    except (ValueError, OverflowError):  # of chr()
        raise UnreadableError(None, "must be valid YAML, got an escape that is no character") from None
    except YAMLError as error:
        raise UnreadableError(None, f"must be valid YAML, got: {redact(str(error))}") from None
    if root is None or (isinstance(root, ScalarNode) and _scalar(root) is None):
        raise UnreadableError(None, "must be a mapping with the key models, got an empty file")
    reader = _Reader()
    reader.document.data = reader.value(root, ())
    return reader.document


def _syntax(error: MarkedYAMLError) -> tuple[int | None, str]:
    mark, start = error.problem_mark, error.context_mark
    said, context = str(error.problem), error.context
    if context and start is not None and start.line != mark.line:
        context += f" from line {start.line + 1}"
    if context:
        said = f"{context}, {said}"
    return (mark.line + 1 if mark else None), f"must be valid YAML, got: {redact(said)}"


class _Reader:
    """Turns composed nodes into plain data, counting what aliases multiply."""

    def __init__(self) -> None:
        self.document = Document()
        self.left = MAX_VALUES

    def value(self, node: Node, loc: Loc) -> Any:
        """Plain value of a node."""
        line = self.document.lines.setdefault(loc, self._count(node, len(loc)))
        kind = str(node.tag).removeprefix(TAG)
        if isinstance(node, MappingNode) and kind == "map":
            return self._mapping(node, loc)
        if isinstance(node, SequenceNode) and kind == "seq":
            return [self.value(item, (*loc, index)) for index, item in enumerate(node.value)]
        if not isinstance(node, ScalarNode) or kind not in SCALAR_TAGS:
            return self._wrong(loc, line, f"must be plain YAML, got the tag {shown(str(node.tag))}")
        if len(node.value) > MAX_TEXT:
            return self._wrong(loc, line, f"must be at most {MAX_TEXT} characters long, got {len(node.value)}")
        value = _scalar(node)
        if value is None:
            return self._wrong(loc, line, "must have a value, got nothing")
        if not isinstance(value, str):
            self.document.written[loc] = node.value
        return value

    def _mapping(self, node: MappingNode, loc: Loc) -> dict[str, Any]:
        first: dict[str, int] = {}
        values: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = self._count(key_node, len(loc))
            if str(key_node.tag) == f"{TAG}merge":
                continue
            key = _key(key_node)
            if key is None:
                self._mistake(loc, line, "must have keys that are short text, got another key")
            elif key in first:
                self._mistake((*loc, key), line, f"must be given once, got it again (first on line {first[key]})")
            else:
                first[key] = self.document.lines[(*loc, key)] = line
                values[key] = self.value(value_node, (*loc, key))
        for key, value_node in self._merged(node, loc, 0).items():
            if key not in values:
                values[key] = self.value(value_node, (*loc, key))
        return values

    def _merged(self, node: MappingNode, loc: Loc, depth: int) -> dict[str, Node]:
        """Keys that `<<` brings in: the first of several mappings wins, then what those merge themselves."""
        found: dict[str, Node] = {}
        for key_node, value_node in node.value:
            if str(key_node.tag) != f"{TAG}merge":
                continue
            several = value_node.value if isinstance(value_node, SequenceNode) else [value_node]
            for source in several:
                line = self._count(source, depth)
                if not isinstance(source, MappingNode):
                    self._mistake((*loc, "<<"), line, "must be a mapping to merge, got something else")
                    continue
                for inner_key, inner in source.value:
                    self._count(inner_key, depth)
                    key = None if str(inner_key.tag) == f"{TAG}merge" else _key(inner_key)
                    if key is not None:
                        found.setdefault(key, inner)
                for key, inner in self._merged(source, loc, depth + 1).items():
                    found.setdefault(key, inner)
        return found

    def _count(self, node: Node, depth: int) -> int:
        line = int(node.start_mark.line) + 1
        self.left -= 1
        if self.left < 0:
            raise UnreadableError(line, f"must be at most {MAX_VALUES} values, got more (are aliases repeated?)")
        if depth > MAX_DEPTH:
            raise UnreadableError(
                line, f"must be at most {MAX_DEPTH} levels deep, got more (does an alias hold itself?)"
            )
        return line

    def _wrong(self, loc: Loc, line: int, message: str) -> None:
        self.document.wrong.add(loc)
        self._mistake(loc, line, message)

    def _mistake(self, loc: Loc, line: int, message: str) -> None:
        self.document.mistakes.append((loc, line, message))


def _key(node: Node) -> str | None:
    if not isinstance(node, ScalarNode) or len(node.value) > MAX_TEXT:
        return None
    value = _scalar(node)
    return None if value is None else canonical(value)


def _scalar(node: ScalarNode) -> bool | int | float | str | None:
    text = str(node.value)
    match str(node.tag).removeprefix(TAG):
        case "null":
            return None
        case "bool":
            return WORDS.get(text.lower(), text)
        case "int":
            return _number(text, int)
        case "float":
            return _number(text, float)
    return text


def _number(text: str, kind: type[int] | type[float]) -> int | float | str:
    digits = text.replace("_", "").lower()
    try:
        if kind is float:
            return float(digits.replace(".inf", "inf").replace(".nan", "nan"))
        return int(digits, 0 if digits.lstrip("+-")[:2] in {"0x", "0o", "0b"} else 10)
    except ValueError:
        return text
