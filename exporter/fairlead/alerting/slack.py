"""What Alertmanager renders for Slack: what it is about, what is added to it, and how it is handed on."""

import json
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

import httpx

from fairlead.core.limiter import Key

TIMEOUT_SECONDS = 10.0
ABOUT = "fairlead?"
"""How the callback_id begins in which the template fairlead.slack.about says what a message is about."""
NAMED = 10
"""Folded messages that are named; of the others there is only the number."""
MOST_TITLE = 200
MOST_WAIT = 3600.0
"""Seconds that Slack is believed when it asks to wait."""
OF_THE_MESSAGE = frozenset({400, 413})
"""Statuses that no repetition changes."""


class UnreadableError(ValueError):
    """What is no message for Slack."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message: which model and alerts it is about ("" and none where it does not say), its channel and its title."""

    model: str
    alerts: frozenset[Key]
    channel: str
    title: str
    content: str


def rendered(body: bytes) -> Rendered:
    """What a body says."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        raise UnreadableError("body: must be JSON, got something else") from None
    if not isinstance(document, dict):
        raise UnreadableError("body: must be a JSON object, got another value")
    attachments = document.get("attachments")
    first = attachments[0] if isinstance(attachments, list) and attachments else {}
    first = first if isinstance(first, dict) else {}
    model, alerts = "", frozenset[Key]()
    about = first.get("callback_id")
    if isinstance(about, str) and about.startswith(ABOUT):
        model, alerts = _about(about.removeprefix(ABOUT))
        first["callback_id"] = ABOUT.rstrip("?")
    title = str(first.get("title") or document.get("text") or "message")[:MOST_TITLE]
    return Rendered(model, alerts, str(document.get("channel") or ""), title, json.dumps(document))


def _about(query: str) -> tuple[str, frozenset[Key]]:
    model, alerts = "", set[Key]()
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        if name == "model":
            model = unquote_plus(value)
        elif name == "alert":
            metric, _, severity = value.partition(":")
            alerts.add((unquote_plus(metric), unquote_plus(severity)))
    return model, frozenset(alerts)


def folded(content: str, titles: Sequence[str]) -> dict[str, Any]:
    """A message with a last line that tells of others."""
    document: dict[str, Any] = deepcopy(json.loads(content))
    if not titles:
        return document
    names = "".join(f"\n• {title}" for title in titles[:NAMED])
    more = f"… and {len(titles)} more:{names}"
    attachments = document.get("attachments")
    first = attachments[0] if isinstance(attachments, list) and attachments else None
    target = first if isinstance(first, dict) else document
    target["text"] = f"{target.get('text') or ''}\n{more}".lstrip("\n")
    return document


@dataclass(frozen=True, slots=True)
class Posted:
    """What came of a post: taken; else whether Slack certainly has it not, will never take it, and how long to wait."""

    taken: bool
    refused: bool = False
    hopeless: bool = False
    wait: float | None = None
    reason: str = ""


def post(url_file: Path, document: dict[str, Any]) -> Posted:
    """Hand a message to the incoming webhook whose address is in a file; never raises, and names no secret."""
    try:
        url = url_file.read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        return Posted(False, refused=True, reason=f"{url_file}: {type(error).__name__}")
    if not url.startswith(("https://", "http://")):
        return Posted(False, refused=True, reason=f"{url_file}: must hold an address, got none")
    try:
        answer = httpx.post(url, json=document, timeout=TIMEOUT_SECONDS)
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
        return Posted(False, refused=True, reason=type(error).__name__)
    except httpx.HTTPError as error:
        return Posted(False, reason=type(error).__name__)
    if answer.is_success:
        return Posted(True)
    status = answer.status_code
    wait = _seconds(answer.headers.get("retry-after", "")) if status in {429, 503} else None
    return Posted(False, refused=True, hopeless=status in OF_THE_MESSAGE, wait=wait, reason=f"answer {status}")


def _seconds(text: str) -> float | None:
    return min(float(text), MOST_WAIT) if text.isascii() and text.isdecimal() and len(text) < 9 else None
