"""Who is on call now, as gauges and as an answer; a handover is exposed soon after it."""

import threading
from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from fairlead.config import oncall as config
from fairlead.core.fact import Fact
from fairlead.core.rotation import Override, Rotation, Turn, on_call
from fairlead.monitor.check import Clock

EVERY_SECONDS = 15.0


class Oncall:
    """The rotations; changed is called when somebody else is on call."""

    def __init__(self, clock: Clock, changed: Callable[[], None] = lambda: None) -> None:
        self._clock, self._changed = clock, changed
        self._people: dict[str, config.Person] = {}
        self._rotations: tuple[Rotation, ...] = ()
        self._stop = threading.Event()

    def configure(self, configured: config.Oncall | None) -> None:
        """From now on these."""
        people = configured.people if configured else ()
        self._people = {one.name: one for one in people}
        self._rotations = tuple(rotation_of(one) for one in configured.rotations) if configured else ()

    def now(self) -> datetime:
        """By the clock of this process."""
        return self._clock()

    def at(self, moment: datetime) -> list[Turn]:
        """Who is on call at a moment, one for each rotation in the order of the configuration."""
        people, rotations = self._people, self._rotations
        return [_turn(people, rotation, moment) for rotation in rotations]

    def facts(self) -> list[Fact]:
        """One series for each rotation."""
        return [
            Fact(
                "fairlead_oncall_info",
                (
                    ("rotation", one.rotation),
                    ("name", one.name),
                    ("email", one.email),
                    ("slack", one.slack),
                    ("phone", one.phone),
                ),
                1.0,
            )
            for one in self.at(self._clock())
        ]

    def run(self, pause: Callable[[float], object] | None = None) -> None:
        """Tell of handovers until stopped."""
        wait, known = pause or self._stop.wait, self.facts()
        while not self._stop.is_set():
            wait(EVERY_SECONDS)
            current = self.facts()
            if current != known:
                self._changed()
            known = current

    def stop(self) -> None:
        """End at once."""
        self._stop.set()


def rotation_of(written: config.Rotation) -> Rotation:
    """A rotation as the configuration has it."""
    overrides = tuple(Override(one.begin, one.until, one.person) for one in written.overrides)
    zone = ZoneInfo(written.time_zone)
    return Rotation(written.name, written.people, written.start, written.handover, zone, overrides)


def _turn(people: dict[str, config.Person], rotation: Rotation, moment: datetime) -> Turn:
    shift = on_call(rotation, moment)
    person, following = people[shift.person], on_call(rotation, shift.end).person
    return Turn(rotation.name, person.name, person.email, person.slack, person.phone, shift.begin, shift.end, following)
