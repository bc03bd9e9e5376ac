"""audit.queries.events: filters, and a cursor that neither skips nor repeats."""

from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction

from audit import vocabulary
from audit.commands import record
from audit.context import Actor, bind
from audit.queries import BadCursor, event, events, neighbours, resource_types

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _words() -> None:
    vocabulary.register("audit.tested", "audit.tested_again")


def _record(number: int, *, type: str = "audit.tested") -> UUID:
    return record(type=type, resource_type="thing", resource_id=str(number))


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


def test_outcome_and_time_narrow() -> None:
    with bind(Actor.system("one")):
        for number in range(3):
            _record(number)
        record(type="audit.tested", resource_type="thing", resource_id="no", outcome="refused", reason="not theirs")
    newest, *_, oldest = events().rows
    assert [row.resource_id for row in events(outcome="refused").rows] == ["no"]
    assert [row.resource_id for row in events(since=newest.recorded_at).rows] == ["no"]
    assert [row.resource_id for row in events(until=newest.recorded_at).rows] == ["2", "1", "0"]
    assert events(until=oldest.recorded_at).rows == []


def test_an_event_is_found_by_its_id_and_a_strange_id_is_nothing() -> None:
    with bind(Actor.system("one")):
        wanted = _record(1)
    found = event(wanted)
    assert found is not None
    assert found.resource_id == "1"
    for strange in (uuid4(), UUID(int=0), UUID("ffffffff-ffff-7fff-8fff-ffffffffffff")):
        assert event(strange) is None


def test_an_event_whose_row_was_written_long_after_its_id_was_made_is_found_all_the_same() -> None:
    old = UUID("01800000-0000-7000-8000-000000000001")
    with bind(Actor.system("one")), transaction.atomic(), connection.cursor() as cursor:
        _record(1)
        cursor.execute(
            "INSERT INTO audit_event SELECT (json_populate_record(event, json_build_object('id', %s::uuid,"
            " 'recorded_at', clock_timestamp()))).* FROM audit_event AS event",
            [old],
        )
    found = event(old)
    assert found is not None
    assert found.recorded_at.year >= 2026


def test_neighbours_are_those_of_the_conversation_in_order() -> None:
    ids = []
    for number in range(9):
        with bind(Actor.system("one"), correlation_id="c-1" if number % 2 == 0 else "c-2"):
            ids.append(_record(number))
    middle = event(ids[4])
    assert middle is not None
    assert [row.resource_id for row in neighbours(middle)] == ["0", "2", "4", "6", "8"]
    assert [row.resource_id for row in neighbours(middle, each_side=1)] == ["2", "4", "6"]


def test_kinds_of_resources_are_those_that_were_recorded_and_an_id_alone_finds_its_events() -> None:
    assert resource_types() == []
    with bind(Actor.system("one")):
        _record(1)
        record(type="audit.tested", resource_type="other", resource_id="1")
    assert resource_types() == ["other", "thing"]
    assert [row.resource_type for row in events(resource_id="1").rows] == ["other", "thing"]
