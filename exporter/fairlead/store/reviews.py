"""Monthly reviews of baselines: one per model and month, never changed."""

from typing import Any

from sqlalchemy import Row, select

from fairlead.core.review import Outcome, Review
from fairlead.store.codec import storable
from fairlead.store.database import Database
from fairlead.store.tables import reviews


class Reviews:
    """The reviews in the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, review: Review) -> None:
        """Keep a review; a second one of the same model and month is an error."""
        with self._database.writing() as connection:
            connection.execute(
                reviews.insert().values(
                    model=review.model,
                    month=review.month,
                    at=review.at,
                    outcome=review.outcome.value,
                    reason=storable(review.reason),
                    baseline=review.baseline,
                    refreshed=review.refreshed,
                )
            )

    def find(self, model: str, month: str) -> Review | None:
        """The review of a model in a month."""
        query = select(reviews).where(reviews.c.model == model, reviews.c.month == month)
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else _to_review(row)

    def latest(self) -> dict[str, Review]:
        """The last review of each model."""
        with self._database.reading() as connection:
            found = connection.execute(select(reviews).order_by(reviews.c.id)).all()
        return {row.model: _to_review(row) for row in found}


def _to_review(row: Row[Any]) -> Review:
    return Review(row.model, row.month, row.at, Outcome(row.outcome), row.reason, row.baseline, row.refreshed)
