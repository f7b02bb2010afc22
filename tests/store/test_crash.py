"""A process that is killed while it writes leaves whole batches of runs only."""

import subprocess
import sys
import time
from collections import Counter

from fairlead.store.database import Database, open_database
from fairlead.store.runs import Runs
from tests.support.runs import run

WRITE = """
import sys
from fairlead.store.database import open_database
from fairlead.store.runs import Runs
from tests.support.runs import run
store = Runs(open_database(sys.argv[1]))
families = ("data", "fairness", "model", "explanation", "quality")
print("ready", flush=True)
number = int(sys.argv[2])
while True:
    number += 1
    store.record([run(model=f"model {number}", family=family) for family in families])
    print(number, flush=True)
"""

KILLS = 6


def test_killed_writer_leaves_no_half_batch(database: Database, location: str) -> None:
    confirmed = 0
    for kill in range(KILLS):
        command = [sys.executable, "-c", WRITE, location, str(kill * 1_000_000)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            assert writer.stdout.readline() == "ready\n"
            time.sleep(0.03 + 0.017 * kill)
            writer.kill()
            confirmed += len(writer.stdout.read().splitlines())
        found = Counter(one.model for one in Runs(database).since(0))
        assert set(found.values()) <= {5}
        assert len(found) >= confirmed
    assert confirmed > KILLS, "the writer was killed before it wrote"
    again = open_database(location)
    with again.reading() as connection:
        if connection.dialect.name == "sqlite":
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
    Runs(again).record([run(model="after")])
    assert Runs(again).since(Runs(again).last_id() - 1)[0].model == "after"
    again.close()
