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


@dataclass(frozen=True, slots=True)
class PanelQuery:
    """One query of one panel, as Grafana would send it."""

    dashboard: str
    panel: str
    expr: str


def load() -> dict[str, dict[str, Any]]:
    """The dashboards by uid."""
    documents = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json"))]
    return {document["uid"]: document for document in documents}


def panels(dashboard: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Every panel that shows data."""
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def substitute(text: str, values: Mapping[str, str]) -> str:
    """Replace every variable of a dashboard; one without a value is an error."""
    chosen = {**EVERYTHING, **values}
    return re.sub(r"\$\{?([a-z_]+)\}?", lambda match: chosen[match[1]], text)


def panel_queries(values: Mapping[str, str]) -> Iterator[PanelQuery]:
    """Every query of every panel with the variables replaced; ``values`` must hold ``model``."""
    for uid, dashboard in load().items():
        for panel in panels(dashboard):
            for target in panel["targets"]:
                yield PanelQuery(uid, panel["title"], substitute(target["expr"], values))


def variable_queries(values: Mapping[str, str]) -> Iterator[PanelQuery]:
    """For each variable that lists label values, a query for the series it takes them from."""
    for uid, dashboard in load().items():
        for variable in dashboard["templating"]["list"]:
            if variable["type"] == "query":
                found = re.fullmatch(r"label_values\((.*), (\w+)\)", variable["query"]["query"])
                assert found is not None, f"{uid}: variable {variable['name']} must be label_values(selector, label)"
                yield PanelQuery(uid, f"${variable['name']}", f"group by ({found[2]}) ({substitute(found[1], values)})")


def names_in(expr: str) -> set[str]:
    """Metric names in an expression, those matched by a pattern on the name included."""
    names: set[str] = set()
    for prefix, choices, suffix in re.findall(r'__name__=~"(\w+)\(([\w|]+)\)(\w*)"', expr):
        names |= {f"{prefix}{choice}{suffix}" for choice in choices.split("|")}
    unquoted = re.sub(r'"[^"]*"', "", expr)
    return names | set(re.findall(r"\b(?:fairlead|model|model_family):[\w:]+|\bfairlead_\w+|\bALERTS\b", unquoted))
