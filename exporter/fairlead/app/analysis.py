"""Analyses on demand."""

from collections.abc import Sequence
from datetime import datetime

from fairlead.app.subjects import subject_of
from fairlead.config.schema import Model as ModelConfig
from fairlead.core.run import Run
from fairlead.engines.files import Progress, silent
from fairlead.monitor.check import Clock, check
from fairlead.monitor.demand import on_demand
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
        subject = subject_of(model, database, Partials(database, model.name, clock), progress)
        for families, window in on_demand(subject, as_of):
            runs += check(subject, families, window, trigger="on-demand", load_baseline=load_baseline, clock=clock)
    return runs
