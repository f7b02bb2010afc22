"""What must hold of the shipped files whatever the routes: validity, secrets, addresses, intervals, explicit fields."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fairlead.demo.alertmanager_config import Webhook, load, render
from tests.support.alertmanager import CONFIG, FOLDER, amtool

ADDRESS = re.compile(r"[\w.+-]+@[\w.-]+\.\w+")
SLACK_FIELDS = {
    *("api_url_file", "channel", "username", "color", "title", "title_link", "pretext", "text", "fallback"),
    *("callback_id", "footer", "icon_emoji", "icon_url", "image_url", "thumb_url", "short_fields", "link_names"),
    *("mrkdwn_in", "send_resolved", "actions"),
}


def address_books() -> str:
    return "".join((FOLDER / "templates" / name).read_text() for name in ("contacts.tmpl", "oncall.tmpl"))


@pytest.fixture(scope="module")
def config() -> Any:
    return load(CONFIG)


def integrations(config: Any, kind: str) -> list[tuple[str, dict[str, Any]]]:
    return [(receiver["name"], one) for receiver in config["receivers"] for one in receiver.get(kind, ())]


def routes(route: dict[str, Any], inherited: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every route with the settings it inherits."""
    whole = {**inherited, **route}
    yield whole
    for child in route.get("routes", ()):
        yield from routes(child, {key: value for key, value in whole.items() if key not in {"routes", "matchers"}})


def minutes(duration: str) -> float:
    return int(duration[:-1]) * {"s": 1 / 60, "m": 1, "h": 60}[duration[-1]]


def literals(node: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Path and value of every scalar."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from literals(value, f"{path}.{key}")
    elif isinstance(node, list):
        for value in node:
            yield from literals(value, path)
    else:
        yield path, str(node)


def test_shipped_file_is_valid() -> None:
    result = amtool("check-config", CONFIG)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "21 receivers" in result.stdout


def test_file_for_demo_and_tests_is_valid(tmp_path: Path) -> None:
    (token := tmp_path / "token").write_text("x" * 32)
    webhook = Webhook("http://127.0.0.1:3", token)
    rendered = render(CONFIG, tmp_path, "http://127.0.0.1:1", "127.0.0.1:2", webhook, fast=True)
    result = amtool("check-config", rendered)
    assert result.returncode == 0, result.stdout + result.stderr


def test_every_receiver_is_used(config: Any) -> None:
    used = {route["receiver"] for route in routes(config["route"], {})}
    assert used == {receiver["name"] for receiver in config["receivers"]}


def test_secrets_are_files(config: Any) -> None:
    secret = re.compile(r"(api_url|configs\.url|password|credentials|secret|token|key)(_file)?$")
    found = {path: value for path, value in literals(config) if secret.search(path)}
    files = {path for path in found if path.endswith("_file")}
    assert all(found[path].startswith("/run/secrets/") for path in files)
    # the addresses of webhooks are no secrets: their tokens are
    assert found.keys() - files == {".receivers.webhook_configs.url"}


def test_addresses_are_in_two_files() -> None:
    places = [path for path in (CONFIG, *sorted((FOLDER / "templates").iterdir())) if ADDRESS.search(path.read_text())]
    assert [path.name for path in places] == ["alertmanager.yml", "contacts.tmpl", "oncall.tmpl"]
    assert ADDRESS.findall(CONFIG.read_text()) == ["fairlead@example.com"]  # the sender


def test_addresses_are_examples() -> None:
    text = CONFIG.read_text() + address_books()
    assert {address.split("@")[1] for address in ADDRESS.findall(text)} == {"example.com"}


def test_mail_goes_to_a_template_that_exists(config: Any) -> None:
    defined = set(re.findall(r'{{ define "([^"]+)" }}', address_books()))
    for name, mail in integrations(config, "email_configs"):
        template = mail["to"].removeprefix('{{ template "').removesuffix('" . }}')
        assert template in defined, name


def test_no_field_is_left_to_the_default_templates(config: Any) -> None:
    for name, slack in integrations(config, "slack_configs"):
        assert set(slack) == SLACK_FIELDS, name
    for name, mail in integrations(config, "email_configs"):
        assert set(mail) == {"to", "send_resolved", "headers", "html", "text"}, name
        assert set(mail["headers"]) == {"subject"}, name


def test_at_most_five_slack_messages_an_hour(config: Any) -> None:
    """A group sends at most every group_interval, so at most 1 + ⌊60 / interval⌋ times in 60 minutes."""
    slack = {name for name, _ in integrations(config, "slack_configs")}
    intervals = [
        minutes(route["group_interval"]) for route in routes(config["route"], {}) if route["receiver"] in slack
    ]
    assert len(intervals) == len(slack)
    assert sum(1 + int(60 // interval) for interval in intervals) <= 5


def test_slack_says_nothing_when_an_alert_ends(config: Any) -> None:
    assert not [name for name, slack in integrations(config, "slack_configs") if slack["send_resolved"]]


def test_everything_but_the_watchdog_repeats_after_six_hours(config: Any) -> None:
    intervals = {route["receiver"]: route["repeat_interval"] for route in routes(config["route"], {})}
    assert intervals.pop("watchdog") == "4m"
    assert set(intervals.values()) == {"6h"}


def test_everything_but_slack_is_sent_within_five_minutes(config: Any) -> None:
    slack = {name for name, _ in integrations(config, "slack_configs")}
    for route in routes(config["route"], {}):
        assert minutes(route["group_wait"]) <= 1
        if route["receiver"] not in slack:
            assert minutes(route["group_interval"]) <= 5


def test_readme_names_every_receiver_and_secret(config: Any) -> None:
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    receivers = {receiver["name"] for receiver in config["receivers"]}
    secrets = {value.removeprefix("/run/secrets/") for path, value in literals(config) if path.endswith("_file")}
    assert {name for name in receivers | secrets if f"`{name}`" not in readme} == set()


def test_label_names_of_the_grouping_are_the_public_ones(config: Any) -> None:
    used = {label for route in routes(config["route"], {}) for label in route["group_by"]}
    assert used <= {"alertname", "model", "metric", "severity", "family", "escalation", "team"}
