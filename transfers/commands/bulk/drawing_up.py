"""The transfers that lines become: inserted as a set, each with its first event."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from audit import clock
from audit.envelope import as_jsonb
from audit.rows import new_row
from transfers import rebuilding
from transfers.bulk.content import PlannedLine
from transfers.commands import payload
from transfers.commands.drawing_up import ordered
from transfers.commands.move_all import tell_all
from transfers.commands.moves import MOVED
from transfers.machines import CURRENT_VERSION
from transfers.models import BulkPart, Transfer
from transfers.states import IN_FILES, MoneyState, Route, Status
from transfers.wording import status_text

_COLUMNS = tuple((str(field.column), field.attname) for field in Transfer._meta.concrete_fields)  # noqa: SLF001 - public by its documentation


def draw_up(part: BulkPart, lines: Sequence[PlannedLine], *, in_flight: bool) -> list[Transfer]:
    """One transfer per line, with the id and reference that were approved. Those in flight are due at once and hold for themselves;
    the others are booked by the part's own posting. A line cannot become two: its id is the transfer's."""
    now = clock.now()
    transfers = [_transfer(part, line, now, in_flight=in_flight) for line in lines]
    _insert(transfers)
    tell_all(
        transfers,
        MOVED[Status.CREATED],
        source="",
        target=Status.CREATED.value,
        text=transfers[0].status_text,
        data={one.pk: ordered(one) | {"bulk_order": str(one.bulk_id), "line": one.bulk_line} for one in transfers},
        rows={one.pk: rebuilding.first(one) for one in transfers},
    )
    return transfers


# Fifty columns of thousands of rows, of which most are the same: said once, and spread by the database.
_INSERT = """
    INSERT INTO transfers_transfer
    SELECT made.* FROM jsonb_array_elements(%s) AS line
     CROSS JOIN LATERAL jsonb_populate_record(NULL::transfers_transfer, %s || line) AS made
"""


def _insert(transfers: Sequence[Transfer]) -> None:
    shared = _columns(transfers[0])
    own = [{name: value for name, value in _columns(one).items() if value != shared[name]} for one in transfers]
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [as_jsonb(own), as_jsonb(shared)])


def _columns(transfer: Transfer) -> dict[str, Any]:
    """Times to the microsecond, which JSON of ours would cut."""
    values = {column: getattr(transfer, name) for column, name in _COLUMNS}
    return {column: value.isoformat() if isinstance(value, datetime) else value for column, value in values.items()}


def _transfer(part: BulkPart, line: PlannedLine, now: datetime, *, in_flight: bool) -> Transfer:
    order, route = part.order, Route(line.route)
    return new_row(
        Transfer,
        id=UUID(line.transfer_id),
        reference=line.reference,
        client_id=order.client_id,
        route=route,
        machine_version=CURRENT_VERSION[route],
        status=Status.CREATED,
        version=1,
        money_state=MoneyState.RESERVED,
        corridor_id=line.corridor,
        source_asset_id=line.source_asset,
        target_asset_id=line.target_asset,
        source_amount=line.amount,
        max_fee=line.max_fee,
        max_total_debit=line.amount + line.max_fee,
        min_target_amount=line.min_target_amount,
        not_after=order.not_after,
        destination_id=UUID(line.destination_id),
        destination_details=line.destination,
        receiver_id=line.receiver or None,
        bulk_id=order.pk,
        bulk_part=part.ordinal,
        bulk_line=line.number,
        client_reference=line.client_reference,
        approval_request_id=order.approval_request_id,
        policy_decision_id=part.policy_decision_id,
        hold_reference=payload.hold_reference(line.reference) if in_flight else "",
        status_text=status_text(route, Status.CREATED),
        correlation_id=order.correlation_id,
        made_by=order.made_by,
        made_by_type=order.made_by_type,
        created_at=now,
        updated_at=now,
        state_entered_at=now,
        deadline_at=order.not_after,
        priority=IN_FILES,
        due_at=now if in_flight else None,
    )
