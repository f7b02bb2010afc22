"""Alerts: times as Go writes them, fingerprints as Alertmanager makes them, and which open an incident."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from fairlead.core.alert import REHEARSALS, begun, covers, fingerprint, moment, opens

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)

WRITTEN = {
    "2026-03-10T12:00:00Z": NOON,
    "2026-03-10T12:00:00.123456789Z": NOON + timedelta(microseconds=123456),
    "2026-03-10T12:00:00.5Z": NOON + timedelta(milliseconds=500),
    "2026-03-10t12:00:00z": NOON,
    "2026-03-10T14:00:00.000000001+02:00": NOON,
    "2026-03-10T06:30:00-05:30": NOON,
    "0001-01-01T00:00:00Z": None,
}


@pytest.mark.parametrize("text", WRITTEN)
def test_times_are_read_as_go_writes_them(text: str) -> None:
    assert moment(text) == WRITTEN[text]


@pytest.mark.parametrize(
    "text",
    ["", "yesterday", "2026-03-10", "2026-03-10T12:00:00", "2026-13-10T12:00:00Z", "2026-03-10T12:00:60Z", "1773144000",
     "2026-03-10T12:00:00.Z", "٢٠٢٦-03-10T12:00:00Z", "9999-12-31T23:59:59-23:59", "0000-01-01T00:00:00Z"],
)  # fmt: skip
def test_other_times_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^must be an RFC 3339 time, got "):
        moment(text)


@given(st.timedeltas(timedelta(days=-9000), timedelta(days=9000)), st.integers(-23 * 60, 23 * 60))
def test_any_zone_is_the_same_moment(since: timedelta, minutes: int) -> None:
    """Against Python's own writer."""
    assert moment((NOON + since).astimezone(timezone(timedelta(minutes=minutes))).isoformat()) == NOON + since


@given(st.timedeltas(timedelta(days=-3000), timedelta(days=3000)))
def test_no_alert_begins_after_now(ahead: timedelta) -> None:
    start, note = begun(NOON + ahead, NOON)
    assert start <= NOON
    assert (start == NOON + ahead) == (ahead <= timedelta(0))
    assert bool(note) == (ahead > timedelta(0))


def test_an_alert_that_does_not_say_when_it_began_begins_now() -> None:
    for unknown in (None, datetime(1970, 1, 1, tzinfo=UTC)):
        assert begun(unknown, NOON) == (NOON, "the alert does not say when it began")


def test_fingerprints_do_not_depend_on_order_and_leave_out_empty_values() -> None:
    assert fingerprint({}) == "cbf29ce484222325"  # the basis of FNV-1a
    assert fingerprint({"a": "1", "b": "2"}) == fingerprint({"b": "2", "c": "", "a": "1"})
    assert fingerprint({"a": "1b"}) != fingerprint({"a": "1", "b": ""})


def test_only_critical_alerts_that_are_told_open_incidents() -> None:
    critical = {"alertname": "A", "severity": "critical", "model": "m", "environment": "production"}
    assert opens(critical)
    assert opens({name: value for name, value in critical.items() if name != "environment"})
    assert opens({**critical, "escalation": ""})
    for other in ({"severity": "warning"}, {"escalation": "cto"}, {"environment": "staging"}, {"severity": "CRITICAL"}):
        assert not opens({**critical, **other})


def test_rehearsals_are_those_of_the_routes() -> None:
    routes = yaml.safe_load((Path(__file__).parents[3] / "alertmanager" / "alertmanager.yml").read_text())["route"]
    matcher = next(
        route["matchers"][0]
        for route in routes["routes"]
        if route["receiver"] == "null" and "environment" in str(route["matchers"])
    )
    assert set(matcher.removeprefix('environment=~"').removesuffix('"').split("|")) == REHEARSALS


def test_external_labels_do_not_part_an_alert_from_itself() -> None:
    assert covers({"a": "1"}, {"a": "1", "cluster": "x"})
    assert not covers({"a": "1", "cluster": "x"}, {"a": "1"})
    assert not covers({"a": "1"}, {"a": "2"})
