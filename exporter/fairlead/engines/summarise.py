"""The embedded engine: one pass over what is not counted yet, on all cores, memory flat in the number of rows."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from threadpoolctl import threadpool_limits

from fairlead.core.merging import merge
from fairlead.core.plan import Plan, Window
from fairlead.core.schedule import days_of
from fairlead.core.summary import Summary
from fairlead.engines.batch import Batch
from fairlead.engines.files import Files, Progress, expand, silent
from fairlead.engines.incremental import Cache, Incremental, NoCache
from fairlead.engines.kernel import count
from fairlead.engines.labels import Labels, WithLabels
from fairlead.engines.reader import Reader, go_on


def summarise(
    source: Files,
    plan: Plan,
    window: Window | None,
    progress: Progress = silent,
    cache: Cache | None = None,
    *,
    labels: Labels | None = None,
    tick: Callable[[], None] = go_on,
    threads: int | None = None,
) -> Summary:
    """Summary of the rows of the window (None: of all rows, dated or not).

    So many ``threads`` count (None: one per core). With ``labels`` the plan's label comes from there, and only what is
    compared with it is counted. ``tick`` is called for each file and batch; what it raises ends the reading.
    """
    files, plan = expand(source, window), replace(plan.of_labels(), label=labels.label) if labels else plan
    nothing = total = count(Batch(0), plan)
    workers = ThreadPoolExecutor(threads or os.cpu_count() or 1, thread_name_prefix="fairlead-count")
    with threadpool_limits(1, "blas"), workers as pool:  # threads of threads would wait for each other
        pieces = days_of(window) if window else []
        reader = Reader(source.format, plan, pool, tick=tick)
        if labels:
            parts = [(path, pieces or None) for path in files]
            reader = WithLabels(source.format, plan, pool, tick=tick, labels=labels, parts=parts)
        incremental = Incremental(source.format, plan, pieces, cache or NoCache(), reader.count, reader.identify)
        for done, path in enumerate(files):
            tick()
            progress(done, len(files))
            if window:
                incremental.add(path)
            else:
                total = merge(total, reader.count(path, None)[0], plan.known())
    progress(len(files), len(files))
    return incremental.total(nothing) if window else total
