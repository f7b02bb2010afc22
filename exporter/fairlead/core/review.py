"""The monthly review of a baseline: it is kept, or due to be refreshed, or needs a person."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from fairlead.core.distance import Distance
from fairlead.core.schedule import DAY
from fairlead.core.stability import REFRESH_AGE

MONTH = 31 * DAY


class Outcome(StrEnum):
    """What a review came to."""

    KEPT = "kept"
    REFRESHED = "refreshed"
    NEEDS_PERSON = "needs_person"


@dataclass(frozen=True, slots=True)
class Review:
    """One review of a model in a month (YYYY-MM): what it came to, of which baseline, why, and the new one if any."""

    model: str
    month: str
    at: datetime
    outcome: Outcome
    reason: str
    baseline: str | None = None
    refreshed: str | None = None


def month_of(now: datetime) -> str:
    """The month that a review belongs to."""
    return f"{now:%Y-%m}"


def without_refresh(
    created_at: datetime, expires_at: datetime, unstable: str | None, now: datetime
) -> tuple[Outcome, str] | None:
    """What the review comes to without a new baseline; None if one is due and drift has stabilised.

    One is due after a quarter, or when the old one would expire before the next review.
    """
    expiring = now + MONTH >= expires_at
    if not expiring and now - created_at < REFRESH_AGE:
        return Outcome.KEPT, f"{(now - created_at) // DAY} days old, a refresh is due after {REFRESH_AGE.days}"
    if unstable is None:
        return None
    if expiring:
        verb = "expired" if now >= expires_at else "expires"
        return Outcome.NEEDS_PERSON, f"{verb} on {expires_at:%Y-%m-%d}, and drift has not stabilised: {unstable}"
    return Outcome.KEPT, f"drift has not stabilised: {unstable}"


LIMITS: Mapping[str, str] = {
    "psi_max": "feature_psi",
    "wasserstein_max": "feature_wasserstein_distance",
    "shift": "prediction_shift_ratio",
}
"""Numbers of a distance that are too far at the warning threshold of these metrics."""


def too_far(distance: Distance, limits: Mapping[str, float | None], parity: float | None) -> str | None:
    """Why a person has to look at a new baseline that is this far from the one before; None if nobody has to."""
    for name in LIMITS:
        value, limit = getattr(distance, name), limits.get(name)
        if value is not None and limit is not None and value >= limit:
            return f"{name} {value:.3g} from the previous baseline is not below {limit:g}"
    for attribute, change in distance.parity.items():
        if parity is not None and change >= parity:
            return f"the parity difference of {attribute} has grown by {change:.3g}, not below {parity:g}"
    return None
