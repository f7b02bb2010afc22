"""What a caller was answered, to be told again when the same request is repeated."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Answer:
    """Digest of the request, and the status and JSON text of its answer."""

    request: str
    status: int
    content: str
