"""Files of orders, approved at once: one line that is booked with its part, and one that becomes a transfer in flight."""

from datetime import UTC, datetime
from typing import Any

from approvals import registry
from approvals.models import ApprovalRequest
from approvals.registry import DecideInput
from audit import context
from audit.context import Actor, ActorType
from backoffice.access.models import Operator
from backoffice.campaign.works import Work, client, register
from backoffice.campaign.works.withdrawals import APPROVER, amount_of
from backoffice.sandbox.demo.company import NEIGHBOURS
from transfers.models import BulkOrder
from transfers.states import Status

_HELD_SINCE = datetime(2026, 1, 1, tzinfo=UTC)


def booked(tag: str, number: int) -> None:
    _order(f"{tag}/{number}", number, {"type": "client_account", "client": NEIGHBOURS[client.CLIENT]})


def in_flight(tag: str, number: int) -> None:
    _order(f"{tag}/{number}", number, client.demo()["destinations"][client.CLIENT]["crypto_address"])


def _order(name: str, number: int, destination: dict[str, str]) -> None:
    line = {"source_currency": "USDC", "amount": amount_of(number), "destination": destination, "reference": name}
    client.post("/v1/bulk_transfers", {"lines": [line], "reference": name}, key=name)
    order = BulkOrder.objects.select_related("approval_request").filter(client_reference=name).first()
    if order is not None and order.approval_request.status == ApprovalRequest.Status.PENDING:
        _approve(order.approval_request)


def _approve(request: ApprovalRequest) -> None:
    """The approver's vote, as the console casts it."""
    operator = Operator.objects.select_related("person").get(username=APPROVER)
    if operator.person is None:
        raise RuntimeError(f"{APPROVER} is nobody's account")
    given: dict[str, Any] = {"roles": {request.role: _HELD_SINCE}, "decision": "approve", "digest": bytes(request.digest)}
    with context.bind(Actor(ActorType.OPERATOR, operator.username, person_id=operator.person.id)):
        registry.get(request.action).decide(
            DecideInput(
                request_id=request.id,
                person_id=operator.person.id,
                operator=operator.username,
                revision=request.revision,
                **given,
            )
        )


_PAID = frozenset({Status.RECONCILED.value})
register(Work(name="file_booked", begin=booked, ends=_PAID))
register(Work(name="file_in_flight", begin=in_flight, ends=_PAID))
