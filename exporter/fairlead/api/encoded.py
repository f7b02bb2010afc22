"""Large answers of plain data: encoded once, where FastAPI would check each value twice. Tests check them instead."""

import json
from datetime import UTC, datetime

from fastapi import Response


def encoded(content: object) -> Response:
    """The content as a JSON response; moments in UTC."""
    return Response(text_of(content), media_type="application/json")


def text_of(content: object) -> str:
    """The content as JSON."""
    return json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_moment)


def _moment(value: object) -> str:
    if not isinstance(value, datetime):
        raise TypeError(f"content: must be plain data and moments, got {type(value).__name__}")
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
