"""Everything that is known about an incident as one zip, the same bytes for the same facts."""

import csv
import io
import json
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from fairlead.core.families import FAMILIES
from fairlead.core.incident import Incident
from fairlead.core.run import Run
from fairlead.store.baselines import Baselines
from fairlead.store.database import Database
from fairlead.store.incidents import Incidents
from fairlead.store.runs import Runs

BEFORE = timedelta(days=7)
MOST_RUNS = 200
EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip can tell; the files have none of their own."""


class Evidence:
    """Gathers what the store knows."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def bundle(self, incident: Incident, now: datetime) -> bytes:
        """A zip with a manifest that names the SHA-256 of each file and the head of the audit log.

        The head is the newest entry that is an action on the incident: it vouches for all entries before it, and
        whoever downloads a closed incident again gets the same bytes. Measurements are those of the week before the
        opening and of the time until the closing, the newest of them if they are very many. Call it inside a writing
        transaction, so that all of it speaks of one moment.
        """
        incidents = Incidents(self._database)
        runs = self._runs(incident, now)
        documents = {
            "incident.json": _plain(incident),
            "alerts.json": [_plain(alert) for alert in incidents.alerts(incident.id)],
            "timeline.json": [_plain(event) for event in incidents.timeline(incident.id)],
            "baselines.json": self._baselines(incident.model, runs),
            "runs.json": [_run(run) for run in runs],
        }
        head = incidents.audited(incident)
        files = {name: _text(document) for name, document in documents.items()}
        files["measurements.csv"] = _measurements(runs)
        manifest = {
            "format": 1,
            "incident": incident.name,
            "files": {
                name: {"sha256": sha256(content).hexdigest(), "bytes": len(content)} for name, content in files.items()
            },
            "audit": None if head is None else {"entry": head[0], "hash": head[1]},
        }
        return zipped({**files, "manifest.json": _text(manifest)})

    def _runs(self, incident: Incident, now: datetime) -> list[Run]:
        families = [incident.family] if incident.family in FAMILIES else list(FAMILIES)
        end = incident.resolved_at or now
        found = Runs(self._database).finished_between(incident.model, families, incident.opened_at - BEFORE, end)
        return found[-MOST_RUNS:]

    def _baselines(self, model: str, runs: Iterable[Run]) -> list[dict[str, Any]]:
        """Facts of the baselines that the runs were compared with, but which one is active now."""
        used = {run.baseline for run in runs}
        facts = [asdict(one) for one in Baselines(self._database).list(model) if one.version in used]
        wanted = ("model", "version", "created_by", "created_at", "source", "samples", "content_hash")
        return [{name: _value(one[name]) for name in wanted} for one in facts]


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Files in the order of their names, without times."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as bundle:
        for name in sorted(files):
            place = zipfile.ZipInfo(name, EPOCH)
            place.compress_type = zipfile.ZIP_DEFLATED
            place.create_system = 3
            place.external_attr = 0o100644 << 16
            bundle.writestr(place, files[name], compresslevel=6)
    return content.getvalue()


def _plain(thing: Any) -> dict[str, Any]:
    """A dataclass as plain data."""
    return {field.name: _value(getattr(thing, field.name)) for field in fields(thing)}


def _value(value: Any) -> Any:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value


def _run(run: Run) -> dict[str, Any]:
    """A run without its measurements, which have a file of their own."""
    left_out = {"measurements", "not_computed", "window"}
    facts = {field.name: _value(getattr(run, field.name)) for field in fields(run) if field.name not in left_out}
    facts["window"] = [_value(run.window.start), _value(run.window.end)]
    facts["not_computed"] = [_plain(one) for one in run.not_computed]
    return facts


def _measurements(runs: Iterable[Run]) -> bytes:
    """One line per value."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(["run", "family", "window_start", "window_end", "baseline", "metric", "labels", "value", "noise",
                    "samples", "baseline_samples"])  # fmt: skip
    for run in runs:
        common = [run.id, run.family, _value(run.window.start), _value(run.window.end), run.baseline or ""]
        for one in run.measurements:
            labels = json.dumps(dict(one.labels), sort_keys=True)
            noise = "" if one.noise is None else repr(one.noise)
            lines.writerow([*common, one.metric, labels, repr(one.value), noise, one.samples, one.baseline_samples])
    return text.getvalue().encode()


def _text(document: Any) -> bytes:
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False, default=str).encode() + b"\n"
