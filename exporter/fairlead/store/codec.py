"""Baselines, summaries and outcomes as JSON documents, exact in both directions."""

import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from hashlib import sha256
from typing import Any

import numpy as np

from fairlead.core.baseline import Baseline
from fairlead.core.distance import Distance
from fairlead.core.drift.wasserstein import Null
from fairlead.core.edges import NumericalBins
from fairlead.core.measurement import Measurement, NotComputed
from fairlead.core.summary import Categorical, ClassTally, Moments, Numerical, Products, Repeats, Summary, Tally
from fairlead.errors import BaselineError

FORMAT = 2


def encode_baseline(baseline: Baseline) -> str:
    """The baseline as JSON with sorted keys: equal content gives equal text."""
    document = {
        "format": FORMAT,
        "summary": summary_document(baseline.summary),
        "bins": {name: bins_document(bins) for name, bins in baseline.bins.items()},
        "output_bins": bins_document(baseline.output_bins),
        "attribution_bins": {name: bins_document(bins) for name, bins in baseline.attribution_bins.items()},
        "nulls": {name: asdict(null) for name, null in baseline.nulls.items()},
        "thinning": baseline.thinning,
    }
    return json.dumps(document, sort_keys=True, ensure_ascii=False)


def decode_baseline(version: str, content: str) -> Baseline:
    """The baseline of a document written by `encode_baseline`."""
    document = json.loads(content)
    if document["format"] != FORMAT:
        raise BaselineError(f"baseline {version}: format: must be {FORMAT}, got {document['format']}: make a new one")
    return Baseline(
        version,
        to_summary(document["summary"]),
        {name: _to_bins(bins) for name, bins in document["bins"].items()},
        {name: Null(**null) for name, null in document["nulls"].items()},
        _to_bins(document["output_bins"]),
        {name: _to_bins(bins) for name, bins in document["attribution_bins"].items()},
        document["thinning"],
    )


def encode_distance(distance: Distance) -> str:
    """A distance as JSON."""
    return json.dumps(asdict(distance), sort_keys=True, ensure_ascii=False, allow_nan=False)


def decode_distance(content: str) -> Distance:
    """The distance of a document written by `encode_distance`."""
    return Distance(**json.loads(content))


def storable(text: str) -> str:
    """The text with escapes for what a database cannot hold: bytes of a file name that are not UTF-8, and NUL."""
    return text.encode(errors="backslashreplace").decode().replace("\0", "\\x00")


def content_hash(content: str) -> str:
    """SHA-256 of an encoded baseline."""
    return sha256(content.encode()).hexdigest()


def summary_document(summary: Summary) -> dict[str, Any]:
    """A summary as plain data."""
    return {
        "rows": summary.rows,
        "undated": summary.undated,
        "numerical": {name: _numerical(column) for name, column in summary.numerical.items()},
        "categorical": {name: _names(column) for name, column in summary.categorical.items()},
        "predicted": summary.predicted,
        "classes": _names(summary.classes),
        "output": None if summary.output is None else _numerical(summary.output),
        "confidence": asdict(summary.confidence),
        "entropy": asdict(summary.entropy),
        "labelled": summary.labelled,
        "correct": summary.correct,
        "by_class": {name: asdict(tally) for name, tally in summary.by_class.items()},
        "errors": asdict(summary.errors),
        "groups": {name: {group: asdict(tally) for group, tally in g.items()} for name, g in summary.groups.items()},
        "attributions": {name: _numerical(column) for name, column in summary.attributions.items()},
        "products": None if summary.products is None else _arrays(summary.products),
        "repeats": None if summary.repeats is None else _arrays(summary.repeats),
    }


