"""Bodies as they were before they were compressed, within a limit that a small body cannot burst."""

import io
import zlib

import pyarrow as pa

from fairlead.ingest.refusal import RefusedError, too_large, unreadable

CHUNK = 1 << 20
CODINGS = ("identity", "gzip", "zstd")


def decompressed(body: bytes, coding: str, most: int) -> bytes:
    """The body without its Content-Encoding."""
    match coding.strip().lower():
        case "" | "identity":
            found = body
        case "gzip" | "x-gzip":
            found = _gunzip(body, most)
        case "zstd":
            found = _unzstd(body, most)
        case other:
            shown = other[:32]
            mistake = f"content-encoding: must be one of {', '.join(CODINGS)}, got {shown!r}"
            raise RefusedError(415, "unreadable", [mistake])
    if len(found) > most:
        raise too_large("bytes", most)
    return found


def _gunzip(body: bytes, most: int) -> bytes:
    """All members of a gzip file."""
    pieces, size, rest = [], 0, body
    try:
        while rest:
            member = zlib.decompressobj(wbits=31)
            pieces.append(member.decompress(rest, most + 1 - size))
            size += len(pieces[-1])
            if size > most:
                raise too_large("bytes", most)
            if not member.eof:
                raise unreadable("complete gzip", "the beginning of it")
            rest = member.unused_data
    except zlib.error as error:
        raise unreadable("gzip", str(error)[:100]) from None
    return b"".join(pieces)


def _unzstd(body: bytes, most: int) -> bytes:
    try:
        with pa.CompressedInputStream(pa.PythonFile(io.BytesIO(body), "r"), "zstd") as stream:
            pieces, size = [], 0
            while piece := stream.read(min(CHUNK, most + 1 - size)):
                pieces.append(piece)
                size += len(piece)
                if size > most:
                    raise too_large("bytes", most)
    except (pa.ArrowException, OSError) as error:
        raise unreadable("zstd", str(error).splitlines()[0][:100]) from None
    return b"".join(pieces)
