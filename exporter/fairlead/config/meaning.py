"""What the keys of the file must mean together.

Each rule looks at plain data in which every value whose shape is wrong has become None, so that a
mistake in one place hides none in another. A rule yields (place within the model, message).
"""

from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from fairlead.config.wording import Loc, shown, where
from fairlead.core.names import canonical
from fairlead.core.plan import interval_names

Mapping = dict[str, Any]
Mistakes = Iterator[tuple[Loc, str]]

SUFFIXES = {
    "parquet": (".parquet", ".pq"),
    "csv": (".csv", ".csv.gz"),
    "jsonl": (".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz"),
}


def inferred_format(path: str) -> str | None:
    """Format that the end of a path names, or None: "logs/*.csv.gz" → "csv"."""
    return next((name for name, suffixes in SUFFIXES.items() if path.endswith(suffixes)), None)


def check(document: Mapping, folder: Path) -> Mistakes:
    """Every mistake of meaning in the file; relative paths start at `folder`."""
    thresholds = document.get("thresholds")
    if thresholds and not _is_file(folder / thresholds):
        yield ("thresholds",), f"must be an existing file, got {shown(thresholds)} (no file {folder / thresholds})"
    models = [model or {} for model in document.get("models") or []]
    yield from _unique_names(models)
    for index, model in enumerate(models):
        for loc, message in chain.from_iterable(rule(model) for rule in MODEL_RULES):
            yield ("models", index, *loc), message


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a forbidden folder, a name that is too long
        return False


def _unique_names(models: Sequence[Mapping]) -> Mistakes:
    first: dict[str, int] = {}
    for index, model in enumerate(models):
        name = model.get("name")
        if name is None:
            continue
        if name in first:
            taken = f"the name of models[{first[name]}]"
            yield ("models", index, "name"), f"must be unique whatever the version, got {shown(name)}, {taken}"
        first.setdefault(name, index)


def _source_format(model: Mapping) -> Mistakes:
    source = _section(model, "source")
    path = source.get("path")
    if path and "format" not in source and inferred_format(path) is None:
        wanted = "parquet, csv or jsonl when the path does not end in a known suffix"
        yield ("source", "format"), f"must be {wanted}, got {shown(path)}"


def _one_kind_of_score(model: Mapping) -> Mistakes:
    if {"score", "probabilities"} <= _section(model, "columns").keys():
        yield ("columns", "score"), "must be left out when probabilities are given, got both"


def _favourable(model: Mapping) -> Mistakes:
    columns = _section(model, "columns")
    needed: list[str] = [key for key in ("score", "probabilities") if key in columns]
    needed += ["protected_attributes"] if _section(model, "protected_attributes") else []
    if needed and "favourable" not in columns:
        yield ("columns", "favourable"), f"must be given with {' and '.join(needed)}, got nothing"
    favourable, classes = columns.get("favourable"), list(_section(columns, "probabilities"))
    if favourable is not None and classes and canonical(favourable) not in classes:
        found = shown(canonical(favourable))
        yield ("columns", "favourable"), f"must be one of the classes of probabilities, got {found}"


def _entries(model: Mapping, section: str) -> Iterator[tuple[str, Mapping]]:
    return ((name, entry) for name, entry in _section(model, section).items() if entry is not None)


def _roles(model: Mapping) -> Iterator[tuple[Loc, str]]:
    """Place and column of everything under `columns` that names one column."""
    columns = _section(model, "columns")
    named: list[tuple[Loc, str | None]] = [
        (("columns", role), columns.get(role)) for role in ("timestamp", "prediction", "score", "label")
    ]
    named += [(("columns", "probabilities", key), column) for key, column in _section(columns, "probabilities").items()]
    return ((loc, column) for loc, column in named if column is not None)


def _readers(model: Mapping, section: str) -> Iterator[tuple[Loc, str, Mapping]]:
    """Place, column and entry of each feature or protected attribute; the column defaults to the name."""
    for name, entry in _entries(model, section):
        loc: Loc = (section, name, "column") if "column" in entry else (section, name)
        if (column := entry.get("column", name)) is not None:
            yield loc, column, entry


def _own_columns(model: Mapping) -> Mistakes:
    taken: dict[str, Loc] = {}
    for loc, column in _roles(model):
        if column in taken:
            yield loc, _not_own(column, taken[column])
        taken.setdefault(column, loc)
    for section in ("features", "protected_attributes"):
        for loc, column, _ in _readers(model, section):
            if column in taken:
                yield loc, _not_own(column, taken[column])


def _not_own(column: str, taken: Loc) -> str:
    return f"must be a column of its own, got {shown(column)}, which is {where(taken)}"


def _features_once(model: Mapping) -> Mistakes:
    seen: dict[tuple[str, str], Loc] = {}
    for loc, column, feature in _readers(model, "features"):
        if (kind := feature.get("type")) is None:
            continue
        if (column, kind) in seen:
            other = where(seen[column, kind])
            yield loc, f"must be read once as {kind}, got {shown(column)}, which {other} reads"
        seen.setdefault((column, kind), loc[:2])


def _attribution_columns(model: Mapping) -> Mistakes:
    prefix = _section(model, "columns").get("attributions_prefix")
    if prefix is None:
        return
    readers = chain(_readers(model, "features"), _readers(model, "protected_attributes"))
    used = {column: loc for loc, column, _ in readers} | {column: loc for loc, column in _roles(model)}
    for name in _section(model, "features"):
        if prefix + name in used:
            clash = f"got {shown(prefix)}, and {shown(prefix + name)} is {where(used[prefix + name])}"
            yield ("columns", "attributions_prefix"), f"must make columns of their own, {clash}"


def _ranges(model: Mapping) -> Mistakes:
    for name, feature in _entries(model, "features"):
        if "range" in feature and feature.get("type") == "categorical":
            yield ("features", name, "range"), "must be left out of a categorical feature, got a range"


def _references(model: Mapping) -> Mistakes:
    for name, attribute in _entries(model, "protected_attributes"):
        bins, reference = attribute.get("bins"), attribute.get("reference")
        groups = interval_names(tuple(bins or ()))
        if bins and reference is not None and canonical(reference) not in groups:
            found = shown(canonical(reference))
            yield ("protected_attributes", name, "reference"), f"must be one of {', '.join(groups)}, got {found}"


def _section(parent: Mapping, key: str) -> Mapping:
    return parent.get(key) or {}


MODEL_RULES = (
    _source_format,
    _one_kind_of_score,
    _favourable,
    _own_columns,
    _features_once,
    _attribution_columns,
    _ranges,
    _references,
)
