"""Analyses on demand."""

from collections.abc import Sequence
from datetime import datetime

from fairlead.app.subjects import subject_of
from fairlead.config.schema import Model as ModelConfig
from fairlead.core.run import Run
from fairlead.core.schedule import CADENCES, Cadence, window_until
from fairlead.engines.files import Progress, silent
from fairlead.monitor.check import Clock, check
from fairlead.monitor.snapshot import families_of
from fairlead.store.baselines import Baselines
from fairlead.store.database import Database
from fairlead.store.partials import Partials


def analyse(
    database: Database, models: Sequence[ModelConfig], as_of: datetime, clock: Clock, progress: Progress = silent
) -> list[Run]:
    """Analyse these models on demand, up to a moment; one pass per model and window length."""
    load_baseline = Baselines(database).load
    runs: list[Run] = []
    for model in models:
        subject = subject_of(model, Partials(database, model.name, clock), progress)
        by_cadence: dict[Cadence, list[str]] = {}
        for family in families_of(subject):
            by_cadence.setdefault(CADENCES[model.risk][family], []).append(family)
        for cadence, families in by_cadence.items():
            window = window_until(cadence, as_of)
            runs += check(subject, families, window, trigger="on-demand", load_baseline=load_baseline, clock=clock)
    return runs
