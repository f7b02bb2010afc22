"""How a place and a value are written in a message; passwords never are."""

import json
import re

Loc = tuple[str | int, ...]

SHOWN = 60  # longest value or key repeated in a message
PLAIN_KEY = re.compile(r"[\w-]+")
URL_PASSWORD = re.compile(r"(://[^:@/\s]*:).*@", re.DOTALL)
QUERY_PASSWORD = re.compile(r"((?:password|passwd|secret|token)=)[^&\s]+", re.IGNORECASE)


def redact(text: str) -> str:
    """The text with every password of a URL replaced by three stars."""
    return QUERY_PASSWORD.sub(r"\1***", URL_PASSWORD.sub(r"\1***@", text))


def short(text: str) -> str:
    """The text without passwords, cut where it is too long for a message."""
    text = redact(text)
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def shown(value: object) -> str:
    """What a message says was found: a short quoted text, a number, or the kind of collection."""
    match value:
        case None | True | False:
            return {None: "nothing", True: "true", False: "false"}[value]
        case str():
            return repr(short(value))
        case dict():
            return "a mapping" if value else "an empty mapping"
        case list() if not value or not all(isinstance(item, int | float) for item in value):
            return "a list" if value else "an empty list"
    return short(str(value))


def where(loc: Loc) -> str:
    """Path of a value: models[0].columns.score; unusual keys are quoted: features["a b"]."""
    return "".join(_step(part) for part in loc).removeprefix(".")


def _step(part: str | int) -> str:
    if isinstance(part, int):
        return f"[{part}]"
    key = short(part)
    if PLAIN_KEY.fullmatch(key):
        return f".{key}"
    return f"[{json.dumps(key, ensure_ascii=not key.isprintable())}]"
