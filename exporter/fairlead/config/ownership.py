"""Each column of the logs holds one thing."""

from collections.abc import Iterator
from itertools import chain

from fairlead.config.plain import Mapping, Mistakes, entries, section
from fairlead.config.wording import Loc, shown, where


def _roles(model: Mapping) -> Iterator[tuple[Loc, str]]:
    """Place and column of every key that names one column of the logs, or one joined to them."""
    columns = section(model, "columns")
    roles = ("timestamp", "prediction", "score", "label", "input_key")
    named: list[tuple[Loc, str | None]] = [(("columns", role), columns.get(role)) for role in roles]
    named += [(("columns", "probabilities", key), column) for key, column in section(columns, "probabilities").items()]
    named += [(("labels", role), section(model, "labels").get(role)) for role in ("key", "label")]
    named.append((("source", "id"), section(model, "source").get("id")))
    return ((loc, column) for loc, column in named if column is not None)


def _readers(model: Mapping, key: str) -> Iterator[tuple[Loc, str, Mapping]]:
    """Place, column and entry of each feature or protected attribute; the column defaults to the name."""
    for name, entry in entries(model, key):
        loc: Loc = (key, name, "column") if "column" in entry else (key, name)
        column = entry.get("column", name)
        if column is not None and "intersection" not in entry:
            yield loc, column, entry


SHARED: dict[Loc, tuple[Loc, ...]] = {
    ("labels", "key"): (("columns", "input_key"),),
    ("source", "id"): (("columns", "input_key"), ("labels", "key")),
}
"""Roles that may have the column of another one."""


def own_columns(model: Mapping) -> Mistakes:
    """A role has its column alone, but that one key may mark a row, its label and its input."""
    taken: dict[str, Loc] = {}
    for loc, column in _roles(model):
        if column in taken and taken[column] not in SHARED.get(loc, ()):
            yield loc, _not_own(column, taken[column])
        taken.setdefault(column, loc)
    for key in ("features", "protected_attributes"):
        for loc, column, _ in _readers(model, key):
            if column in taken:
                yield loc, _not_own(column, taken[column])


def own_label_timestamp(model: Mapping) -> Mistakes:
    """In the label files, the timestamp is another column than the key and the label."""
    labels = section(model, "labels")
    for role in ("key", "label"):
        if labels.get("timestamp") is not None and labels["timestamp"] == labels.get(role):
            yield ("labels", "timestamp"), _not_own(labels["timestamp"], ("labels", role))
            return


def _not_own(column: str, taken: Loc) -> str:
    return f"must be a column of its own, got {shown(column)}, which is {where(taken)}"


def features_once(model: Mapping) -> Mistakes:
    """A column is a feature of each type at most once."""
    seen: dict[tuple[str, str], Loc] = {}
    for loc, column, feature in _readers(model, "features"):
        if (kind := feature.get("type")) is None:
            continue
        if (column, kind) in seen:
            other = where(seen[column, kind])
            yield loc, f"must be read once as {kind}, got {shown(column)}, which {other} reads"
        seen.setdefault((column, kind), loc[:2])


def attribution_columns(model: Mapping) -> Mistakes:
    """No column that the prefix makes is anything else."""
    prefix = section(model, "columns").get("attributions_prefix")
    if prefix is None:
        return
    readers = chain(_readers(model, "features"), _readers(model, "protected_attributes"))
    used = {column: loc for loc, column, _ in readers} | {column: loc for loc, column in _roles(model)}
    for name in section(model, "features"):
        if prefix + name in used:
            clash = f"got {shown(prefix)}, and {shown(prefix + name)} is {where(used[prefix + name])}"
            yield ("columns", "attributions_prefix"), f"must make columns of their own, {clash}"
