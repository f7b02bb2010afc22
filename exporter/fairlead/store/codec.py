"""Baselines and outcomes as JSON documents, exact in both directions."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from hashlib import sha256
from typing import Any

import numpy as np

from fairlead.core.baseline import Baseline
from fairlead.core.drift.wasserstein import Null
from fairlead.core.edges import NumericalBins
from fairlead.core.measurement import Measurement, NotComputed
from fairlead.core.summary import Categorical, Moments, Numerical, Summary, Tally
from fairlead.errors import BaselineError

FORMAT = 1


def encode_baseline(baseline: Baseline) -> str:
    """The baseline as JSON with sorted keys: equal content gives equal text."""
    summary = baseline.summary
    document = {
        "format": FORMAT,
        "rows": summary.rows,
        "numerical": {name: _numerical(column) for name, column in summary.numerical.items()},
        "categorical": {name: _plain(column) for name, column in summary.categorical.items()},
        "classes": _plain(summary.classes),
        "labelled": summary.labelled,
        "correct": summary.correct,
        "entropy": asdict(summary.entropy),
        "groups": {name: {group: asdict(tally) for group, tally in g.items()} for name, g in summary.groups.items()},
        "attributions": {name: asdict(moments) for name, moments in summary.attributions.items()},
        "bins": {
            name: {"edges": bins.edges.tolist(), "psi_bins": bins.psi_bins.tolist(), "scale": bins.scale}
            for name, bins in baseline.bins.items()
        },
        "nulls": {name: asdict(null) for name, null in baseline.nulls.items()},
    }
    return json.dumps(document, sort_keys=True, ensure_ascii=False)


def storable(text: str) -> str:
    """The text with escapes for what UTF-8 cannot hold: bytes of a file name that are not UTF-8 themselves."""
    return text.encode(errors="backslashreplace").decode()


def content_hash(content: str) -> str:
    """SHA-256 of an encoded baseline."""
    return sha256(content.encode()).hexdigest()


def decode_baseline(version: str, content: str) -> Baseline:
    """The baseline of a document written by `encode_baseline`."""
    document = json.loads(content)
    if document["format"] != FORMAT:
        raise BaselineError(f"baseline {version}: format: must be {FORMAT}, got {document['format']}")
    summary = Summary(
        rows=document["rows"],
        numerical={name: _to_numerical(column) for name, column in document["numerical"].items()},
        categorical={name: Categorical(**column) for name, column in document["categorical"].items()},
        classes=Categorical(**document["classes"]),
        labelled=document["labelled"],
        correct=document["correct"],
        entropy=Moments(**document["entropy"]),
        groups={
            name: {g: Tally(**tally) for g, tally in groups.items()} for name, groups in document["groups"].items()
        },
        attributions={name: Moments(**moments) for name, moments in document["attributions"].items()},
    )
    bins = {
        name: NumericalBins(np.array(b["edges"], dtype=np.float64), np.array(b["psi_bins"]), b["scale"])
        for name, b in document["bins"].items()
    }
    return Baseline(version, summary, bins, {name: Null(**null) for name, null in document["nulls"].items()})


def encode_outcomes(measurements: Iterable[Measurement], not_computed: Iterable[NotComputed]) -> str:
    """Outcomes of a run, one compact list each."""
    document = {
        "measurements": [
            [m.metric, m.value, list(m.labels), m.noise, m.samples, m.baseline_samples] for m in measurements
        ],
        "not_computed": [[n.metric, n.reason, list(n.labels)] for n in not_computed],
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def decode_outcomes(content: str) -> tuple[tuple[Measurement, ...], tuple[NotComputed, ...]]:
    """Outcomes of a document written by `encode_outcomes`."""
    document = json.loads(content)
    measurements = tuple(
        Measurement(metric, value, _labels(labels), *rest) for metric, value, labels, *rest in document["measurements"]
    )
    return measurements, tuple(
        NotComputed(m, reason, _labels(labels)) for m, reason, labels in document["not_computed"]
    )


def _labels(labels: list[list[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in labels)


def _plain(column: Categorical) -> dict[str, Any]:
    return {**asdict(column), "counts": dict(column.counts)}


def _numerical(column: Numerical) -> dict[str, Any]:
    extremes = {name: _finite(getattr(column, name)) for name in ("minimum", "maximum")}
    return {**asdict(column), "counts": column.counts.tolist(), "sums": column.sums.tolist(), **extremes}


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None


def _to_numerical(column: Mapping[str, Any]) -> Numerical:
    values = dict(column)
    values["counts"] = np.array(values["counts"], dtype=np.int64)
    values["sums"] = np.array(values["sums"], dtype=np.float64)
    values["minimum"] = np.inf if values["minimum"] is None else values["minimum"]
    values["maximum"] = -np.inf if values["maximum"] is None else values["maximum"]
    return Numerical(**values)
