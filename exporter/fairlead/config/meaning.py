"""What the keys of the file must mean together.

Each rule looks at plain data in which every value whose shape is wrong has become None, so that a
mistake in one place hides none in another. A rule yields (place within the model, message).
"""

from collections.abc import Sequence
from itertools import chain
from pathlib import Path

from fairlead.config import groups, logged, outcomes, ownership
from fairlead.config.access import check_access
from fairlead.config.alerting import check_alerting
from fairlead.config.checkins import check_checkins
from fairlead.config.containment import check_containment
from fairlead.config.existing import missing_files
from fairlead.config.oncall import check_oncall
from fairlead.config.plain import Mapping, Mistakes, entries, section
from fairlead.config.wording import shown

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
    yield from missing_files(document, ("thresholds",), folder)
    yield from logged.key_file(document)
    models = [model or {} for model in document.get("models") or []]
    yield from _unique_names(models)
    for index, model in enumerate(models):
        for loc, message in chain.from_iterable(rule(model) for rule in MODEL_RULES):
            yield ("models", index, *loc), message
    yield from check_containment(models, folder)
    yield from check_access(document, folder)
    yield from check_alerting(document, folder)
    yield from check_checkins(document)
    yield from check_oncall(document)


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


def _formats(model: Mapping) -> Mistakes:
    for key in ("source", "labels", "validation"):
        path = section(model, key).get("path")
        if path and "format" not in model[key] and inferred_format(path) is None:
            wanted = "parquet, csv or jsonl when the path does not end in a known suffix"
            yield (key, "format"), f"must be {wanted}, got {shown(path)}"


def _ranges(model: Mapping) -> Mistakes:
    for name, feature in entries(model, "features"):
        if "range" in feature and feature.get("type") == "categorical":
            yield ("features", name, "range"), "must be left out of a categorical feature, got a range"


def _one_mark_of_inputs(model: Mapping) -> Mistakes:
    if model.get("hash_inputs") and "input_key" in section(model, "columns"):
        yield ("hash_inputs",), "must be false when columns.input_key is given, got true"


MODEL_RULES = (
    _formats,
    logged.one_place,
    logged.keys_of_the_log,
    logged.personal,
    _ranges,
    _one_mark_of_inputs,
    outcomes.keys_of_the_task,
    outcomes.one_kind_of_score,
    outcomes.favourable,
    outcomes.classes,
    outcomes.one_place_of_labels,
    outcomes.keys_of_labels,
    ownership.own_columns,
    ownership.own_label_timestamp,
    ownership.features_once,
    ownership.attribution_columns,
    groups.references,
    groups.intersections,
)
