"""The committed Grafana dashboards and the queries in them."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[2] / "grafana" / "dashboards"

EVERYTHING: Mapping[str, str] = {"environment": ".*", "team": ".*", "attribute": ".*", "feature": ".*"}
"""What Grafana puts in for a variable that is set to All."""

TIME: Mapping[str, str] = {"__interval": "15s", "__rate_interval": "1m", "__range": "1h"}
"""What it puts in for its own variables, with a scrape every 15 seconds and an hour shown."""

SPECIFIED = {
    "fairlead_exception_expires_timestamp_seconds",
    "fairlead_model_frozen",
    "fairlead_oncall_info",
}
"""Names that are promised and may not be exposed yet: their panels are empty until then."""

PROMETHEUS = r"up\b|scrape_\w+|process_\w+|ALERTS\b"
"""Series that every Prometheus, or every client of it, makes by itself."""


@dataclass(frozen=True, slots=True)
class PanelQuery:
    """One query of one panel, as Grafana would send it."""

    dashboard: str
    panel: str
    expr: str


def load() -> dict[str, dict[str, Any]]:
    """The dashboards by uid."""
    documents = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*/*.json"))]
    return {document["uid"]: document for document in documents}


def panels(dashboard: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Every panel that shows data."""
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def substitute(text: str, values: Mapping[str, str]) -> str:
    """Replace every variable of a dashboard; one without a value is an error."""
    chosen = {**EVERYTHING, **TIME, **values}
    return re.sub(r"\$\{?([a-z_]+)\}?", lambda match: chosen[match[1]], text)


def panel_queries(values: Mapping[str, str]) -> Iterator[PanelQuery]:
    """Every query of every panel with the variables replaced; ``values`` must hold ``model``."""
    for uid, dashboard in load().items():
        for panel in panels(dashboard):
            for target in panel["targets"]:
                yield PanelQuery(uid, panel["title"], substitute(target["expr"], values))


def annotation_queries(values: Mapping[str, str]) -> Iterator[PanelQuery]:
    """Every query of the marks in the graphs."""
    for uid, dashboard in load().items():
        for mark in dashboard["annotations"]["list"]:
            yield PanelQuery(uid, f"mark {mark['name']}", substitute(mark["expr"], values))


def all_queries(values: Mapping[str, str]) -> list[PanelQuery]:
    """Whatever Grafana asks Prometheus for."""
    return [*panel_queries(values), *variable_queries(values), *annotation_queries(values)]


def variable_queries(values: Mapping[str, str]) -> Iterator[PanelQuery]:
    """For each variable that lists label values, a query for the series it takes them from."""
    for uid, dashboard in load().items():
        for variable in dashboard["templating"]["list"]:
            if variable["type"] == "query":
                found = re.fullmatch(r"label_values\((.*), (\w+)\)", variable["query"]["query"])
                assert found is not None, f"{uid}: variable {variable['name']} must be label_values(selector, label)"
                yield PanelQuery(uid, f"${variable['name']}", f"group by ({found[2]}) ({substitute(found[1], values)})")


def names_in(expr: str) -> set[str]:
    """Metric names in an expression, those matched by a pattern on the name included, and those a trend is of."""
    names: set[str] = set()
    for pattern in re.findall(r'__name__=~"([^"]+)"', expr):
        names |= set(alternatives(pattern))
    names |= {f"fairlead_{of}" for of in re.findall(r'fairlead:measurement:trend\{[^}]*?metric="(\w+)"', expr)}
    unquoted = re.sub(r'"[^"]*"', "", expr)
    return names | set(re.findall(rf"\b(?:[a-z_]+:[a-z][\w:]+|fairlead_\w+|{PROMETHEUS})", unquoted))


def alternatives(pattern: str) -> list[str]:
    """Every text that a pattern of plain letters, groups, bars and question marks matches."""
    found, rest = _choice(pattern)
    assert not rest, f"{pattern}: cannot read from {rest!r}"
    return found


def _choice(pattern: str) -> tuple[list[str], str]:
    """What is matched up to the end or to a closing bracket, and the rest from there."""
    found: list[str] = []
    so_far = [""]
    while pattern and pattern[0] != ")":
        if pattern[0] == "|":
            found, so_far, pattern = found + so_far, [""], pattern[1:]
            continue
        if pattern[0] == "(":
            inner, pattern = _choice(pattern[1:])
            pattern = pattern[1:]
        else:
            word = re.match(r"\w+", pattern)
            assert word is not None, f"cannot read {pattern!r}"
            inner, pattern = [word[0]], pattern[word.end() :]
        if pattern.startswith("?"):
            inner, pattern = ["", *inner], pattern[1:]
        so_far = [first + second for first in so_far for second in inner]
    return found + so_far, pattern
