"""A fairlead whose API is asked while it analyses a large log: python -m tests.bench.answering FOLDER PORT."""

import sys
import threading
from datetime import timedelta
from pathlib import Path

from fairlead.app.exporter import Exporter
from fairlead.config.checkins import Checkin
from fairlead.config.schema import Config
from fairlead.serve import serve
from fairlead.store.database import open_database
from tests.bench.exposed import analyse_for_ever, configured
from tests.bench.fleet import NOW

MODELS = 100
AGENT = "agent"


def chosen(folder: Path) -> Config:
    """A hundred models with made-up results, one with logs, and an agent that checks in."""
    agent = Checkin(name=AGENT, team="bench", kind="agent", interval=timedelta(minutes=5))
    return configured(folder, MODELS).model_copy(update={"checkins": (agent,)})


def main(folder: str, port: str) -> None:
    """Serve until killed."""
    config = chosen(Path(folder))
    database = open_database(config.store)
    exporter = Exporter(config, database, lambda: NOW)
    threading.Thread(target=analyse_for_ever, args=(config, database), daemon=True).start()
    serve(exporter, [f"127.0.0.1:{port}"])


if __name__ == "__main__":
    main(*sys.argv[1:])
