"""Tells plans apart by all that decides what is counted."""

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from hashlib import sha256
from typing import Any

import numpy as np

from fairlead.core.plan import Plan
from fairlead.store.codec import FORMAT

KERNEL = 1
"""Raised whenever the same rows give other counts or sums than before: what was remembered is then counted anew."""
COMPARED_ONLY = frozenset({"psi_bins", "scale"})
"""Of the bins; they decide what is made of the counts."""


def fingerprint(plan: Plan) -> str:
    """SHA-256 of the plan, of how it is counted and of how summaries are written."""
    document = {"plan": _plain(plan), "kernel": KERNEL, "format": FORMAT}
    return sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()


def _plain(value: Any) -> Any:
    """As JSON holds it; mappings keep their order, on which correlations and hashed inputs depend. Arrays are edges."""
    if is_dataclass(value):
        names = [field.name for field in fields(value) if field.name not in COMPARED_ONLY]
        return {name: _plain(getattr(value, name)) for name in names}
    if isinstance(value, Mapping):
        return [[name, _plain(entry)] for name, entry in value.items()]
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple):
        return [_plain(entry) for entry in value]
    return value.astype("<f8").tobytes().hex() if isinstance(value, np.ndarray) else value
