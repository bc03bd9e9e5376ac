"""How often the driver asks the database for one withdrawal: a waste that creeps in is seen here first.

Its outside is tame and has no wire. On a real one each call adds two statements outside every transaction: what came of it is
counted (transfers.health.window) and what was said is kept (transfers.commands.exchanges). Sent and confirmed take seven calls.
"""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.transfers.tame import tame_outside
from tests.transfers.world import LONG_AGO, World
from transfers import driver
from transfers.models import Transfer

pytestmark = pytest.mark.django_db
_NO_QUESTIONS = ("SAVEPOINT", "RELEASE SAVEPOINT")


@pytest.mark.usefixtures("bound")
def test_a_withdrawal_on_chain_asks_so_often_and_no_more(world: World) -> None:
    transfer = world.order()
    with tame_outside():
        until_sent = _questions(transfer)
        until_confirmed = _questions(transfer)
    transfer.refresh_from_db()
    assert transfer.status == "CONFIRMED"
    assert until_sent <= 65
    assert until_confirmed <= 20


def _questions(transfer: Transfer) -> int:
    """Of one pass; nested transactions are the test's own."""
    Transfer.objects.filter(pk=transfer.pk).update(due_at=LONG_AGO)
    with CaptureQueriesContext(connection) as asked:
        assert driver.advance_one(transfer.id)
    return sum(not query["sql"].startswith(_NO_QUESTIONS) for query in asked.captured_queries)
