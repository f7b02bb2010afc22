"""Prometheus text, rendered and compressed once per snapshot, and put together with the process's own metrics."""

import struct
import zlib
from dataclasses import dataclass
from math import inf, isnan

from fairlead.exposition.collector import Family

TEXT = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
GZIP_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
ESCAPES = str.maketrans({"\\": r"\\", "\n": r"\n", '"': r"\""})


def render(families: list[Family]) -> bytes:
    """Gauges in text format 0.0.4, which for gauges is OpenMetrics as well, without its end mark."""
    lines: list[str] = []
    for family in families:
        lines += (f"# HELP {family.name} {family.help}\n", f"# TYPE {family.name} gauge\n")
        for values, number in family.series.items():
            pairs = zip(family.labels, values, strict=True)
            labels = ",".join(f'{name}="{value.translate(ESCAPES)}"' for name, value in pairs)
            lines.append(f"{family.name}{{{labels}}} {_number(number)}\n")
    return "".join(lines).encode()


def _number(value: float) -> str:
    if isnan(value):
        return "NaN"
    if abs(value) == inf:
        return "+Inf" if value > 0 else "-Inf"
    return repr(value)


@dataclass(frozen=True, slots=True)
class Page:
    """The snapshot's part of the page, plain and as the beginning of a deflate stream."""

    plain: bytes
    deflated: bytes
    checksum: int


def page(plain: bytes) -> Page:
    """Compress once; the stream is left open so that each scrape can add its own end."""
    compressor = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS)
    return Page(plain, compressor.compress(plain) + compressor.flush(zlib.Z_FULL_FLUSH), zlib.crc32(plain))


def gzipped(snapshot: Page, rest: bytes) -> bytes:
    """One gzip stream of the snapshot's part, already compressed, and the rest."""
    compressor = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS)
    end = compressor.compress(rest) + compressor.flush()
    size = len(snapshot.plain) + len(rest)
    return GZIP_HEADER + snapshot.deflated + end + struct.pack("<II", zlib.crc32(rest, snapshot.checksum), size % 2**32)


def wants_openmetrics(accept: str) -> bool:
    """Whether an Accept header prefers OpenMetrics 1.0 to plain text 0.0.4."""
    best: dict[str, float] = {}
    for offer in accept.split(","):
        kind, *rest = (part.strip().lower() for part in offer.split(";"))
        parameters = dict(part.partition("=")[::2] for part in rest)
        wanted = {"application/openmetrics-text": "1.0.0", "text/plain": "0.0.4"}.get(kind)
        if wanted and parameters.get("version", wanted) == wanted:
            best[kind] = max(best.get(kind, 0.0), _weight(parameters.get("q", "1")))
    openmetrics = best.get("application/openmetrics-text", 0.0)
    return openmetrics > 0 and openmetrics >= best.get("text/plain", 0.0)


def _weight(text: str) -> float:
    try:
        return min(max(float(text), 0.0), 1.0)
    except ValueError:
        return 0.0
