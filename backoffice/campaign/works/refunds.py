"""Card deposits of which a part is refunded: charged, settled, asked for by one person and approved by another."""

from uuid import UUID

from approvals.errors import NotCarriedOut, RequestAlreadyPending
from approvals.models import ApprovalRequest
from audit import context
from backoffice.campaign.works import Work, register
from backoffice.campaign.works.deposits import by_card
from backoffice.campaign.works.votes import acting, person_of, vote
from transfers.commands.deposits.refund import request_refund
from transfers.commands.deposits.refund_payload import ACTION
from transfers.errors import Conflict, Refused
from transfers.models import CardRefund, Transfer
from transfers.states import Route, Status

_ASKS, _AMOUNT = "operator", 500
_AVAILABLE = (Status.FIAT_SETTLED, Status.RECONCILED)
# A refund is netted when somebody else's card is charged: until then it rests here.
_ENDS = frozenset({Status.CONFIRMED.value, Status.FIAT_SETTLED.value, Status.RECONCILED.value})


def refund(tag: str, number: int) -> None:
    """A deposit, then the request, then the vote: each when the one before has come to something, and once."""
    name = f"{tag}/{number}"
    deposit = Transfer.objects.filter(route=Route.CARD_DEPOSIT, client_reference=name).first()
    if deposit is None:
        by_card(tag, number)
    elif deposit.status in _AVAILABLE and not deposit.card_refunds.exists():
        _ask(deposit)
        _approve(deposit)


def _ask(deposit: Transfer) -> None:
    with context.bind(acting(_ASKS)):
        try:
            request_refund(deposit_id=deposit.pk, amount=_AMOUNT, reason="The goods came back.", maker=person_of(_ASKS).id)
        except (RequestAlreadyPending, Conflict, Refused):
            return


def _approve(deposit: Transfer) -> None:
    for request in ApprovalRequest.objects.filter(action=ACTION, subject_id=str(deposit.pk), status="pending"):
        try:
            vote(request)
        except NotCarriedOut:
            return


def found(tag: str) -> list[UUID]:
    rows = CardRefund.objects.filter(deposit__client_reference__startswith=f"{tag}/")
    return list(rows.order_by("transfer_id").values_list("transfer_id", flat=True))


register(Work(name="card_refund", begin=refund, ends=_ENDS, found=found))
