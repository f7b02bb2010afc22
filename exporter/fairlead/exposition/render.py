"""The page: fragments put together by metric name and compressed once per change, then the process's own metrics."""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from fairlead.exposition.catalogue import METRICS, noise_help
from fairlead.exposition.fragment import Fragment

TEXT = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
PIECE = 1 << 20
GZIP_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"


def _helps() -> Iterator[tuple[str, str]]:
    for metric in METRICS.values():
        yield metric.name, metric.help
        if metric.noise:
            yield f"{metric.name}_noise", noise_help(metric)


HELPS = dict(_helps())
"""Help by metric name, in the order of exposition."""


def render(fragments: tuple[Fragment, ...]) -> Iterator[bytes]:
    """Gauges in text format 0.0.4, which for gauges is OpenMetrics as well, without its end mark; in pieces."""
    piece, size = [], 0
    for name, text in HELPS.items():
        lines = [fragment.lines[name] for fragment in fragments if name in fragment.lines]
        if lines:
            piece.append(b"".join((f"# HELP {name} {text}\n# TYPE {name} gauge\n".encode(), *lines)))
            size += len(piece[-1])
        if size >= PIECE:
            yield b"".join(piece)
            piece, size = [], 0
    if piece:
        yield b"".join(piece)


@dataclass(frozen=True, slots=True)
class Page:
    """The snapshot's part of the page, and the same as the beginning of a gzip stream; size is that of the text."""

    fragments: tuple[Fragment, ...]
    gzip: bytes
    checksum: int
    size: int


def page(fragments: tuple[Fragment, ...]) -> Page:
    """Compress once; the stream is left open so that each scrape can add its own end."""
    compressor = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS)
    gzip, checksum, size = [GZIP_HEADER], 0, 0
    for block in render(fragments):
        gzip.append(compressor.compress(block))
        checksum, size = zlib.crc32(block, checksum), size + len(block)
    gzip.append(compressor.flush(zlib.Z_FULL_FLUSH))
    return Page(fragments, b"".join(gzip), checksum, size)


def whole(snapshot: Page, rest: bytes) -> tuple[Iterator[bytes], int]:
    """The whole page in pieces, put together as they are taken, and their length in all."""
    return chain(render(snapshot.fragments), (rest,)), snapshot.size + len(rest)


def gzipped(snapshot: Page, rest: bytes) -> tuple[Iterator[bytes], int]:
    """The same as one gzip stream; only the rest is compressed now."""
    compressor = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS)
    end = compressor.compress(rest) + compressor.flush()
    end += struct.pack("<II", zlib.crc32(rest, snapshot.checksum), (snapshot.size + len(rest)) % 2**32)
    pieces = (snapshot.gzip, end)
    return iter(pieces), sum(map(len, pieces))


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
