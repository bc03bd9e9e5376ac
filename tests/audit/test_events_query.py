"""audit.queries.events: filters, and a cursor that neither skips nor repeats."""

from uuid import uuid4

import pytest

from audit import vocabulary
from audit.commands import record
from audit.context import Actor, bind
from audit.queries import BadCursor, events

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _words() -> None:
    vocabulary.register("audit.tested", "audit.tested_again")


def _record(number: int, *, type: str = "audit.tested") -> None:
    record(type=type, resource_type="thing", resource_id=str(number))


def test_pages_follow_each_other_without_gap_or_repeat() -> None:
    with bind(Actor.system("pytest")):
        for number in range(7):
            _record(number)
        first = events(limit=3)
        _record(99)  # arrives between two pages and must not shift them
        second = events(limit=3, after=first.next_cursor)
        third = events(limit=3, after=second.next_cursor)
    assert [[row.resource_id for row in page.rows] for page in (first, second, third)] == [["6", "5", "4"], ["3", "2", "1"], ["0"]]
    assert third.next_cursor is None


def test_each_filter_narrows() -> None:
    transaction_id = uuid4()
    with bind(Actor.system("one"), correlation_id="c-1"):
        _record(1)
        record(type="audit.tested_again", resource_type="other", resource_id="2", transaction_id=transaction_id)
    with bind(Actor.system("two"), correlation_id="c-2"):
        _record(3)

    def found(**filters: object) -> list[str]:
        return [row.resource_id for row in events(**filters).rows]  # type: ignore[arg-type]

    assert found() == ["3", "2", "1"]
    assert found(actor_id="one") == ["2", "1"]
    assert found(correlation_id="c-2") == ["3"]
    assert found(type="audit.tested_again") == ["2"]
    assert found(resource_type="thing", resource_id="1") == ["1"]
    assert found(transaction_id=transaction_id) == ["2"]
    assert found(actor_id="nobody") == []


@pytest.mark.parametrize("cursor", ["", "x", "bm90IGpzb24=", "WzEsMl0=", "WyIyMDI2LTAxLTAxIiwgIngiXQ=="])
def test_a_damaged_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(BadCursor):
        events(after=cursor)
