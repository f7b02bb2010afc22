"""Weeks of samples for a Prometheus that has just started, by its remote-write receiver."""

import http.client
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from tests.bench.rounds import BenchError

CHUNK = 6 * 3600
HEADERS = {
    "Content-Encoding": "snappy",
    "Content-Type": "application/x-protobuf",
    "X-Prometheus-Remote-Write-Version": "0.1.0",
}
LITERAL = 63 << 2
"""Snappy's tag of a literal whose length follows in four bytes."""


@dataclass(frozen=True, slots=True)
class Series:
    """A series with one value all the time: its name, labels, value, seconds between samples, and since when."""

    name: str
    labels: Mapping[str, str]
    value: float
    every: int
    since: int


def write(url: str, series: Sequence[Series], end: int) -> int:
    """Send all samples up to a Unix time, in the order of time; how many."""
    place = urlsplit(url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=120)
    heads = [_head(one) for one in series]
    start = min(one.since for one in series)
    sent = 0
    for begin in range(start, end, CHUNK):
        body = bytearray()
        for one, head in zip(series, heads, strict=True):
            times = range(max(_up(begin, one.every), _up(one.since, one.every)), min(begin + CHUNK, end), one.every)
            if times:
                body += _field(1, head + b"".join(_samples(one.value, times)))
                sent += len(times)
        packed = _varint(len(body)) + bytes([LITERAL]) + struct.pack("<I", len(body) - 1) + body
        connection.request("POST", "/api/v1/write", packed, HEADERS)
        answer = connection.getresponse()
        told = answer.read().decode(errors="replace")
        if answer.status not in {200, 204}:
            raise BenchError(f"dashboards: Prometheus must take samples, got {answer.status} {told.strip()}")
    connection.close()
    return sent


def _up(moment: int, every: int) -> int:
    return -(-moment // every) * every


def _head(one: Series) -> bytes:
    """The labels, in the order of their names."""
    labels = sorted({"__name__": one.name, **one.labels}.items())
    return b"".join(_field(1, _field(1, name.encode()) + _field(2, value.encode())) for name, value in labels)


def _samples(value: float, times: Sequence[int]) -> Iterator[bytes]:
    number = b"\x09" + struct.pack("<d", value)
    for moment in times:
        yield _field(2, number + b"\x10" + _varint(moment * 1000))


def _field(number: int, content: bytes) -> bytes:
    return bytes([number << 3 | 2]) + _varint(len(content)) + content


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)
