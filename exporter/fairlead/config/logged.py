"""Models whose predictions or labels are pushed: what their keys must mean together."""

from fairlead.config.plain import Mapping, Mistakes, section
from fairlead.config.wording import shown


def one_place(model: Mapping) -> Mistakes:
    """Rows are in files or in the prediction log."""
    for key in ("source", "labels"):
        if model.get(key) is None:
            continue
        given = model[key]
        if given.get("log") is True:
            for other in ("path", "format"):
                if other in given:
                    yield (key, other), f"must be left out when log is true, got {shown(given[other])}"
        elif "path" not in given and given.get("log", False) is not None:
            yield (key, "path"), "must be given, got nothing"


def keys_of_the_log(model: Mapping) -> Mistakes:
    """What only pushed rows have."""
    source = section(model, "source")
    if "id" in source and source.get("log") is not True:
        yield ("source", "id"), f"must be left out unless log is true, got {shown(source['id'])}"


def personal(model: Mapping) -> Mistakes:
    """Only keys are hashed, and on both sides of a join."""
    source, labels = section(model, "source"), section(model, "labels")
    keys = {source.get("id"), section(model, "columns").get("input_key"), labels.get("key")} - {None}
    for place, column in enumerate(model.get("pii") or ()):
        if column not in keys:
            expected = "the column of source.id, columns.input_key or labels.key"
            yield ("pii", place), f"must be {expected}, got {shown(column)}"
        elif source.get("log") is not True or (column == labels.get("key") and labels.get("log") is not True):
            yield ("pii", place), f"must be a column of pushed rows (log: true), got {shown(column)}"


def key_file(document: Mapping) -> Mistakes:
    """Hashing needs a key, from a file."""
    models = [model or {} for model in document.get("models") or []]
    hashing = any(model.get("pii") and not list(personal(model)) for model in models)
    if hashing and "pii_key_file" not in section(document, "prediction_log"):
        yield ("prediction_log", "pii_key_file"), "must be given when a model has pii, got nothing"
