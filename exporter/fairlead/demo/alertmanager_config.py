"""The shipped Alertmanager configuration, with every receiver redirected to a local sink."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ruamel.yaml import YAML

SECRETS = "/run/secrets/"
"""Where the shipped configuration expects its secret files."""

FAST = {"group_wait": "500ms", "group_interval": "2s"}
"""Delays in a demo or a test; repeat intervals stay, so that nothing is told twice."""

WEBHOOK_PATH = "/api/v1/alerts/webhook"


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where a running fairlead is, and the file with the secret that it asks for."""

    url: str
    token: Path


def render(
    source: Path,
    destination: Path,
    sink_http_url: str,
    smtp_host_port: str,
    fairlead: Webhook | None = None,
    *,
    fast: bool = False,
) -> Path:
    """Write ``alertmanager.yml`` and throw-away secrets into the folder ``destination``; returns the file.

    Routes, matchers, receivers and templates stay the shipped ones. A receiver calls the sink at
    ``/slack/<receiver>``, ``/sms/<receiver>`` or ``/hook/<receiver>``; mail goes to ``smtp_host_port``.
    With ``fairlead`` its webhook goes there instead of ``/hook/fairlead``.
    """
    config = load(source)
    destination.mkdir(parents=True, exist_ok=True)
    config["templates"] = [str(source.resolve().parent / pattern) for pattern in config["templates"]]
    config["global"] |= {"smtp_smarthost": smtp_host_port, "smtp_require_tls": False}
    for receiver in config["receivers"]:
        _redirect(receiver, destination / "secrets", sink_http_url, fairlead)
    _write_secrets(config, destination / "secrets")
    if fast:
        _hurry(config["route"])
    return write(config, destination / "alertmanager.yml")


def load(source: Path) -> Any:
    """The configuration as plain dicts and lists; what YAML aliases share becomes separate copies."""
    return json.loads(json.dumps(YAML(typ="safe", pure=True).load(source.read_text(encoding="utf-8"))))


def write(config: Any, path: Path) -> Path:
    """Write a configuration that was loaded; returns the path."""
    with path.open("w", encoding="utf-8") as file:
        yaml = YAML(typ="safe", pure=True)
        yaml.default_flow_style = False
        yaml.dump(config, file)
    return path


def _redirect(receiver: dict[str, Any], secrets: Path, sink_url: str, fairlead: Webhook | None) -> None:
    name = receiver["name"]
    for slack in receiver.get("slack_configs", ()):
        slack["api_url_file"] = _secret(secrets / f"slack-{name}", f"{sink_url}/slack/{name}")
    for sns in receiver.get("sns_configs", ()):
        sns["api_url"] = f"{sink_url}/sms/{name}"
    for webhook in receiver.get("webhook_configs", ()):
        place = urlsplit(webhook["url"])
        if place.path == WEBHOOK_PATH and fairlead is not None:
            webhook["url"] = fairlead.url + WEBHOOK_PATH
            webhook["http_config"] = {"authorization": {"credentials_file": str(fairlead.token.resolve())}}
        else:
            kind = "sms" if (place.hostname or "").startswith("sms") else "hook"
            webhook["url"] = f"{sink_url}/{kind}/{name}"


def _write_secrets(config: Any, secrets: Path) -> None:
    for mapping in _mappings(config):
        for key, value in mapping.items():
            if isinstance(value, str) and value.startswith(SECRETS):
                name = value.removeprefix(SECRETS)
                mapping[key] = _secret(secrets / name, f"throw-away-{name}")


def _secret(path: Path, text: str) -> str:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return str(path)


def _hurry(route: dict[str, Any]) -> None:
    route |= FAST
    for child in route.get("routes", ()):
        _hurry(child)


def _mappings(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from _mappings(value)
    elif isinstance(node, list):
        for value in node:
            yield from _mappings(value)