def to_summary(document: Mapping[str, Any]) -> Summary:
    """The summary of a document made by `summary_document`."""
    products, repeats = document["products"], document["repeats"]
    return Summary(
        rows=document["rows"],
        undated=document["undated"],
        numerical={name: _to_numerical(column) for name, column in document["numerical"].items()},
        categorical={name: Categorical(**column) for name, column in document["categorical"].items()},
        predicted=document["predicted"],
        classes=Categorical(**document["classes"]),
        output=None if document["output"] is None else _to_numerical(document["output"]),
        confidence=Moments(**document["confidence"]),
        entropy=Moments(**document["entropy"]),
        labelled=document["labelled"],
        correct=document["correct"],
        by_class={name: ClassTally(**tally) for name, tally in document["by_class"].items()},
        errors=Moments(**document["errors"]),
        groups={
            name: {g: Tally(**tally) for g, tally in groups.items()} for name, groups in document["groups"].items()
        },
        attributions={name: _to_numerical(column) for name, column in document["attributions"].items()},
        products=None if products is None else _to_products(products),
        repeats=None if repeats is None else _to_repeats(repeats),
    )


def pack_summary(summary: Summary) -> bytes:
    """A summary as compressed JSON: equal summaries give equal bytes."""
    return zlib.compress(json.dumps(summary_document(summary), sort_keys=True).encode(), level=1)


def unpack_summary(content: bytes) -> Summary:
    """The summary of bytes made by `pack_summary`."""
    return to_summary(json.loads(zlib.decompress(content)))


def seal(content: bytes, *facts: object) -> str:
    """SHA-256 of content and of the facts that it belongs to: tells damage."""
    return sha256(repr(facts).encode() + content).hexdigest()


def bins_document(bins: NumericalBins) -> dict[str, Any]:
    """Bins as plain data."""
    return {**asdict(bins), "edges": bins.edges.tolist(), "psi_bins": bins.psi_bins.tolist()}


def _to_bins(document: Mapping[str, Any]) -> NumericalBins:
    edges, psi_bins = np.array(document["edges"], dtype=np.float64), np.array(document["psi_bins"], dtype=np.int64)
    return NumericalBins(**{**document, "edges": edges, "psi_bins": psi_bins})


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


def _names(column: Categorical) -> dict[str, Any]:
    return {"counts": dict(column.counts), "rows": column.rows, "missing": column.missing, "folded": column.folded}


def _numerical(column: Numerical) -> dict[str, Any]:
    found = {item.name: getattr(column, item.name) for item in fields(column)}
    extremes = {name: found[name] if np.isfinite(found[name]) else None for name in ("minimum", "maximum")}
    return {**found, "counts": column.counts.tolist(), "sums": column.sums.tolist(), **extremes}


def _to_numerical(column: Mapping[str, Any]) -> Numerical:
    values = dict(column)
    values["counts"] = np.array(values["counts"], dtype=np.int64)
    values["sums"] = np.array(values["sums"], dtype=np.object_)
    values["minimum"] = np.inf if values["minimum"] is None else values["minimum"]
    values["maximum"] = -np.inf if values["maximum"] is None else values["maximum"]
    return Numerical(**values)


def _arrays(value: Products | Repeats) -> dict[str, Any]:
    """Arrays as lists."""
    found = {item.name: getattr(value, item.name) for item in fields(value)}
    return {name: part.tolist() if isinstance(part, np.ndarray) else part for name, part in found.items()}


def _to_products(document: Mapping[str, Any]) -> Products:
    names = ("rows", "sums", "squares", "products")
    rows, sums, squares, products = (np.array(document[name], dtype=np.int64) for name in names)
    return Products(tuple(document["features"]), rows, sums, squares, products)


def _to_repeats(document: Mapping[str, Any]) -> Repeats:
    names = ("rows", "totals", "squares", "explained")
    rows, totals, squares, explained = (np.array(document[name], dtype=np.int64) for name in names)
    vectors = np.array(document["vectors"], dtype=np.int64).reshape(len(rows), -1)
    return Repeats(np.array(document["hashes"], dtype=np.uint64), rows, totals, squares, explained, vectors)
