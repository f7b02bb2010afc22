"""How monitoring itself does."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fairlead.core.run import Run
from fairlead.core.snapshot import ModelState, Snapshot
from fairlead.errors import StoreError
from fairlead.monitor.check import Clock
from fairlead.store.database import Database
from fairlead.store.runs import Runs


@dataclass(frozen=True, slots=True)
class Reload:
    """How the last reading of the configuration went; reason is why it failed."""

    at: datetime
    reason: str | None = None


class Health:
    """Answers from what is exposed and what the store holds."""

    def __init__(
        self,
        database: Database,
        snapshot: Callable[[], Snapshot | None],
        reload: Callable[[], Reload],
        without_baseline: Callable[[], dict[str, str]],
        clock: Clock,
    ) -> None:
        self._without_baseline = without_baseline
        self._runs, self._snapshot, self._reload, self._clock = Runs(database), snapshot, reload, clock

    def report(self) -> dict[str, Any]:
        """Store, configuration, and each model with its families."""
        now, snapshot, reload = self._clock(), self._snapshot(), self._reload()
        try:
            failures, store = self._runs.last_failures(), None
        except StoreError as error:
            failures, store = {}, str(error)
        reasons = self._without_baseline()
        models = [
            _model(model, failures, now, reasons.get(model.name)) for model in (snapshot.models if snapshot else ())
        ]
        return {
            "healthy": store is None and reload.reason is None and not any(_ails(model) for model in models),
            "as_of": now,
            "store": {"reachable": store is None, "reason": store},
            "config": {"loaded": reload.reason is None, "at": reload.at, "reason": reload.reason},
            "models": models,
        }

    def overview(self, fairness: bool) -> list[dict[str, Any]]:
        """Each model with the last run of each family; without fairness for those who may not see it."""
        snapshot = self._snapshot()
        return [
            {
                "model": model.name,
                "version": model.version,
                "risk": model.risk,
                "team": model.team,
                "environment": model.environment,
                "baseline": model.baseline.version if model.baseline else None,
                "families": [_last(model, family) for family in model.next_due if fairness or family != "fairness"],
            }
            for model in (snapshot.models if snapshot else ())
        ]


def _last(model: ModelState, family: str) -> dict[str, Any]:
    run = model.runs.get(family)
    return {
        "family": family,
        "record": run.id if run else None,
        "window_end": run.window.end if run else None,
        "samples": run.samples if run else None,
    }


def _model(
    model: ModelState, failures: dict[tuple[str, str], Run], now: datetime, reason: str | None
) -> dict[str, Any]:
    baseline = model.baseline
    return {
        "model": model.name,
        "baseline": None
        if baseline is None
        else {"version": baseline.version, "created_by": baseline.created_by, "created_at": baseline.created_at},
        "baseline_failure": reason,
        "families": [_family(model, family, failures.get((model.name, family)), now) for family in model.next_due],
    }


def _family(model: ModelState, family: str, failure: Run | None, now: datetime) -> dict[str, Any]:
    succeeded, due = model.last_success.get(family), model.next_due[family]
    failing = failure is not None and (succeeded is None or failure.finished > succeeded)
    return {
        "family": family,
        "last_success": succeeded,
        "next_due": due,
        "cadence_seconds": model.cadence_seconds[family],
        "overdue": due <= now,
        "overdue_seconds": max(0.0, (now - due).total_seconds()),
        "failing": failing,
        "last_failure": None if failure is None else {"at": failure.finished, "reason": failure.failure},
    }


def _ails(model: dict[str, Any]) -> bool:
    late = any(family["overdue"] or family["failing"] for family in model["families"])
    return late or model["baseline"] is None or model["baseline_failure"] is not None
