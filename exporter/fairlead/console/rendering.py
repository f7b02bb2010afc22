"""Pages from templates: every value is escaped, and what could disturb a screen is shown as such."""

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from fairlead import __version__
from fairlead.console import chart
from fairlead.console.measured import number
from fairlead.console.visitor import service_of
from fairlead.core.thresholds import Severity

FOLDER = Path(__file__).parent
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
SYMBOLS = {"critical": "▲", "warning": "◆", "inconclusive": "◇", "info": "●", "none": "○"}
"""Beside the word, so that a severity is told by its shape, too, and by its colour only in the third place."""
JOINERS = "\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}"
"""Parts of words and of emoji, which names may have."""
MINUTE, HOUR, DAY = 60, 3600, 86_400


class Pages:
    """All templates of the console."""

    def __init__(self) -> None:
        self._environment = Environment(
            autoescape=True,
            loader=FileSystemLoader(FOLDER / "templates"),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters |= {
            "shown": shown,
            "prose": prose,
            "moment": moment,
            "number": number,
            "segment": segment,
            "query": urlencode,
            "web": web_address,
            "words": words,
            "share": share,
        }
        self._environment.globals |= {
            "version": __version__,
            "style": sha256((FOLDER / "console.css").read_bytes()).hexdigest()[:12],
            "symbols": SYMBOLS,
            "severities": [*(one.name.lower() for one in reversed(Severity)), "none"],
            "chart": chart.bars,
            "unique": lambda: secrets.token_urlsafe(12),
        }

    def html(self, template: str, context: Mapping[str, object]) -> str:
        """The page as text."""
        return self._environment.get_template(template).render(context)


def render(request: Request, template: str, status: int = 200, **context: object) -> HTMLResponse:
    """A page for the visitor of a request, if there is one."""
    pages: Pages = request.app.state.console
    visitor, now = getattr(request.state, "visitor", None), service_of(request).analyses.now()
    content = pages.html(template, {"visitor": visitor, "path": request.url.path, "now": now, **context})
    return HTMLResponse(content, status)


def shown(value: object) -> str:
    """A value on one line: control and formatting characters, which could deceive, become a replacement character."""
    if value is None or value == "":
        return "–"
    text = str(value)
    return "".join(one if one.isprintable() or one in JOINERS else "\N{REPLACEMENT CHARACTER}" for one in text)


def prose(value: object) -> str:
    """The same of text with line ends."""
    return "\n".join(shown(line) if line else "" for line in str(value).replace("\r\n", "\n").split("\n"))


def words(value: object) -> str:
    """accepted_risk → accepted risk."""
    return shown(value).replace("_", " ")


def segment(value: str) -> str:
    """A name as a part of a path."""
    return quote(value, safe="")


def web_address(value: str) -> str:
    """An address that leads to a web page, or "": other kinds could run something."""
    try:
        parts = urlsplit(value)
    except ValueError:
        return ""
    return value if parts.scheme in {"http", "https"} and parts.netloc and value.isprintable() else ""


def share(value: float) -> str:
    """0.1234 → 12.3 %."""
    return f"{100 * value:.1f} %"


def moment(value: datetime | None, now: datetime | None = None) -> Markup:
    """A time in UTC, with how long ago or ahead it is."""
    if value is None:
        return Markup("–")
    at = value.astimezone(UTC)
    apart = "" if now is None else Markup(' <span class="ago">{}</span>').format(_apart((now - at).total_seconds()))
    text = Markup('<time datetime="{}">{}</time>{}')
    return text.format(f"{at:%Y-%m-%dT%H:%M:%SZ}", f"{at:%Y-%m-%d %H:%M} UTC", apart)


def _apart(seconds: float) -> str:
    size = abs(seconds)
    if size < MINUTE:
        return "now"
    if size < HOUR:
        told = f"{size / MINUTE:.0f} min"
    elif size < 2 * DAY:
        told = f"{size / HOUR:.0f} h"
    else:
        told = f"{size / DAY:.0f} days"
    return f"{told} ago" if seconds > 0 else f"in {told}"
