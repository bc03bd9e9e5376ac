"""A payment at the bank that names no client and is sent back to its payer, asked for by one person and approved by another."""

from uuid import UUID

from approvals.errors import NotCarriedOut, RequestAlreadyPending
from approvals.models import ApprovalRequest
from audit import context
from backoffice.campaign.works import Work, register
from backoffice.campaign.works.deposits import pay_in
from backoffice.campaign.works.votes import acting, person_of, vote
from transfers.commands.deposits.send_back import request_to_debtor
from transfers.commands.deposits.send_back_payload import ACTION
from transfers.errors import Conflict
from transfers.models import Arrival, SendBack
from transfers.states import Status

_ASKS = "operator"
_PAYER, _PAYERS_ACCOUNT = "Nobody we know", "DE89370400440532013000"


def send_back(tag: str, number: int) -> None:
    """Money in, then the request, then the vote: each when the one before has come to something, and once."""
    name = f"{tag}/{number}"
    arrival = Arrival.objects.filter(facts__text=name, rail="bank").first()
    if arrival is None:
        pay_in(name, f"{300 + number}.00", text=name, payer=_PAYER, account=_PAYERS_ACCOUNT)
    elif arrival.status == Arrival.Status.UNALLOCATED and not arrival.send_backs.exists():
        _ask(arrival)
        _approve(arrival)


def _ask(arrival: Arrival) -> None:
    with context.bind(acting(_ASKS)):
        try:
            request_to_debtor(arrival_id=arrival.pk, reason="It names no client of ours.", fee=0, maker=person_of(_ASKS).id)
        except (RequestAlreadyPending, Conflict):
            return


def _approve(arrival: Arrival) -> None:
    for request in ApprovalRequest.objects.filter(action=ACTION, subject_id=str(arrival.pk), status="pending"):
        try:
            vote(request)
        except NotCarriedOut:
            return


def found(tag: str) -> list[UUID]:
    rows = SendBack.objects.filter(arrival__facts__text__startswith=f"{tag}/")
    return list(rows.order_by("transfer_id").values_list("transfer_id", flat=True))


register(Work(name="bank_send_back", begin=send_back, ends=frozenset({Status.RECONCILED.value}), found=found))
