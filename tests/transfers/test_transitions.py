"""Transitions are counted once; what is asked for is every transition there ever was, whenever the count was last brought up."""

from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection
from prometheus_client import generate_latest

from backoffice.health.metrics import registry
from tests.transfers.world import World
from transfers.commands.cancel import cancel
from transfers.models import TransferEvent, TransitionCount, TransitionMark
from transfers.queries import transitions as figures

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bound")]


def _every_event() -> Counter[tuple[str, str]]:
    kinds = TransferEvent.objects.values_list("from_status", "to_status")
    return Counter(kind for kind in kinds if kind[0] != kind[1])


def _told() -> Counter[tuple[str, str]]:
    told: Counter[tuple[str, str]] = Counter()
    for one in figures.transitions():
        told[one.source, one.target] += one.times
    return told


def _later() -> None:
    """As if the last look were a while ago, and everything from before it over."""
    latest = TransferEvent.objects.latest("recorded_at").recorded_at
    TransitionMark.objects.update(next_at=latest + timedelta(microseconds=1), next_xid=0)


def test_they_are_counted_once_however_often_they_are_added_up(world: World) -> None:
    cancel(world.order().id, "not today")
    figures.count_transitions()
    _later()
    assert figures.count_transitions() == sum(_every_event().values()) == 2
    world.order()
    assert _told() == _every_event()
    _later()
    assert (figures.count_transitions(), figures.count_transitions()) == (1, 0)
    assert _told() == _every_event()
    assert sum(TransitionCount.objects.values_list("times", flat=True)) == 3


def test_two_looks_in_one_moment_count_nothing_twice(world: World) -> None:
    world.order()
    figures.count_transitions()
    _later()
    figures.count_transitions()
    TransitionMark.objects.update(next_xid=0)
    assert (figures.count_transitions(), figures.count_transitions()) == (0, 0)
    assert _told() == _every_event()


def test_what_was_left_for_long_is_caught_up_in_pieces(world: World) -> None:
    world.order()
    figures.count_transitions()
    _later()
    ago = TransitionMark.objects.get().next_at - timedelta(hours=10)
    TransitionMark.objects.update(until=ago)
    assert (figures.count_transitions(), TransitionMark.objects.get().until) == (0, ago + timedelta(hours=6))
    assert (figures.count_transitions(), _told()) == (1, _every_event())


def test_none_is_counted_while_an_older_transaction_may_still_show_one(world: World) -> None:
    world.order()
    figures.count_transitions()
    _later()
    TransitionMark.objects.update(next_xid=_own_number())
    assert (figures.count_transitions(), TransitionCount.objects.count()) == (0, 0)
    assert _told() == _every_event()


def test_a_number_from_another_server_is_given_up(world: World) -> None:
    world.order()
    figures.count_transitions()
    _later()
    TransitionMark.objects.update(next_xid=_own_number() + 10**9)
    assert (figures.count_transitions(), TransitionMark.objects.get().next_xid) == (0, _own_number())
    assert _told() == _every_event()


def test_what_is_open_and_what_has_ended_is_told_by_state(world: World) -> None:
    cancel(world.order().id, "not today")
    world.order()
    told = generate_latest(registry).decode()
    assert 'countersign_transfers{route="on_chain_withdrawal",status="CREATED"} 1.0' in told
    assert 'countersign_transfers{route="on_chain_withdrawal",status="CANCELLED"} 1.0' in told
    assert 'countersign_transitions_total{source="CREATED",target="CANCELLED"} 1.0' in told
    assert 'countersign_transfers_oldest_seconds{route="on_chain_withdrawal",status="CANCELLED"}' not in told


def _own_number() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text::bigint")
        return int(cursor.fetchone()[0])
