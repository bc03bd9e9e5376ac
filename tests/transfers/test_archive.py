"""Events of transfers that ended leave by the month, and come back with the trigger that keeps them honest."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.db import DatabaseError, connection, transaction

from audit.archive.commands import archive_month, drop_month, reattach_month
from audit.archive.errors import NotArchivable
from tests.ledger.past import ensure_month, triggers
from tests.transfers.world import World, history
from transfers.commands.cancel import cancel
from transfers.models import TransferEvent

MARCH = datetime(2026, 3, 1, tzinfo=UTC)
_AGAIN = """
    INSERT INTO transfers_event_y2026m03
    SELECT gen_random_uuid(), recorded_at, occurred_at, txid, transfer_id, seq + 90, type, schema_version, from_status, to_status,
           actor_type, actor_id, person_id, credential_id, on_behalf_of, correlation_id, causation_id, reason, data, status_text
      FROM transfers_event_y2026m03 LIMIT 1
"""


def _all_in_march() -> None:
    ensure_month(MARCH, "transfers_event")
    with connection.cursor() as cursor:
        triggers(cursor, "transfers_event", on=False)
        cursor.execute("UPDATE transfers_event SET recorded_at = %s + seq * interval '1 hour'", [MARCH])
        triggers(cursor, "transfers_event", on=True)


def test_events_leave_when_their_transfers_ended_and_come_back_whole(world: World, tmp_path: Path) -> None:
    transfer = world.order("100.00")
    _all_in_march()
    with pytest.raises(NotArchivable, match="1 transfers with events in it are still under way"):
        archive_month("transfers_event", date(2026, 3, 1), directory=tmp_path, reason="policy")
    cancel(transfer.id, "changed our mind")
    _all_in_march()
    before = history(transfer.id)
    archive_month("transfers_event", date(2026, 3, 1), directory=tmp_path, reason="policy")
    drop_month("transfers_event", date(2026, 3, 1), reason="policy")
    assert TransferEvent.objects.count() == 0
    reattach_month("transfers_event", date(2026, 3, 1), reason="asked for")
    assert history(transfer.id) == before
    with pytest.raises(DatabaseError, match="is not the move that its row stands at"), transaction.atomic():
        connection.cursor().execute(_AGAIN)
    with pytest.raises(DatabaseError, match="keeps its history"), transaction.atomic():
        connection.cursor().execute("DELETE FROM transfers_event_y2026m03")
