"""Predictions and labels: what a classification and a regression each may say about them."""

from fairlead.config.plain import Mapping, Mistakes, section
from fairlead.config.wording import shown
from fairlead.core.names import canonical

ONLY = {
    "classification": ("favourable", "positive", "score", "probabilities"),
    "regression": ("favourable_range", "tolerance"),
}
"""Task → the keys of `columns` that only it may have."""


def _task(model: Mapping) -> str | None:
    """The task, or None when it is wrong."""
    task: str | None = model.get("task", "classification")
    return task


def keys_of_the_task(model: Mapping) -> Mistakes:
    """No task has a key of the other."""
    task = _task(model)
    for other, keys in ONLY.items():
        for key in keys if task not in (None, other) else ():
            if key in section(model, "columns"):
                yield ("columns", key), f"must be left out of a {task}, got {shown(section(model, 'columns')[key])}"


def one_kind_of_score(model: Mapping) -> Mistakes:
    """Scores are of one class or of each."""
    if _task(model) != "regression" and {"score", "probabilities"} <= section(model, "columns").keys():
        yield ("columns", "score"), "must be left out when probabilities are given, got both"


def favourable(model: Mapping) -> Mistakes:
    """What is favourable is said where it is needed."""
    columns, task = section(model, "columns"), _task(model)
    needed = ["score"] if task == "classification" and "score" in columns else []
    needed += ["protected_attributes"] if section(model, "protected_attributes") else []
    key = "favourable_range" if task == "regression" else "favourable"
    if task and needed and key not in columns:
        yield ("columns", key), f"must be given with {' and '.join(needed)}, got nothing"


def classes(model: Mapping) -> Mistakes:
    """Named classes have a probability where classes have."""
    columns = section(model, "columns")
    known = section(columns, "probabilities") if _task(model) != "regression" else {}
    for key in ("favourable", "positive"):
        value = columns.get(key)
        if value is not None and known and canonical(value) not in known:
            yield ("columns", key), f"must be one of the classes of probabilities, got {shown(canonical(value))}"


def one_place_of_labels(model: Mapping) -> Mistakes:
    """Labels are in the logs or apart from them."""
    if "labels" in model and "label" in section(model, "columns"):
        yield ("columns", "label"), "must be left out when labels are given, got both"


def keys_of_labels(model: Mapping) -> Mistakes:
    """A delay needs labels, and a unit a timestamp."""
    labels, columns = model.get("labels"), model.get("columns")
    if "label_delay" in model and "labels" not in model and columns is not None and "label" not in columns:
        found = shown(model["label_delay"])
        yield ("label_delay",), f"must be left out without columns.label or labels, got {found}"
    if labels and "timestamp_unit" in labels and "timestamp" not in labels:
        found = shown(labels["timestamp_unit"])
        yield ("labels", "timestamp_unit"), f"must be left out without a timestamp, got {found}"
