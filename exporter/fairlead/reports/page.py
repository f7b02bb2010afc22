"""A report as one HTML page that prints well; every value is escaped, and control characters are shown as such."""

from jinja2 import Environment

from fairlead.reports.document import Cell, Document, stamp

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ d.title|shown }}</title><style>
:root { color-scheme: light } body { font: 10.5pt/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 62rem;
padding: 0 1rem } h1 { margin-bottom: 0 } h2 { margin: 1.6rem 0 .2rem } p { margin: .2rem 0 .6rem }
table { border-collapse: collapse; width: 100% } th, td { border-bottom: 1px solid #bbb; padding: .2rem .5rem;
text-align: left; vertical-align: top; unicode-bidi: isolate; overflow-wrap: anywhere } td.n { text-align: right }
tr { break-inside: avoid } thead { display: table-header-group } h2 { break-after: avoid }
footer { border-top: 1px solid; color: #444; font-size: 85%; margin-top: 2rem; overflow-wrap: anywhere }
@page { margin: 18mm 15mm } @media print { body { margin: 0; max-width: none } }
</style></head><body><main><h1>{{ d.title|shown }}</h1>
<p>{{ d.subject|shown }}</p>
{% for section in d.sections %}<section><h2>{{ section.title|shown }}</h2>
<p>{{ section.text|shown }}</p>
{% if section.rows %}<table><thead><tr>
{%- for column in section.columns %}<th scope="col">{{ column|shown }}</th>{% endfor %}</tr>
</thead><tbody>{% for row in section.rows %}<tr>{% for cell in row %}<td{% if cell is number %} class="n"{% endif %}>
{{- cell|shown }}</td>{% endfor %}</tr>
{% endfor %}</tbody></table>
{% else %}<p>None.</p>
{% endif %}</section>
{% endfor %}</main><footer><p>{% if d.start %}From {{ d.start|moment }} until {{ d.end|moment }}{% else %}As of
{{ d.end|moment }}{% endif %}, UTC. Last entry of the audit log then: {{ d.audit_number }}, {{ d.audit_hash }}</p>
</footer>
</body></html>
"""


def as_html(document: Document) -> str:
    """The page."""
    environment = Environment(autoescape=True)
    environment.filters |= {"shown": _shown, "moment": stamp}
    return environment.from_string(PAGE).render(d=document)


def _shown(cell: Cell) -> str:
    if cell is None:
        return "–"
    if isinstance(cell, float):
        return f"{cell:.4g}"
    return "".join(one if one.isprintable() or one == "\n" else "\N{REPLACEMENT CHARACTER}" for one in str(cell))
