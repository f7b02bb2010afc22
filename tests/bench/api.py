"""The API at 200 requests a second, reads and writes mixed, while an analysis of a large log runs in the same process.

A request is timed from the moment it should have been sent: one that waits for those before it is late, not forgotten.
"""

import asyncio
import random
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import quantiles

import httpx

from fairlead.core.access import Role
from fairlead.demo.processes import Server, free_port
from fairlead.store.database import open_database
from fairlead.store.tokens import Tokens
from tests.bench.answering import AGENT, MODELS, chosen
from tests.bench.exposition import FAILURES, RUNS, prepare
from tests.bench.fleet import NOW
from tests.bench.report import Row
from tests.bench.rounds import BenchError

RATE, SECONDS, SLOWEST = 200, 30, 500
"""Requests a second, for how long, and milliseconds that 95 % of them may take."""
GIVEN_UP = 4 * SECONDS
SEED = 4
SHARES = {
    "records": 0.25,
    "one record": 0.15,
    "fairness records": 0.05,
    "health": 0.10,
    "models": 0.10,
    "check-in": 0.35,
}
"""Check-ins are writes, each with an idempotency key, an audit entry and its answer in one transaction."""


def rows(folder: Path) -> list[Row]:
    """95 % of all requests, of each kind, and the analyses that were finished meanwhile."""
    config = chosen(folder)
    prepare(folder, config)
    database = open_database(config.store)
    token = Tokens(database).create("bench", Role.ADMIN, created_by="bench", now=NOW)
    database.close()
    port = free_port()
    command = (sys.executable, "-m", "tests.bench.answering", folder, str(port))
    with Server(command, f"http://127.0.0.1:{port}", folder / "answering.log") as server:
        server.wait_ready(600)
        before = _finished(port)
        try:
            took = asyncio.run(_load(port, token))
        except TimeoutError:
            raise BenchError(f"api: must answer {RATE * SECONDS} requests in {GIVEN_UP} s, got fewer") from None
        done, failed = (after - start for after, start in zip(_finished(port), before, strict=True))
    shutil.rmtree(config.path.parent)
    if failed:
        raise BenchError(f"api: analyses must succeed meanwhile, got {failed:.0f} that failed")
    return [*_figures(took), Row("analyses of 1,000,000 rows meanwhile", done, limit=1, at_least=True)]


def _figures(took: dict[str, list[float]]) -> Iterator[Row]:
    everything = [one for kind in took.values() for one in kind]
    what = f"{RATE} requests a second for {SECONDS} s while an analysis runs"
    yield Row(f"{what}: 95 %", _most(everything), "ms", SLOWEST, note=f"median: {quantiles(everything, n=2)[0]:.0f} ms")
    for kind, milliseconds in took.items():
        yield Row(f"{what}: 95 % of {kind}", _most(milliseconds), "ms")


def _most(took: list[float]) -> float:
    return quantiles(took, n=20)[-1]


async def _load(port: int, token: str) -> dict[str, list[float]]:
    """Milliseconds by kind of request; each is sent when it is due, whether or not others are answered."""
    chance = random.Random(SEED)  # noqa: S311 - a workload, no secret
    kinds = chance.choices(list(SHARES), list(SHARES.values()), k=RATE * SECONDS)
    took: dict[str, list[float]] = {kind: [] for kind in SHARES}
    limits = httpx.Limits(max_connections=100, max_keepalive_connections=100)
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{port}", headers=headers, limits=limits, timeout=60
    ) as client:
        page = (await client.get("/api/v1/monitoring/records", params={"limit": 200})).json()
        ids = [record["id"] for record in page["items"]]
        start = time.perf_counter()

        async def ask(number: int, kind: str) -> None:
            due = start + number / RATE
            await asyncio.sleep(due - time.perf_counter())
            answer = await _ask(client, number, kind, chance.choice(ids))
            took[kind].append((time.perf_counter() - due) * 1000)
            if answer.status_code != 200:
                raise BenchError(f"api: {kind} must be answered 200, got {answer.status_code}: {answer.text[:200]}")

        async with asyncio.timeout(GIVEN_UP), asyncio.TaskGroup() as group:
            for number, kind in enumerate(kinds):
                group.create_task(ask(number, kind))
    return took


async def _ask(client: httpx.AsyncClient, number: int, kind: str, record: int) -> httpx.Response:
    model = f"model-{number % MODELS:05}"
    match kind:
        case "records":
            return await client.get("/api/v1/monitoring/records", params={"model": model, "limit": 20})
        case "fairness records":
            return await client.get("/api/v1/monitoring/records", params={"model": model, "family": "fairness"})
        case "one record":
            return await client.get(f"/api/v1/monitoring/records/{record}")
        case "health":
            return await client.get("/api/v1/monitoring/health")
        case "models":
            return await client.get("/api/v1/models")
        case _:
            return await client.post(f"/api/v1/checkins/{AGENT}", headers={"Idempotency-Key": f"beat-{number}"})


def _finished(port: int) -> tuple[float, float]:
    """Finished and failed analyses."""
    lines = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=60).content.splitlines()
    found = [
        next((float(line.split()[-1]) for line in lines if line.startswith(name)), 0.0) for name in (RUNS, FAILURES)
    ]
    return found[0], found[1]
