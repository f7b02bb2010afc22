"""At most five messages in any closed hour, whatever arrives when; nothing is lost."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.core.limiter import HOUR, MOST, REPEAT, Key, Message, Post, Told, following, is_repeat, ready_at

BEGIN = datetime(2026, 3, 10, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
PSI, KL = "feature_psi", "feature_kl_divergence"


@dataclass
class World:
    """One model's messages, step by step, as the sender works them off."""

    waiting: list[Message] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)
    sent: list[tuple[datetime, Message, tuple[Message, ...]]] = field(default_factory=list)
    repeats: list[Message] = field(default_factory=list)
    count: int = 0

    def arrive(self, now: datetime, *alerts: Key, place: str = "a") -> None:
        self.count += 1
        message = Message(self.count, place, frozenset(alerts), now)
        repeated = is_repeat(message.alerts, self.told, self.waiting, now)
        (self.repeats if repeated else self.waiting).append(message)

    def step(self, now: datetime) -> None:
        while found := following(self.waiting, self.told, self.posts, now):
            self.posts.append(Post(now, found.message.critical))
            assert ready_at(found.message, self.told, now) == now
            gone = (found.message, *found.folded)
            self.told += [Told(one.alerts, one.arrived_at, now) for one in gone]
            self.sent.append((now, found.message, found.folded))
            self.waiting = [one for one in self.waiting if one not in gone]

    @property
    def moments(self) -> list[datetime]:
        return [at for at, _, _ in self.sent]


def most_in_an_hour(moments: Sequence[datetime]) -> int:
    """By looking at every closed hour that begins with a message."""
    return max((sum(begin <= one <= begin + HOUR for one in moments) for begin in moments), default=0)


KEYS = st.tuples(st.sampled_from([PSI, KL, "", "drift_score"]), st.sampled_from(["warning", "critical", "odd"]))
ARRIVALS = st.lists(
    st.tuples(st.integers(0, 16 * 60), st.frozensets(KEYS, max_size=4), st.sampled_from("ab")), max_size=60
)


@settings(max_examples=150)
@given(ARRIVALS, st.integers(1, 20))
def test_never_six_in_an_hour_and_nothing_lost(arrivals: list[tuple[int, frozenset[Key], str]], pace: int) -> None:
    world = World()
    by_minute: dict[int, list[tuple[frozenset[Key], str]]] = {}
    for minute, alerts, place in arrivals:
        by_minute.setdefault(minute, []).append((alerts, place))
    for minute in range(48 * 60):
        now = BEGIN + minute * MINUTE
        for alerts, place in by_minute.get(minute, ()):
            world.arrive(now, *alerts, place=place)
        if minute % pace == 0:
            world.step(now)
    assert most_in_an_hour(world.moments) <= MOST
    assert sum(1 for _ in world.sent) + sum(len(folded) for *_, folded in world.sent) + len(world.repeats) == len(
        arrivals
    )
    assert world.waiting == []
    assert all(one.place == message.place for _, message, folded in world.sent for one in folded)
    for message in world.repeats:  # what it says was told, or has been since
        about = {
            key for told in world.told if abs(told.arrived_at - message.arrived_at) <= REPEAT for key in told.alerts
        }
        assert message.alerts <= about


def test_the_limit_is_used_to_the_full_and_the_sixth_waits_for_the_whole_hour() -> None:
    world = World()
    for number in range(MOST + 3):
        world.arrive(BEGIN + number * MINUTE, (f"m{number}", "critical"))
        world.step(BEGIN + number * MINUTE)
    assert world.moments == [BEGIN + number * MINUTE for number in range(MOST)]
    world.step(BEGIN + HOUR)
    assert len(world.sent) == MOST
    world.step(BEGIN + HOUR + timedelta(microseconds=1))
    _, last, folded = world.sent[-1]
    assert (last.id, [one.id for one in folded]) == (8, [6, 7])


def test_warnings_leave_room_for_a_critical() -> None:
    world = World()
    for number in range(6):
        world.arrive(BEGIN, (f"m{number}", "warning"))
        world.step(BEGIN)
    assert len(world.sent) == 3
    world.arrive(BEGIN, (PSI, "critical"))
    world.step(BEGIN)
    assert (world.sent[-1][1].critical, len(world.sent[-1][2])) == (True, 3)


def test_the_same_is_told_every_six_hours() -> None:
    world = World()
    for hour in range(13):
        world.arrive(BEGIN + hour * HOUR, (PSI, "warning"))
        world.step(BEGIN + hour * HOUR)
    assert world.moments == [BEGIN, BEGIN + REPEAT, BEGIN + 2 * REPEAT]


def test_a_rise_is_told_at_once_and_a_fall_is_not() -> None:
    world = World()
    for minute, severity in enumerate(("warning", "critical", "warning", "critical", "critical")):
        world.arrive(BEGIN + minute * MINUTE, (PSI, severity))
        world.step(BEGIN + minute * MINUTE)
    assert [message.critical for _, message, _ in world.sent] == [False, True]
    world.arrive(BEGIN + REPEAT, (PSI, "warning"))
    world.step(BEGIN + REPEAT)
    world.arrive(BEGIN + REPEAT + MINUTE // 2, (PSI, "critical"))  # five and a half hours after the last one, but worse
    world.step(BEGIN + REPEAT + MINUTE // 2)
    assert [message.critical for _, message, _ in world.sent] == [False, True, False, True]


def test_a_new_metric_is_told_and_begins_no_new_clock_before() -> None:
    world = World()
    world.arrive(BEGIN, (PSI, "warning"))
    world.step(BEGIN)
    world.arrive(BEGIN + HOUR, (PSI, "warning"), (KL, "warning"))
    world.step(BEGIN + HOUR)
    assert len(world.sent) == 2
    assert is_repeat([(KL, "warning")], world.told, (), BEGIN + 2 * HOUR)


def test_what_waited_is_not_told_again_within_six_hours() -> None:
    told = [Told(frozenset({(PSI, "warning")}), BEGIN, BEGIN + 40 * MINUTE)]
    again = Message(2, "a", frozenset({(PSI, "warning")}), BEGIN + REPEAT)
    assert not is_repeat(again.alerts, told, (), BEGIN + REPEAT)
    assert ready_at(again, told, BEGIN + REPEAT) == BEGIN + REPEAT + 40 * MINUTE
    assert following([again], told, (), BEGIN + REPEAT) is None
    assert following([again], told, (), BEGIN + REPEAT + 40 * MINUTE) is not None


def test_a_message_without_alerts_is_never_a_repeat() -> None:
    assert not is_repeat((), [Told(frozenset(), BEGIN, BEGIN)], (), BEGIN)


def test_only_what_has_no_room_is_folded() -> None:
    world = World()
    for number in range(7):
        world.arrive(BEGIN + number * timedelta(seconds=1), (f"m{number}", "critical"))
    world.step(BEGIN + MINUTE)
    assert [(message.id, len(folded)) for _, message, folded in world.sent] == [(1, 0), (2, 0), (3, 0), (4, 0), (7, 2)]
