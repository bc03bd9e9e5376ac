"""Proof that exactly this transfer may go: taken again by the executor inside the transaction of every step that commits
something.

Nothing is remembered from the vote. The stored bytes must match their digest and say what the transfer's row says, in every
field; the votes must be as many as asked, of distinct active people who did not make it, all on this digest and revision; the
time must not be up. One byte changed by SQL, in the payload or in the row, stops the transfer.
"""

from typing import Any

from approvals import canonical
from approvals.commands.requests import mark_executed
from approvals.errors import PayloadTampered
from approvals.models import ApprovalRequest
from audit import clock
from transfers.commands import move_payload, payload
from transfers.commands.bulk.proving import prove_line
from transfers.commands.deposits import refund_payload, send_back_payload
from transfers.commands.sweeping.proving import prove_sweep
from transfers.commands.votes import Unproven, prove_votes
from transfers.models import CardRefund, SendBack, Transfer, TreasuryMove
from transfers.states import SEND_BACKS, Route


def prove(transfer: Transfer) -> ApprovalRequest | None:
    """The approved request, or None where the policy lets the transfer go by itself. Raises Unproven."""
    if transfer.route == Route.TREASURY_MOVE:
        return _prove_move(transfer)
    if transfer.route == Route.DEPOSIT_SWEEP:
        prove_sweep(transfer)
        return None
    if transfer.route in SEND_BACKS:
        return _prove_send_back(transfer)
    if transfer.route == Route.CARD_REFUND:
        return _prove_refund(transfer)
    decision = transfer.policy_decision
    if decision is None:
        raise Unproven("No policy decision is on record.")
    if transfer.bulk_id is not None:
        return prove_line(transfer)
    if decision.subject_id != str(transfer.id) or int(decision.facts["amount"]) != transfer.source_amount:
        raise Unproven("The policy decision on record is about another subject or amount.")
    if transfer.approval_request_id is None:
        if decision.outcome != "allow":
            raise Unproven(f"The policy said {decision.outcome}, and no request is on record.")
        return None
    request = ApprovalRequest.objects.select_for_update().get(pk=transfer.approval_request_id)
    _prove_content(transfer, request, decision.set_id)
    prove_votes(request, needed=max(decision.quorum, request.quorum, 1))
    return request


def _prove_move(transfer: Transfer) -> ApprovalRequest:
    """Our own money needs no policy: two people have approved exactly this move."""
    move = TreasuryMove.objects.select_related("source", "target").filter(transfer=transfer).first()
    if move is None:
        raise Unproven("No approved request is on record for this move.")
    return _prove_deed(transfer, move_payload.ACTION, move_payload.of_transfer(transfer, move), needed=move_payload.QUORUM)


def _prove_send_back(transfer: Transfer) -> ApprovalRequest:
    """Nor does money that is nobody's: people have approved that exactly this goes back to exactly there."""
    sent = SendBack.objects.select_related("arrival").filter(transfer=transfer).first()
    if sent is None:
        raise Unproven("No approved request is on record for sending this back.")
    return _prove_deed(transfer, send_back_payload.ACTION, send_back_payload.of_transfer(transfer, sent), needed=1)


def _prove_refund(transfer: Transfer) -> ApprovalRequest:
    refund = CardRefund.objects.select_related("deposit").filter(transfer=transfer).first()
    if refund is None:
        raise Unproven("No approved request is on record for this refund.")
    return _prove_deed(transfer, refund_payload.ACTION, refund_payload.of_transfer(transfer, refund), needed=1)


def _prove_deed(transfer: Transfer, action: str, expected: dict[str, Any], *, needed: int) -> ApprovalRequest:
    """What the last vote on a request has made: the request names this very transfer, and was carried out once."""
    if transfer.approval_request_id is None:
        raise Unproven("No approved request is on record for it.")
    request = ApprovalRequest.objects.select_for_update().get(pk=transfer.approval_request_id)
    content = _approved(request)
    if request.action != action or request.executed_at is None or content["transfer_id"] != str(transfer.id):
        raise Unproven("The request on record is about something else.")
    _compare(request, content, expected)
    prove_votes(request, needed=max(needed, request.quorum))
    return request


def use(request: ApprovalRequest | None) -> None:
    """Use the approval for this one sending; a second use is refused by approvals and by the database."""
    if request is not None and request.executed_at is None:
        mark_executed(request.id, bytes(request.digest))


def _prove_content(transfer: Transfer, request: ApprovalRequest, policy_set: int) -> None:
    content = _approved(request)
    if request.action != "transfer.release" or request.subject_id != str(transfer.id):
        raise Unproven("The request on record is about something else.")
    makers = tuple(request.makers.values_list("person_id", flat=True))
    expected = payload.build(transfer, revision=request.revision, policy_set=policy_set, makers=makers)
    _compare(request, content, expected)
    if clock.now() > payload.not_after(content) and request.executed_at is None:
        raise Unproven("The approval is no longer fresh: its time is up.")


def _approved(request: ApprovalRequest) -> dict[str, Any]:
    """The stored content of a request that people have approved."""
    try:
        content = canonical.read(request.payload, request.digest)
    except PayloadTampered as error:
        raise Unproven(str(error)) from error
    if request.status != ApprovalRequest.Status.APPROVED:
        raise Unproven(f"The request is {request.status}, not approved.")
    return content


def _compare(request: ApprovalRequest, content: dict[str, Any], expected: dict[str, Any]) -> None:
    if canonical.to_bytes(expected) != bytes(request.payload):
        raise Unproven(f"What was approved is not what would be executed: {', '.join(differences(content, expected))} differ.")


def differences(approved: dict[str, Any], expected: dict[str, Any]) -> list[str]:
    """Names of the fields that differ, for people."""
    return sorted(name for name in approved.keys() | expected.keys() if approved.get(name) != expected.get(name))
