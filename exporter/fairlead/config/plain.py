"""The plain data of one model as the rules of meaning see it: a value whose shape is wrong is None."""

from collections.abc import Iterator
from typing import Any

from fairlead.config.wording import Loc

Mapping = dict[str, Any]
Mistakes = Iterator[tuple[Loc, str]]


def section(parent: Mapping, key: str) -> Mapping:
    """The mapping under a key, empty when it is absent or wrong."""
    return parent.get(key) or {}


def entries(model: Mapping, key: str) -> Iterator[tuple[str, Mapping]]:
    """Name and content of each entry of a section by name, but wrong ones."""
    return ((name, entry) for name, entry in section(model, key).items() if entry is not None)
