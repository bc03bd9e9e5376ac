"""What processes ask again and again is answered by an index of the few rows it is about, however many there were before."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.transfers.planner import as_over_a_long_past
from tests.transfers.tame import tame_outside
from tests.transfers.world import World
from transfers import driver, overdue
from transfers.commands import nonces, treasury
from transfers.commands.watching import watch_confirmed
from transfers.models import Wallet
from transfers.outbox.dispatch import dispatch

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bound")]
QUESTIONS: dict[str, Callable[[], object]] = {
    "transfers_transfer_due_first": driver.claim,
    "transfers_reservation_open": lambda: treasury.free_of(Wallet.objects.get(code="hot-1")),
    "transfers_chain_tx_open": lambda: nonces.earliest("hot-1"),
    "transfers_call_unanswered": lambda: nonces._unsigned("hot-1"),
    "transfers_chain_tx_watch": watch_confirmed,
    "transfers_outbox_waiting": dispatch,
    "transfers_transfer_two_stories": overdue.in_disagreement,
    "transfers_transfer_in_doubt": lambda: overdue.taken_back_after_payout(10),
}


@pytest.mark.parametrize("index", QUESTIONS)
def test_it_is_found_by_an_index_of_what_is_open(index: str, world: World) -> None:
    world.order()
    with tame_outside(), CaptureQueriesContext(connection) as asked:
        QUESTIONS[index]()
    plans = [
        _plan(query["sql"]) for query in asked.captured_queries if query["sql"].strip().startswith(("SELECT", "UPDATE", "WITH"))
    ]
    assert any(index in plan for plan in plans), plans


def _plan(statement: str) -> str:
    """As the planner would have it if there were too many rows to read."""
    as_over_a_long_past()
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (COSTS OFF) " + statement)
        return "\n".join(row for (row,) in cursor.fetchall())
