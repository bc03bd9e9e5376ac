"""When the market has left the agreed bounds: an operator proposes the price of today, and people decide anew.

It is a new revision of the release: what was asked before is dismissed, its votes count for nothing, and the order goes on only
when others than its makers approve the new least amount. Amount, destination, fee and deadline stay as they were.
"""

from typing import Any
from uuid import UUID

from django.db import transaction

from approvals import canonical
from approvals.commands.requests import dismiss, open_request
from approvals.models import ApiKey, ApprovalRequest
from ledger.money import Money
from ledger.queries import unit
from transfers import locks
from transfers.bounds import minimum_target
from transfers.commands import moves, payload
from transfers.commands.authority import differences
from transfers.commands.create import RELEASE_ACTION
from transfers.errors import Conflict
from transfers.models import Quote, Transfer, TransferEvent
from transfers.states import Route, Status
from transfers.wording import status_text

OUT_OF_BOUNDS = "quote_out_of_bounds"
DEFAULT_ROLE = "approver"


def why_not(transfer: Transfer) -> str:
    """Empty when new bounds may be proposed for the transfer as it stands."""
    if transfer.status != Status.CREATED or not transfer.last_error.startswith(OUT_OF_BOUNDS):
        return "No quote has left its bounds."
    latest = _latest(transfer)
    if latest is None:
        return "There is no quote to go by."
    if latest.fee_amount > transfer.max_fee:
        return "Our fee has changed since it was ordered: cancel it, and let the client order again."
    return "" if _least(transfer, latest) < transfer.min_target_amount else "The latest quote is inside the bounds again."


def propose_new_bounds(*, transfer_id: UUID, reason: str, maker: UUID) -> ApprovalRequest:
    """The request for the next revision. Raises NotFound; Conflict when there is nothing to propose; Unknown (the maker)."""
    with transaction.atomic():
        transfer = locks.transfer(transfer_id)
        obstacle = why_not(transfer)
        if obstacle:
            raise Conflict(obstacle)
        before = _void_earlier(transfer)
        makers = tuple(sorted({maker, *_makers(transfer)}))
        latest = _latest(transfer)
        old, transfer.min_target_amount = transfer.min_target_amount, _least(transfer, latest) if latest else 0
        request = _open(transfer, makers, revision=before.revision + 1 if before else 1)
        changed = {"min_target_amount": [str(old), str(transfer.min_target_amount)]}
        moves.note(
            transfer,
            moves.NEW_BOUNDS,
            reason=reason.strip(),
            data={"request": str(request.id), "revision": request.revision, "changed": changed, "quote": str(latest and latest.id)},
            min_target_amount=transfer.min_target_amount,
            approval_request=request,
            due_at=transfer.not_after,
            last_error="",
            attempts=0,
            status_text=status_text(Route(transfer.route), Status.CREATED, awaiting_approval=True),
        )
    return request


def changed_since(request: ApprovalRequest) -> dict[str, tuple[Any, Any]]:
    """Field by field, what this revision of a release asks for differently than the one before it."""
    earlier = ApprovalRequest.objects.filter(
        action=request.action, subject_id=request.subject_id, revision=request.revision - 1
    ).first()
    if earlier is None:
        return {}
    old, new = (canonical.read(one.payload, one.digest) for one in (earlier, request))
    return {name: (old.get(name), new.get(name)) for name in differences(old, new) if name != "revision"}


def _latest(transfer: Transfer) -> Quote | None:
    return Quote.objects.filter(transfer=transfer, kind=Quote.Kind.FIRM).order_by("-quoted_at").first()


def _least(transfer: Transfer, latest: Quote) -> int:
    """What the latest quote brings, less what the corridor lets the market move while people decide."""
    corridor = transfer.corridor
    return minimum_target(int(latest.target_amount), slippage_bps=corridor.slippage_bps if corridor else 0)


def _void_earlier(transfer: Transfer) -> ApprovalRequest | None:
    """The request whose place is taken, if there was one; a pending one ends here."""
    earlier = transfer.approval_request
    if earlier is not None and earlier.status == ApprovalRequest.Status.PENDING:
        dismiss(earlier.id, "The terms have changed: another revision is asked for, and votes on this one count for nothing.")
    return ApprovalRequest.objects.filter(action=RELEASE_ACTION, subject_id=str(transfer.id)).order_by("-revision").first()


def _makers(transfer: Transfer) -> set[UUID]:
    """Whoever made the order stays its maker: as the request says, or as the first event and the key do."""
    if transfer.approval_request is not None:
        return set(transfer.approval_request.makers.values_list("person_id", flat=True))
    first = TransferEvent.objects.filter(transfer=transfer, seq=1).values_list("person_id", flat=True).first()
    controllers = ApiKey.objects.filter(prefix=transfer.made_by).values_list("controllers", flat=True)
    return {person for person in (first, *controllers) if person is not None}


def _open(transfer: Transfer, makers: tuple[UUID, ...], *, revision: int) -> ApprovalRequest:
    decision, asset = transfer.policy_decision, unit(transfer.source_asset_id)
    if decision is None or transfer.not_after is None:
        raise Conflict("There is no policy decision or deadline on record to ask by.")
    amount = Money(int(transfer.source_amount), asset).format()
    return open_request(
        action=RELEASE_ACTION,
        subject_type="transfer",
        subject_id=str(transfer.id),
        client_id=transfer.client_id,
        title=f"New terms: {transfer.client.name} withdraws {amount} {asset.code}",
        payload=payload.build(transfer, revision=revision, policy_set=decision.set_id, makers=makers),
        quorum=max(decision.quorum, 1),
        role=decision.role or DEFAULT_ROLE,
        expires_at=transfer.not_after,
        makers=makers,
        policy_decision=decision,
    )
