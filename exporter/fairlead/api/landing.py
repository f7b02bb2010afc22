"""The landing page: what this is, where to go, and which models it watches."""

from datetime import UTC
from html import escape

from fairlead import __version__
from fairlead.core.snapshot import ModelState, Snapshot

LINKS = (
    ("/models", "Console"),
    ("/metrics", "Metrics"),
    ("/-/healthy", "Health"),
    ("/-/ready", "Readiness"),
    ("/api/v1/openapi.json", "API description"),
)

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Fairlead</title><style>
:root {{ color-scheme: light dark }} body {{ font: 1rem/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem;
padding: 0 1rem }} table {{ border-collapse: collapse; width: 100% }} th, td {{ border-bottom: 1px solid; padding: .3rem
.6rem; text-align: left }} </style></head><body><main><h1>Fairlead {version}</h1>
<p>Drift, fairness and performance of deployed models, for Prometheus.</p><ul>{links}</ul>
<h2>Models</h2>{models}</main></body></html>
"""

TABLE = """<table><thead><tr><th scope="col">Model</th><th scope="col">Version</th><th scope="col">Risk</th>
<th scope="col">Baseline</th><th scope="col">Family</th><th scope="col">Rows</th><th scope="col">Window until (UTC)</th>
</tr></thead><tbody>{rows}</tbody></table>"""


def landing(snapshot: Snapshot | None) -> str:
    """HTML; every value is escaped."""
    rows = "".join(_row(model, family) for model in (snapshot.models if snapshot else ()) for family in model.next_due)
    links = "".join(f'<li><a href="{path}">{name}</a></li>' for path, name in LINKS)
    models = TABLE.format(rows=rows) if rows else "<p>None yet.</p>"
    return PAGE.format(version=escape(__version__), links=links, models=models)


def _row(model: ModelState, family: str) -> str:
    run = model.runs.get(family)
    cells = (
        model.name,
        model.version,
        model.risk,
        model.baseline.version if model.baseline else "none",
        family,
        str(run.samples) if run else "–",
        f"{run.window.end.astimezone(UTC):%Y-%m-%d %H:%M}" if run else "not analysed yet",
    )
    return "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"
