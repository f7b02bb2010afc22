"""How the features of a model are distributed, in its baseline and in a window, from what is kept of both."""

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import replace

from fairlead.app.subjects import labels_of, plan_of
from fairlead.config.schema import Config
from fairlead.config.schema import Model as ModelConfig
from fairlead.core.access import Caller, Permission
from fairlead.core.baseline import Baseline, fitted
from fairlead.core.histogram import Histogram, of_categories, of_names, of_numbers
from fairlead.core.merging import merge
from fairlead.core.plan import Plan, Window
from fairlead.core.run import Run
from fairlead.core.schedule import days_of
from fairlead.core.summary import Summary
from fairlead.errors import BaselineError
from fairlead.store.baselines import Baselines
from fairlead.store.database import Database
from fairlead.store.days import Days

log = logging.getLogger(__name__)

REMEMBERED = 64
"""Windows whose histograms are kept in memory."""
PREDICTION, OUTPUT = "prediction", "output"
"""What the model answers, beside the names of its features."""

Key = tuple[str, str, Window]


class Distributions:
    """Histograms of what a run has looked at, where every day of its window is kept."""

    def __init__(self, database: Database, config: Callable[[], Config]) -> None:
        self._database, self._config = database, config
        self._baselines = Baselines(database)
        self._known: OrderedDict[Key, tuple[Histogram, ...]] = OrderedDict()
        self._remembering = threading.Lock()

    def of(self, run: Run, caller: Caller) -> tuple[Histogram, ...]:
        """Those of features and predictions; of protected attributes only for those who may see them."""
        model = next((one for one in self._config().models if one.name == run.model), None)
        if model is None or run.baseline is None:
            return ()
        found = self._remembered(model, run, run.baseline)
        if caller.may(Permission.FAIRNESS):
            return found
        protected = _protected(model)
        return tuple(one for one in found if one.name not in protected)

    def _remembered(self, model: ModelConfig, run: Run, version: str) -> tuple[Histogram, ...]:
        key = (model.name, version, run.window)
        with self._remembering:
            if key in self._known:
                self._known.move_to_end(key)
                return self._known[key]
        try:
            found = tuple(self._histograms(model, run.window, self._baselines.load(model.name, version)))
        except BaselineError as error:
            log.warning("baseline not drawn", extra={"model": model.name, "reason": str(error)})
            return ()
        if found:  # days may still come for a window without
            with self._remembering:
                self._known[key] = found
                if len(self._known) > REMEMBERED:
                    self._known.popitem(last=False)
        return found

    def _histograms(self, model: ModelConfig, window: Window, baseline: Baseline) -> Iterator[Histogram]:
        current = self._window(model, window, baseline)
        if current is None:
            return
        yield from (one for one in _features(baseline, current) if one is not None)

    def _window(self, model: ModelConfig, window: Window, baseline: Baseline) -> Summary | None:
        """What is kept of its days, under the plan that they were counted by."""
        plan: Plan = fitted(plan_of(model), baseline)
        if labels_of(model, self._database) or model.label_delay:
            plan = replace(plan, label=None)
        pieces = days_of(window)
        kept = Days(self._database, model.name).load(plan, pieces)
        if not kept:
            return None
        total = Summary()
        for piece in pieces:
            if piece in kept:
                total = merge(total, kept[piece], plan.known())
        return total


def _features(baseline: Baseline, current: Summary) -> Iterator[Histogram | None]:
    base = baseline.summary
    yield of_names(PREDICTION, base.classes.counts, current.classes.counts)
    if base.output is not None and current.output is not None:
        yield of_numbers(OUTPUT, baseline.output_bins, base.output, current.output)
    for name, numbers in base.numerical.items():
        if name in current.numerical:
            yield of_numbers(name, baseline.bins[name], numbers, current.numerical[name])
    for name, names in base.categorical.items():
        if name in current.categorical:
            yield of_categories(name, names, current.categorical[name])


def _protected(model: ModelConfig) -> set[str]:
    """Features that are read from the column of a protected attribute, or are called like one."""
    columns = {one.column for one in model.protected_attributes} - {""}
    names = {one.name for one in model.protected_attributes}
    return {one.name for one in model.features if one.column in columns or one.name in names}
