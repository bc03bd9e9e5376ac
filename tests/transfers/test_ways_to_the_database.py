"""A statement that is its own transaction goes past cursors, every other one through them: both say and write the same."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import psycopg
import pytest
from django.db import ProgrammingError, connection, transaction
from django.test.utils import CaptureQueriesContext

from approvals.models import PolicyDecision
from ledger.commands import Line, Posting, post
from ledger.errors import InsufficientFunds
from ledger.gateway import answer_of
from ledger.models import Hold, LedgerTransaction
from tests.transfers import world as worlds
from tests.transfers.test_placing import at_once
from tests.transfers.world import ACCOUNT, UNIT
from transfers.models import Transfer

pytestmark = pytest.mark.usefixtures("committing")


@contextmanager
def _heard() -> Iterator[None]:
    with CaptureQueriesContext(connection) as heard:
        yield
    assert any("transfers_create" in query["sql"] for query in heard)


@pytest.mark.parametrize("way", [nullcontext, _heard])
def test_an_order_is_made_either_way(way: type[AbstractContextManager[None]]) -> None:
    world = worlds.build()
    with way():
        made = at_once(world)
    assert made is not None
    assert Transfer.objects.get().pk == made.transfer.pk
    assert Hold.objects.filter(reference=made.transfer.hold_reference, status="placed").exists()


def test_nothing_goes_past_a_transaction_that_is_rolled_back() -> None:
    world = worlds.build()
    with transaction.atomic():
        world.order("100.00")
        transaction.set_rollback(True)
    assert (Transfer.objects.count(), PolicyDecision.objects.count(), Hold.objects.count()) == (0, 0, 0)


def _of_a_function_that_is_not_there() -> Any:
    return answer_of("ledger_no_such_function", {})


def test_what_the_database_refuses_is_said_in_the_same_words_either_way() -> None:
    worlds.build()
    with pytest.raises(ProgrammingError) as alone:
        _of_a_function_that_is_not_there()
    with pytest.raises(ProgrammingError) as among, transaction.atomic():
        _of_a_function_that_is_not_there()
    assert (type(alone.value.__cause__), alone.value.args) == (type(among.value.__cause__), among.value.args)
    assert isinstance(alone.value.__cause__, psycopg.errors.UndefinedFunction)


def test_a_refusal_is_the_ledgers_own_and_leaves_the_connection_usable() -> None:
    worlds.build()
    lines = (Line.debit(ACCOUNT, 10**12 * UNIT), Line.credit("wallet:hot-1:USDC.ethereum", 10**12 * UNIT))
    with pytest.raises(InsufficientFunds):
        post(Posting(reference="too much", kind="test", value_at=worlds.LONG_AGO, lines=lines))
    assert not LedgerTransaction.objects.filter(reference="too much").exists()
