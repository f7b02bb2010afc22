"""A token bucket per source: against a simulation by hand, and never more memory than allowed."""

from dataclasses import dataclass

import pytest
from starlette.requests import HTTPConnection

from fairlead.api.source import address_of, network_of, source_of
from fairlead.api.throttle import Throttle


@dataclass
class Watch:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_then_one_per_interval() -> None:
    watch = Watch()
    throttle = Throttle(burst=3, per_second=0.5, clock=watch)
    assert [throttle.spend("a") for _ in range(5)] == [0, 0, 0, 2, 2]
    watch.now += 1
    assert (throttle.spend("a"), throttle.wait("a")) == (1, 1)
    watch.now += 1
    assert [throttle.spend("a") for _ in range(2)] == [0, 2]
    watch.now += 3600
    assert [throttle.spend("a") for _ in range(4)] == [0, 0, 0, 2]


def test_sources_are_apart() -> None:
    throttle = Throttle(burst=1, per_second=1, clock=Watch())
    assert [throttle.spend(source) for source in "abab"] == [0, 0, 1, 1]


def test_memory_is_bounded_and_the_longest_quiet_is_forgotten() -> None:
    throttle = Throttle(burst=1, per_second=1, most=100, clock=Watch())
    for number in range(10_000):
        throttle.spend(str(number))
    assert len(throttle._left) == 100
    assert (throttle.spend("9999"), throttle.spend("1")) == (1, 0)


@pytest.mark.parametrize(
    ("source", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::", "2001:db8:1:3::/64"),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.1"),
        ("", ""),
    ],
)
def test_whom_failures_are_counted_for(source: str, network: str) -> None:
    assert network_of(source) == network


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("::ffff:192.0.2.1", "192.0.2.1"),
        (" 192.0.2.1 ", "192.0.2.1"),
        ("fe80::1%eth0", "fe80::1"),
        ("x", "None"),
        ("1.2.3.4:80", "None"),
    ],
)
def test_addresses(text: str, found: str) -> None:
    assert str(address_of(text)) == found


def request(client: str, *forwarded: str) -> HTTPConnection:
    headers = [(b"x-forwarded-for", value.encode()) for value in forwarded]
    return HTTPConnection({"type": "http", "client": (client, 1), "headers": headers})


@pytest.mark.parametrize(
    ("client", "forwarded", "source"),
    [
        ("192.0.2.1", ["203.0.113.7"], "192.0.2.1"),  # a stranger's claim
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["203.0.113.7"], "203.0.113.7"),
        ("::ffff:10.0.0.1", ["203.0.113.7"], "203.0.113.7"),
        ("10.0.0.1", ["198.51.100.9, 203.0.113.7"], "203.0.113.7"),  # what the stranger claimed to the proxy
        ("10.0.0.1", ["198.51.100.9", "203.0.113.7"], "203.0.113.7"),
        ("10.0.0.1", ["203.0.113.7, 10.0.0.2"], "203.0.113.7"),  # two proxies
        ("10.0.0.1", ["203.0.113.7, rubbish"], "10.0.0.1"),
        ("10.0.0.1", [""], "10.0.0.1"),
        ("10.0.0.1", ["10.0.0.3"], "10.0.0.3"),
    ],
)
def test_where_a_request_comes_from(client: str, forwarded: list[str], source: str) -> None:
    assert source_of(request(client, *forwarded), lambda address: str(address).startswith("10.")) == source
