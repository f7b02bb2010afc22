"""The little of Arrow's message headers that must be known before a message is unpacked.

A message is a flatbuffer (Arrow's format/Message.fbs): a table whose fields are found by a table of offsets.
"""

import struct

HEADER_TYPE, HEADER = 1, 2
"""Fields of Message."""
DICTIONARY_BATCH, RECORD_BATCH = 2, 3
"""Values of its header type."""
LENGTH, COMPRESSION = 0, 3
"""Fields of RecordBatch."""
DATA = 1
"""Field of DictionaryBatch."""


def batch_facts(message: bytes) -> tuple[int, bool]:
    """Rows of a record or dictionary batch, and whether its buffers are compressed; struct.error for no flatbuffer."""
    root = _follow(message, 0)
    kind = _field(message, root, HEADER_TYPE)
    batch = _table(message, root, HEADER)
    if kind and message[kind] == DICTIONARY_BATCH:
        batch = _table(message, batch, DATA)
    length = _field(message, batch, LENGTH)
    rows = struct.unpack_from("<q", message, length)[0] if length else 0
    if rows < 0:
        raise struct.error("a negative number of rows")
    return rows, bool(_field(message, batch, COMPRESSION))


def _follow(message: bytes, place: int) -> int:
    """Where an offset at a place leads."""
    return int(place + struct.unpack_from("<I", message, place)[0])


def _field(message: bytes, table: int, number: int) -> int:
    """Place of a field of a table; 0 where it is left out."""
    offsets = table - struct.unpack_from("<i", message, table)[0]
    if offsets < 0:
        raise struct.error("an offset before the message")
    size = struct.unpack_from("<H", message, offsets)[0]
    entry = 4 + 2 * number
    if entry + 2 > size:
        return 0
    offset = struct.unpack_from("<H", message, offsets + entry)[0]
    return int(table + offset) if offset else 0


def _table(message: bytes, table: int, number: int) -> int:
    place = _field(message, table, number)
    if not place:
        raise struct.error("a header without content")
    return _follow(message, place)
