"""A fairlead that sends digests and is killed: `python -m tests.support.digests CONFIG FIRST DAYS SEED`.

For each day a child looks at nine, then later, each at a clock of its own, and is killed at a random moment most times;
the last look of a day is left alone. The day is over when the store says so.
"""

import os
import random
import signal
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

from fairlead.app.digest import DailyDigest
from fairlead.app.holder import holder, is_gone
from fairlead.config.load import load
from fairlead.config.schema import Config
from fairlead.config.thresholds import load_thresholds
from fairlead.store.database import Database, open_database
from fairlead.store.leases import Leases

LOOKS = 2


def digest_of(config: Config, now: datetime, database: Database) -> DailyDigest:
    """As a fairlead with this clock makes it."""
    thresholds = load_thresholds(config.thresholds)
    leases = Leases(database, holder(), clock=lambda: now, gone=is_gone)
    return DailyDigest(database, leases, lambda: config, lambda: thresholds, lambda: now)


def look(config: Config, now: datetime) -> int:
    """A child that looks once; its process id."""
    child = os.fork()
    if not child:
        digest_of(config, now, open_database(config.store)).look()
        os._exit(0)
    return child


def main(config: Config, first: datetime, days: int, seed: int) -> None:
    """All days."""
    chance = random.Random(seed)  # noqa: S311 - only instants
    database = open_database(config.store)
    digest_of(config, first, database).build(first.date())  # so that what it needs is imported once
    database.close()
    begin = time.monotonic()
    os.waitpid(look(config, first), 0)
    longest = 2 * (time.monotonic() - begin)
    for number in range(1, days):
        for minutes in range(LOOKS):
            child = look(config, first + timedelta(days=number, minutes=minutes))
            if minutes < LOOKS - 1:
                time.sleep(chance.uniform(0, longest))
                os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


if __name__ == "__main__":
    main(load(Path(sys.argv[1])), datetime.fromisoformat(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
