"""Pages: the last one names no next one, also when it is full."""

from dataclasses import dataclass

import pytest

from fairlead.api.cursor import page_of, position


@dataclass
class Row:
    """A row of a list."""

    id: int
    number: int


ROWS = [Row(9, 109), Row(7, 107), Row(4, 104)]


@pytest.mark.parametrize(
    ("found", "limit", "items", "following"),
    [
        (0, 2, [], None),
        (1, 2, [9], None),
        (2, 2, [9, 7], None),
        (3, 2, [9, 7], 7),
        (3, 1, [9], 9),
        (3, 3, [9, 7, 4], None),
    ],
)
def test_page(found: int, limit: int, items: list[int], following: int | None) -> None:
    page = page_of(ROWS[:found], limit, lambda row: row.id)
    assert (page.items, position(page.next)) == (items, following)


def test_by_another_attribute() -> None:
    assert position(page_of(ROWS, 1, lambda row: row.id, key="number").next) == 109
