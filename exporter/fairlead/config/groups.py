"""Protected attributes: references that can be groups, and intersections of other attributes."""

from collections.abc import Sequence

from fairlead.config.plain import Mapping, Mistakes, entries, section
from fairlead.config.wording import shown
from fairlead.core.names import canonical
from fairlead.core.plan import BETWEEN, interval_names


def references(model: Mapping) -> Mistakes:
    """A reference is one of the groups, as far as the file tells them."""
    intervals = {name: interval_names(tuple(entry.get("bins") or ())) for name, entry in _binned(model)}
    for name, attribute in entries(model, "protected_attributes"):
        if (value := attribute.get("reference")) is None:
            continue
        reference, parts = canonical(value), attribute.get("intersection")
        if "intersection" in attribute:
            if parts and not _combines(reference, [intervals.get(part, ()) for part in parts]):
                expected = f"a group of each of {', '.join(parts)} joined by {BETWEEN!r}"
                yield ("protected_attributes", name, "reference"), f"must be {expected}, got {shown(reference)}"
        elif name in intervals and reference not in intervals[name]:
            groups = ", ".join(intervals[name])
            yield ("protected_attributes", name, "reference"), f"must be one of {groups}, got {shown(reference)}"


def _binned(model: Mapping) -> list[tuple[str, Mapping]]:
    return [(name, entry) for name, entry in entries(model, "protected_attributes") if entry.get("bins")]


def _combines(reference: str, groups: Sequence[Sequence[str]]) -> bool:
    """Whether a name may join one of each; names of values are not known, and may hold the joint themselves."""
    pieces = reference.split(BETWEEN)
    if len(pieces) != len(groups):
        return len(pieces) > len(groups)
    return all(not known or piece in known for piece, known in zip(pieces, groups, strict=True))


def intersections(model: Mapping) -> Mistakes:
    """An intersection is of several attributes that are none, and has no values of its own."""
    attributes = section(model, "protected_attributes")
    crossed = {name for name, entry in entries(model, "protected_attributes") if "intersection" in entry}
    for name, attribute in entries(model, "protected_attributes"):
        if "intersection" not in attribute:
            continue
        for key in ("column", "bins"):
            if key in attribute:
                found = shown(attribute[key])
                yield ("protected_attributes", name, key), f"must be left out of an intersection, got {found}"
        parts = attribute["intersection"] or ()
        for index, part in enumerate(parts):
            loc = ("protected_attributes", name, "intersection", index)
            if part not in attributes:
                yield loc, f"must be a protected attribute of the model, got {shown(part)}"
            elif part in crossed:
                yield loc, f"must be an attribute that is no intersection, got {shown(part)}"
            elif part in parts[:index]:
                yield loc, f"must be another attribute than those before it, got {shown(part)}"
