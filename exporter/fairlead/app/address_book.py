"""How people on call are reached, as a template file of Alertmanager.

Alerts name people, never addresses; the file knows the addresses. Who is on call is not in it: a handover changes a
metric, and only a change of people asks for a new file.
"""

from collections.abc import Callable, Sequence

from fairlead.config.oncall import Oncall, Person, Rotation

HEAD = """\
{{/*
Made by `fairlead oncall template` from the section oncall of fairlead.yml. Do not edit it: change that section, make
the file again and reload Alertmanager (SIGHUP, or POST /-/reload).

Alerts name the people who are on call, by their annotations oncall_ROTATION. Their addresses are here only: anybody
who may post an alert could otherwise send mail in your name. A name that is not here goes to the whole rotation.
*/}}
"""


def address_book(oncall: Oncall) -> str:
    """The text of the file; the same configuration gives the same text."""
    parts = [HEAD, _everybody(oncall.people)]
    parts += [_rotation(rotation, oncall.people) for rotation in oncall.rotations]
    return "\n".join(parts)


def _everybody(people: Sequence[Person]) -> str:
    """Lookups by name, "" for a name that is not known."""
    lines = ["{{/* . = the name of a person */}}"]
    for key, value in _KINDS.items():
        lines.append(f'{{{{ define "fairlead.oncall.{key}" -}}}}')
        known = [(one.name, text) for one in people if (text := value(one))]
        lines += [f"{{{{ if eq . {_quoted(name)} }}}}{text}{{{{ end -}}}}" for name, text in known]
        lines.append("{{ end }}")
    return "\n".join(lines) + "\n"


def _rotation(rotation: Rotation, people: Sequence[Person]) -> str:
    """What receivers use: that of the person whom the alerts name, else that of the rotation."""
    members = [one for one in people if one.name in rotation.people]
    rest = {key: _list(key, [text for one in members if (text := value(one))]) for key, value in _KINDS.items()}
    if rotation.email:
        rest["email"] = rotation.email
    lines = [f"{{{{/* . = notification: who is on call as {rotation.name} */}}}}"]
    for key, value in {"name": lambda one: one.name, **_KINDS}.items():
        named = [one.name for one in people if value(one)]
        fallback = rest.get(key, " or ".join(one.name for one in members))
        lines.append(f'{{{{ define "fairlead.{rotation.name}.{key}" }}}}{_lookup(rotation.name, key, named, fallback)}')
    return "\n".join(lines) + "\n"


def _lookup(rotation: str, key: str, named: Sequence[str], fallback: str) -> str:
    if not named:
        return f"{fallback}{{{{ end }}}}"
    names = " ".join(_quoted(name) for name in named)
    found = "{{ $name }}" if key == "name" else f'{{{{ template "fairlead.oncall.{key}" $name }}}}'
    return (
        f"{{{{ $name := .CommonAnnotations.oncall_{rotation} }}}}"
        f"{{{{ if eq $name {names} }}}}{found}{{{{ else }}}}{fallback}{{{{ end }}}}{{{{ end }}}}"
    )


def _list(key: str, values: Sequence[str]) -> str:
    """Several for those who can be several: a call goes to one number."""
    return {"email": ", ", "slack": " "}[key].join(values) if key != "phone" else "".join(values[:1])


def _quoted(text: str) -> str:
    """A string of Go; names have neither quotes nor backslashes."""
    return f'"{text}"'


_KINDS: dict[str, Callable[[Person], str]] = {
    "email": lambda one: one.email,
    "slack": lambda one: f"<@{one.slack}>" if one.slack else "",
    "phone": lambda one: one.phone,
}
