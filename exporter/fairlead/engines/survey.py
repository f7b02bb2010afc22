"""The first of the two passes of a baseline: a sample of the numbers, for the bins, and the names that are common."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from fairlead.core.plan import Plan
from fairlead.core.summary import MAX_CATEGORIES, Floats
from fairlead.engines.batch import Batch
from fairlead.engines.columns import names, numbers
from fairlead.engines.files import Files, Progress, batches, expand, silent
from fairlead.engines.kernel import answers

SAMPLE_ROWS = 1 << 17


@dataclass(frozen=True, slots=True)
class Survey:
    """Finite values per numerical feature, of the output and per attribution; the commonest names per category."""

    rows: int
    numerical: dict[str, Floats]
    output: Floats
    attributions: dict[str, Floats]
    known: dict[str, frozenset[str]]


def survey(source: Files, plan: Plan, seed: int = 0, progress: Progress = silent) -> Survey:
    """Values of at most SAMPLE_ROWS rows, each row equally likely; all rows if fewer. Names of all rows."""
    random = np.random.default_rng(seed)
    width = len(plan.numerical) + 1 + len(plan.attributions)
    keys, rows = np.empty(0), np.empty((0, width))
    counters: dict[str, Counter[str]] = {name: Counter() for name in plan.categorical}
    files, total = expand(source), 0
    for done, path in enumerate(files):
        progress(done, len(files))
        for batch in batches(path, source.format, plan, None):
            total += batch.rows
            ours = random.random(batch.rows)
            limit = np.partition(keys, SAMPLE_ROWS - 1)[SAMPLE_ROWS - 1] if len(keys) >= SAMPLE_ROWS else 1.0
            taken = ours < limit
            keys = np.concatenate((keys, ours[taken]))
            rows = np.concatenate((rows, _columns(batch, plan)[taken]))
            if len(keys) > SAMPLE_ROWS:
                kept = np.argpartition(keys, SAMPLE_ROWS - 1)[:SAMPLE_ROWS]
                keys, rows = keys[kept], rows[kept]
            _note(counters, batch, plan)
    finite = [column[np.isfinite(column)] for column in rows.T]
    features = len(plan.numerical)
    return Survey(
        total,
        dict(zip(plan.numerical, finite[:features], strict=True)),
        finite[features],
        dict(zip(plan.attributions, finite[features + 1 :], strict=True)),
        {name: frozenset(dict(counter.most_common(MAX_CATEGORIES))) for name, counter in counters.items()},
    )


def _columns(batch: Batch, plan: Plan) -> Floats:
    """All numbers of a batch, (rows, features + 1 + attributions)."""
    output, _ = answers(batch, plan)
    columns = [numbers(batch, column.column) for column in plan.numerical.values()]
    columns.append(np.full(batch.rows, np.nan) if output is None else output)
    columns += [numbers(batch, column.column) for column in plan.attributions.values()]
    return np.column_stack(columns)


def _note(counters: dict[str, Counter[str]], batch: Batch, plan: Plan) -> None:
    """Count the names; of too many, those that are rare so far are forgotten."""
    for name, column in plan.categorical.items():
        counter = counters[name]
        counter.update(names(batch, column.column).counted().counts)
        if len(counter) > 2 * MAX_CATEGORIES:
            counters[name] = Counter(dict(counter.most_common(MAX_CATEGORIES)))
