"""Reads Parquet in a process of its own: `python -m fairlead.ingest.unpack`, which `apart` starts and feeds.

Damaged metadata can abort the process that looks at it, and pages can claim any size; here neither does harm. Requests
and answers are frames: a length of eight bytes and so many bytes. A request is two, a JSON header and the file. An
answer begins with T, before a table as an Arrow stream, or L, for too large, or U, before the reason it is unreadable.
"""

import io
import json
import resource
import struct
import sys
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq

MEMORY = 3 << 30
"""Bytes of addresses, of which Arrow reserves some beforehand."""
LENGTH = struct.Struct("<Q")


def send(stream: IO[bytes], content: bytes) -> None:
    """Write a frame."""
    stream.write(LENGTH.pack(len(content)))
    stream.write(content)
    stream.flush()


def receive(stream: IO[bytes]) -> bytes:
    """Read a frame; EOFError when the other side is gone."""
    size = LENGTH.unpack(_exactly(stream, LENGTH.size))[0]
    return _exactly(stream, size)


def _exactly(stream: IO[bytes], size: int) -> bytes:
    found = stream.read(size)
    if len(found) < size:
        raise EOFError
    return found


def unpacked(body: bytes, listed: list[str], most_rows: int, most_bytes: int) -> bytes:
    """The answer: all columns of the schema as names, the listed ones with their rows."""
    source = pa.BufferReader(body)
    metadata = pq.read_metadata(source)
    schema = metadata.schema.to_arrow_schema()
    if metadata.num_rows > most_rows or _size(metadata, listed) > most_bytes:
        return b"L"
    names = [name for name in schema.names if name in listed]
    plain = [name for name in names if _is_flat(schema.field(name).type)] if len(set(names)) == len(names) else []
    coded = [name for name in plain if pa.types.is_string(schema.field(name).type)]
    file = pq.ParquetFile(source, metadata=metadata, read_dictionary=coded, pre_buffer=False)
    table = file.read(columns=plain, use_threads=False)
    table.validate(full=True)
    if table.num_rows > most_rows:
        return b"L"
    facts = {"names": schema.names, "types": [str(schema.field(place).type) for place in range(len(schema.names))]}
    stream = io.BytesIO()
    stream.write(b"T")
    with pa.ipc.new_stream(stream, table.schema.with_metadata({"facts": json.dumps(facts)})) as writer:
        writer.write_table(table.replace_schema_metadata({"facts": json.dumps(facts)}))
    return stream.getvalue()


def _size(metadata: pq.FileMetaData, listed: list[str]) -> int:
    """What the listed columns say that they are, unpacked."""
    groups = (metadata.row_group(number) for number in range(metadata.num_row_groups))
    chunks = (group.column(place) for group in groups for place in range(group.num_columns))
    return sum(chunk.total_uncompressed_size for chunk in chunks if chunk.path_in_schema in listed)


def _is_flat(kind: pa.DataType) -> bool:
    return not pa.types.is_nested(kind)


def _answer(header: dict[str, Any], body: bytes) -> bytes:
    try:
        return unpacked(body, header["listed"], header["most_rows"], header["most_bytes"])
    except MemoryError:
        return b"L"
    except (pa.ArrowException, OSError, ValueError, KeyError, IndexError, OverflowError) as error:
        return b"U" + (str(error).strip() or type(error).__name__).splitlines()[0][:200].encode(errors="replace")


def main(requests: IO[bytes], answers: IO[bytes]) -> None:
    """Answer until nobody asks any more."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    while True:
        try:
            header = json.loads(receive(requests))
            body = receive(requests)
        except EOFError:
            return
        send(answers, _answer(header, body))


if __name__ == "__main__":
    main(sys.stdin.buffer, sys.stdout.buffer)
