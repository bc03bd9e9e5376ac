"""What operators and clients read is found by an index of what they ask for, however long the past behind it is."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from approvals.models import Client
from audit import queries as trail
from backoffice.access.models import Operator
from backoffice.alerts import queries as alerts
from backoffice.alerts.models import Alert
from backoffice.console.approvals.queue import queues
from reconciliation.queries import breaks
from tests.transfers.planner import as_over_a_long_past
from tests.transfers.world import World
from transfers import queries
from transfers.api.listing import encode, transfers_of
from transfers.overdue import overdue
from transfers.queries import TransferFilter
from transfers.states import Route, Status

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bound")]


def transfers(**wanted: object) -> Callable[[], object]:
    return lambda: queries.transfer_page(TransferFilter(clients=None, with_synthetic=False, **wanted))  # type: ignore[arg-type]


QUESTIONS: dict[str, tuple[str, Callable[[], object]]] = {
    "a rare kind": ("transfers_transfer_of_a_kind", transfers(route="card_refund")),
    "a state": ("transfers_transfer_of_a_kind", transfers(status="DROPPED")),
    "what a halt stopped": ("transfers_transfer_stopped", transfers(only_stopped=True)),
    "an amount": ("transfers_transfer_amount", lambda: queries.search("7.77", clients=None)),
    "how a reference begins": ("transfers_transfer_client_ref", lambda: queries.search("INV-00", clients=None)),
    "what is overdue": (
        "transfers_transfer_overdue",
        lambda: overdue(route=Route.OFF_RAMP, status=Status.CONFIRMED, waits_for_people=False, limit=20),
    ),
    "alerts that ended": ("alerts_alert_resolved", lambda: alerts.resolved(Alert.objects.all())),
    "what was decided today": (
        "approvals_request_decided_last",
        lambda: list(queues(Operator.objects.create_user("reader")).decided[:100]),
    ),
}


@pytest.mark.parametrize("what", QUESTIONS)
def test_it_is_found_by_an_index_of_it(what: str, world: World) -> None:
    """That it can be: how the planner weighs it against others depends on rows that tests do not have, and `bench pages` has."""
    world.order()
    index, ask = QUESTIONS[what]
    found = plans(ask, by=index)
    assert any(index in plan for plan in found), found


def test_a_client_that_reads_on_begins_where_it_was(world: World) -> None:
    transfer = world.order()
    cursor = encode([(transfer.created_at - timedelta(days=9)).isoformat(), str(transfer.pk)])
    (plan,) = plans(lambda: transfers_of(transfer.client_id, {"cursor": cursor, "limit": 50}), only="transfers_transfer")
    condition = next(line for line in plan.splitlines() if "Index Cond" in line)
    assert "client_id" in condition
    assert "created_at <=" in condition


def test_whose_a_break_is_is_looked_up_for_the_breaks_that_are_shown(world: World) -> None:
    world.order()
    (plan,) = plans(lambda: breaks(Client.objects.all()), only="reconciliation_break")
    assert "Index Scan using transfers_transfer_pkey" in plan
    assert "Hash" not in plan


def test_what_was_refused_is_not_sought_among_all_that_was_done(world: World) -> None:
    world.order()
    (plan,) = plans(lambda: trail.events(outcome="refused"), only="audit_event")
    # The index holds what was not done, so that only the little in it is compared.
    with connection.cursor() as cursor:
        cursor.execute("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'audit_event_not_done'::regclass")
        parts = [name for (name,) in cursor.fetchall()]
    assert any(name in plan for name in parts), (parts, plan)


_OTHERS = """
    SELECT indexrelid::regclass::text FROM pg_index
     WHERE indrelid = (SELECT indrelid FROM pg_index WHERE indexrelid = %(index)s::regclass)
       AND NOT indisunique AND indexrelid <> %(index)s::regclass
"""


def plans(ask: Callable[[], object], only: str = "", *, by: str = "") -> list[str]:
    """As the planner would have them if there were too many rows to read, and none of the newest were what is asked for; `by`: if
    the table of this index had no other to search by."""
    with CaptureQueriesContext(connection) as asked:
        ask()
    statements = [
        query["sql"] for query in asked.captured_queries if query["sql"].startswith("SELECT") and f'FROM "{only}' in query["sql"]
    ]
    with connection.cursor() as cursor:
        # First, since an autovacuum that holds a table waits for whoever has changed what is known of it.
        cursor.execute("DROP INDEX IF EXISTS transfers_transfer_newest")
        for other in _others(by) if by else ():
            cursor.execute(f"DROP INDEX {other}")
        as_over_a_long_past()
        found = []
        for statement in statements:
            cursor.execute("EXPLAIN (COSTS OFF) " + statement)
            found.append("\n".join(row for (row,) in cursor.fetchall()))
    return found


def _others(index: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(_OTHERS, {"index": index})
        return [name for (name,) in cursor.fetchall()]
