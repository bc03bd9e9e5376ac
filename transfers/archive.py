"""When a month of transfer events may go, and how long what this floor keeps is kept."""

from collections.abc import Iterator
from datetime import date

from audit.archive.months import begins, ends
from audit.archive.registry import ArchivedTable
from audit.archive.steps import run
from audit.retention import RetentionClass
from transfers.states import TERMINAL

_UNDER_WAY = """
    SELECT count(*) FROM transfers_transfer AS transfer
     WHERE transfer.status <> ALL (%s) AND EXISTS (
           SELECT FROM transfers_event AS event
            WHERE event.transfer_id = transfer.id AND event.recorded_at >= %s AND event.recorded_at < %s)
"""


def blockers(month: date) -> Iterator[str]:
    """A transfer under way keeps its whole story at hand."""
    if open_ones := run(_UNDER_WAY, list(TERMINAL), begins(month), ends(month))[0][0]:
        yield f"{open_ones} transfers with events in it are still under way"


EVENTS = ArchivedTable(
    name="transfers_event",
    key="recorded_at",
    ensure="transfers_ensure_event_partitions",
    retention="transfer_events",
    blockers=blockers,
)
RETENTION = (
    RetentionClass(name="transfer_events", title="events of transfers", attached_months=24, kept_months=120),
    RetentionClass(
        name="provider_messages",
        title="what providers were told and answered, and webhooks as they came in",
        attached_months=12,
        kept_months=60,
        records=(
            ("transfers_providercall", "intent_at"),
            ("transfers_providerexchange", "first_at"),
            ("transfers_inboundwebhook", "received_at"),
        ),
    ),
    RetentionClass(
        name="api_responses",
        title="responses stored under idempotency keys; the keys themselves stay for ever",
        attached_months=3,
        kept_months=120,
        records=(("transfers_idempotencykey", "created_at"),),
        holding="response_body IS NOT NULL",
        command="drop_answers --reason ...",
    ),
)
