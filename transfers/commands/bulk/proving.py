"""Proof that exactly these lines may go: taken again for every part, and for every transfer of a file at each of its steps.

Nothing is remembered from the vote. The stored file must have the digest that was approved, the part's stored bytes that of
their place in what was approved, the votes must still stand, and a transfer must say in every field what its line says.
"""

import hashlib
from typing import Any

from approvals import canonical
from approvals.errors import PayloadTampered
from approvals.models import ApprovalRequest
from transfers.bulk.content import PlannedLine, lines_in
from transfers.commands.bulk import payload
from transfers.commands.votes import Unproven, prove_votes
from transfers.models import BulkPart, BulkUpload, Transfer


def prove_part(part: BulkPart) -> list[PlannedLine]:
    """The lines of the part, as they were approved. Raises Unproven."""
    request, content = _approved(part)
    stored = BulkUpload.objects.values_list("content", flat=True).get(pk=part.order.upload_id)
    if hashlib.sha256(bytes(stored)).hexdigest() != content["file"]["sha256"]:
        raise Unproven("The stored file is not the one that was approved.")
    if not payload.is_fresh(request, content):
        raise Unproven("The approval is no longer fresh: its time is up.")
    return _lines(part, content)


def prove_line(transfer: Transfer) -> ApprovalRequest:
    """The request that a transfer of a file goes by. Raises Unproven."""
    part = _part_of(transfer)
    request, content = _approved(part)
    line = next((one for one in _lines(part, content) if one.number == transfer.bulk_line), None)
    if line is None or line != as_line(transfer):
        raise Unproven("What would be executed is not what its line of the approved file says.")
    return request


def as_line(transfer: Transfer) -> PlannedLine:
    """What the transfer's row says, in the words of a line."""
    return PlannedLine(
        number=transfer.bulk_line or 0,
        transfer_id=str(transfer.pk),
        reference=transfer.reference,
        route=transfer.route,
        corridor=str(transfer.corridor_id),
        source_asset=transfer.source_asset_id,
        target_asset=transfer.target_asset_id,
        amount=int(transfer.source_amount),
        max_fee=int(transfer.max_fee),
        min_target_amount=int(transfer.min_target_amount),
        destination_id=str(transfer.destination_id or ""),
        destination=dict(transfer.destination_details),
        receiver=str(transfer.receiver_id or ""),
        client_reference=transfer.client_reference,
    )


def _part_of(transfer: Transfer) -> BulkPart:
    """The part that drew the transfer up."""
    found = BulkPart.objects.select_related("order").filter(order_id=transfer.bulk_id, ordinal=transfer.bulk_part or 0).first()
    if found is None:
        raise Unproven("The file that this transfer came in has no such part.")
    return found


def _approved(part: BulkPart) -> tuple[ApprovalRequest, dict[str, Any]]:
    request = ApprovalRequest.objects.get(pk=part.order.approval_request_id)
    try:
        content = canonical.read(request.payload, request.digest)
    except PayloadTampered as error:
        raise Unproven(str(error)) from error
    if request.status != ApprovalRequest.Status.APPROVED or request.executed_at is None:
        raise Unproven(f"The request is {request.status}, not released.")
    if request.action != payload.RELEASE_ACTION or request.subject_id != str(part.order_id):
        raise Unproven("The request on record is about something else.")
    prove_votes(request, needed=max(part.policy_decision.quorum, request.quorum, 1))
    return request, content


def _lines(part: BulkPart, content: dict[str, Any]) -> list[PlannedLine]:
    if part.ordinal > len(content["parts"]) or part.digest_now() != content["parts"][part.ordinal - 1]:
        raise Unproven(f"The stored lines of part {part.ordinal} are not those that were approved.")
    return lines_in(part.content)
