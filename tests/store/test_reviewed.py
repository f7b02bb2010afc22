"""Monthly reviews are made once."""

from datetime import UTC, datetime

import pytest

from fairlead.errors import StoreError
from fairlead.store.database import Database
from fairlead.store.reviewed import Reviewed

MARCH, APRIL = datetime(2026, 3, 1, 4, tzinfo=UTC), datetime(2026, 4, 1, 4, tzinfo=UTC)


def test_each_review_once(database: Database) -> None:
    store = Reviewed(database)
    assert store.last() == {}
    store.record("credit", APRIL, APRIL)
    store.record("credit", MARCH, APRIL)
    store.record("cards", MARCH, MARCH)
    assert store.last() == {"credit": APRIL, "cards": MARCH}
    with pytest.raises(StoreError):
        store.record("cards", MARCH, APRIL)
