"""The daily digest as a mail: text and HTML with the same content; every value is made one harmless line."""

from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

from jinja2 import Environment

from fairlead.core.digest import Digest

MOST = 400
"""Characters that are shown of a value."""

TEXT = """\
fairlead: {{ d.warnings|length }} WARNINGs, {{ d.incidents|length }} incidents, {{ d.late|length }} late analyses
The 24 hours from {{ d.start|moment }} until {{ d.end|moment }}

WARNINGS
{% for one in d.warnings %}- {{ one.model or "–" }}: {{ one.alert }} ({{ one.about }}), since {{ one.began_at|moment }}
{%- if one.ended_at %}, ended {{ one.ended_at|moment }}{% else %}, still firing{% endif %}
  {{ one.summary }}
{% else %}None.
{% endfor %}
INCIDENTS
{% for one in d.incidents %}- {{ one.name }} {{ one.severity|upper }} {{ one.status }}: {{ one.model -}}
, {{ one.family }}, opened {{ one.opened_at|moment }}{% if one.closed %}, closed {{ one.resolved_at|moment }}{% endif %}
  {{ one.title }}
{% else %}None.
{% endfor %}
ANALYSES THAT ARE LATE
{% for one in d.late %}- {{ one.model }}: {{ one.family }}, last completed {{ one.last_at|moment }}
{% else %}None.
{% endfor %}
Last entry of the audit log at {{ d.end|moment }}: {{ d.head.number }}:{{ d.head.hash }}
Check it with: fairlead audit verify --head {{ d.head.number }}:{{ d.head.hash }}
"""

PAGE = """\
<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{{ subject }}</title></head>
<body style="font: 14px/1.45 sans-serif; color: #222; max-width: 60rem">
<p>From {{ d.start|moment }} until {{ d.end|moment }}</p>
{% macro head(names) %}<table style="border-collapse: collapse; width: 100%"><tr>{% for name in names %}
<th style="text-align: left; border-bottom: 1px solid #666; padding: 3px 8px">{{ name }}</th>{% endfor %}</tr>
{% endmacro %}
{% macro cell(value) %}<td style="border-bottom: 1px solid #ccc; padding: 3px 8px; vertical-align: top;
 overflow-wrap: anywhere">{{ value }}</td>{% endmacro %}
<h2>WARNINGs</h2>
{% if d.warnings %}{{ head(["model", "alert", "what", "since", "until", "summary"]) }}
{% for one in d.warnings %}<tr>{{ cell(one.model or "–") }}{{ cell(one.alert) }}{{ cell(one.about) }}
{{ cell(one.began_at|moment) }}{{ cell(one.ended_at|moment if one.ended_at else "still firing") }}
{{ cell(one.summary) }}</tr>
{% endfor %}</table>{% else %}<p>None.</p>{% endif %}
<h2>Incidents</h2>
{% if d.incidents %}{{ head(["incident", "severity", "status", "model", "family", "opened", "closed", "title"]) }}
{% for one in d.incidents %}<tr>{{ cell(one.name) }}{{ cell(one.severity|upper) }}{{ cell(one.status) }}
{{ cell(one.model) }}{{ cell(one.family) }}{{ cell(one.opened_at|moment) }}
{{ cell(one.resolved_at|moment if one.closed else "–") }}{{ cell(one.title) }}</tr>
{% endfor %}</table>{% else %}<p>None.</p>{% endif %}
<h2>Analyses that are late</h2>
{% if d.late %}{{ head(["model", "family", "last completed"]) }}
{% for one in d.late %}<tr>{{ cell(one.model) }}{{ cell(one.family) }}{{ cell(one.last_at|moment) }}</tr>
{% endfor %}</table>{% else %}<p>None.</p>{% endif %}
<p style="color: #555; font-size: 12px; overflow-wrap: anywhere">Last entry of the audit log at {{ d.end|moment }}:
{{ d.head.number }}:{{ d.head.hash }}</p>
</body></html>
"""


def subject(digest: Digest) -> str:
    """One line: the day and how much there is."""
    open_incidents = sum(not one.closed for one in digest.incidents)
    return f"fairlead {digest.day}: {len(digest.warnings)} WARNINGs, {open_incidents} open incidents"


def as_text(digest: Digest) -> str:
    """Plain text."""
    return _environment(escaping=False).from_string(TEXT).render(d=digest)


def as_html(digest: Digest) -> str:
    """An HTML page without anything that is loaded or run."""
    return _environment(escaping=True).from_string(PAGE).render(d=digest, subject=subject(digest))


def message_id(digest: Digest, sender: str) -> str:
    """The same for every mail about a day, so that a second one is known as such."""
    return f"<digest-{digest.day}@{_of(sender).domain}>"


def message(digest: Digest, sender: str, to: tuple[str, ...]) -> EmailMessage:
    """The whole mail."""
    made = EmailMessage(policy=SMTP)
    made["From"], made["To"], made["Subject"] = _of(sender), [_of(one) for one in to], subject(digest)
    made["Date"] = digest.end
    made["Message-ID"] = message_id(digest, sender)
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(as_text(digest))
    made.add_alternative(as_html(digest), subtype="html")
    return made


def _of(address: str) -> Address:
    name, _, domain = address.rpartition("@")
    return Address(username=name, domain=domain)


def _environment(escaping: bool) -> Environment:
    environment = Environment(autoescape=escaping, finalize=_line, keep_trailing_newline=True)  # noqa: S701 - of text
    environment.filters["moment"] = _moment
    return environment


def _moment(moment: datetime | None) -> str:
    return "never" if moment is None else f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _line(value: object) -> object:
    """A text as one line without control characters; numbers and what is marked as safe stay."""
    if type(value) is not str:
        return value
    line = " ".join("".join(one if one.isprintable() else " " for one in value).split())
    return line if len(line) <= MOST else line[: MOST - 1] + "…"
