"""A snapshot as fragments of text: what vanished vanishes, and what is unchanged is not rendered again."""

from dataclasses import dataclass

from fairlead.core.snapshot import ModelState, Snapshot
from fairlead.exposition.fragment import MAX_LABEL, Fragment, clean, facts_fragment, fragment

MAX_SERIES = 1_000_000


@dataclass(frozen=True, slots=True)
class Exposition:
    """Fragments in the order of the configuration; dropped counts series left out of them, by reason."""

    fragments: tuple[Fragment, ...]
    dropped: dict[str, int]


class Collector:
    """Makes the exposition of one snapshot after the other; a model whose state stays the same keeps its fragment.

    A label value keeps its printable characters, MAX_LABEL of them. Two series that become equal that way, or more
    than MAX_SERIES in all, are dropped and counted, never exposed twice.
    """

    def __init__(self) -> None:
        self._known: dict[str, Fragment] = {}

    def collect(self, snapshot: Snapshot) -> Exposition:
        """All gauges that come from the snapshot."""
        alike: dict[str, tuple[ModelState, ...]] = {}
        for model in snapshot.models:
            label = clean(model.name, MAX_LABEL)
            alike[label] = (*alike.get(label, ()), model)
        known: dict[str, Fragment] = {}
        for label, models in alike.items():
            before = self._known.get(label)
            known[label] = before if before and before.models == models else fragment(models, MAX_SERIES)
        self._known = known
        return _limited(facts_fragment(snapshot.facts, MAX_SERIES), tuple(known.values()))


def _limited(facts: Fragment, fragments: tuple[Fragment, ...]) -> Exposition:
    """The first MAX_SERIES series, facts before all others."""
    limited, dropped = [facts] if facts.series else [], {"duplicate": 0, "too_many": 0} | facts.dropped
    room = MAX_SERIES - facts.series
    for whole in fragments:
        fitting = whole if whole.series <= room else fragment(whole.models, room)
        limited.append(fitting)
        room -= fitting.series
        for reason, count in fitting.dropped.items():
            dropped[reason] += count
    return Exposition(tuple(limited), dropped)
