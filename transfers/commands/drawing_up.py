"""A transfer in its first state as we draw it up ourselves: within one asset, asked of no policy, due at once. What clients order
is drawn up where it is accepted (transfers.commands.create, transfers.commands.bulk.drawing_up); its first event is the same."""

from typing import Any

from audit import clock, context
from audit.identity import new_id, new_reference
from transfers.commands.deadlines import deadline
from transfers.machines import CURRENT_VERSION
from transfers.models import Transfer
from transfers.states import Route, Status
from transfers.wording import status_text


def draw_up(*, route: Route, asset_id: str, amount: int, made_by: str, made_by_type: str, **more: Any) -> Transfer:
    """Not saved yet. `amount` in minor units; `more` are further columns, an id and a reference among them where they were agreed
    before."""
    now = clock.now()
    columns = {"id": new_id(), "reference": new_reference()} | more
    transfer = Transfer(
        route=route,
        machine_version=CURRENT_VERSION[route],
        status=Status.CREATED,
        version=1,
        source_asset_id=asset_id,
        target_asset_id=asset_id,
        source_amount=amount,
        target_amount=amount,
        status_text=status_text(route, Status.CREATED),
        correlation_id=context.current().correlation_id,
        made_by=made_by,
        made_by_type=made_by_type,
        created_at=now,
        updated_at=now,
        state_entered_at=now,
        due_at=now,
        **columns,
    )
    transfer.deadline_at = deadline(transfer, Status.CREATED, now)
    return transfer


def ordered(transfer: Transfer) -> dict[str, Any]:
    """What the audit trail says of a client's order; its first event keeps the whole row (transfers.rebuilding)."""
    return {
        "reference": transfer.reference,
        "client_id": transfer.client_id,
        "route": transfer.route,
        "corridor": transfer.corridor_id,
        "source_asset": transfer.source_asset_id,
        "target_asset": transfer.target_asset_id,
        "source_amount": str(transfer.source_amount),
        "max_fee": str(transfer.max_fee),
        "min_target_amount": str(transfer.min_target_amount),
        "not_after": transfer.not_after,
        "destination_id": str(transfer.destination_id or ""),
        "policy_decision": str(transfer.policy_decision_id),
        "approval_request": str(transfer.approval_request_id or ""),
        "made_by": transfer.made_by,
    }
