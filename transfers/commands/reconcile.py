"""RECONCILED: the last step, taken by the matcher with evidence that the driver did not write."""

from typing import Any
from uuid import UUID

from django.db import transaction

from transfers import locks
from transfers.commands import moves
from transfers.crashpoints import crashpoint
from transfers.errors import Conflict, Refused
from transfers.models import Leg, Transfer
from transfers.states import EvidenceState, Status


def mark_reconciled(*, transfer_id: UUID, evidence: dict[str, Any]) -> Transfer:
    """Close the transfer with `evidence` (what proves each leg), which its event keeps. Repeating it changes nothing.

    Raises NotFound; Refused without evidence; IllegalTransition when the machine has no row from here, Conflict when money is in
    doubt.
    """
    if not evidence:
        raise Refused("evidence_missing", "A transfer is reconciled by evidence from outside, and none was given.")
    with transaction.atomic():
        transfer = locks.transfer(transfer_id)
        if transfer.status == Status.RECONCILED:
            return transfer
        if transfer.money_state != "posted":
            raise Conflict(f"The money of this transfer is {transfer.money_state}, not posted.")
        Leg.objects.filter(transfer=transfer).update(evidence_state=EvidenceState.MATCHED)
        moves.move(transfer, Status.RECONCILED, data={"evidence": evidence}, evidence_state=EvidenceState.MATCHED, due_at=None)
        crashpoint("reconcile.before_commit")
    return transfer
