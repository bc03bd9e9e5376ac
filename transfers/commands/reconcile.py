"""RECONCILED: the last step, taken by the matcher with evidence that the driver did not write."""

from typing import Any
from uuid import UUID

from django.db import transaction

from transfers import locks
from transfers.commands import moves
from transfers.commands.move_all import move_all
from transfers.crashpoints import crashpoint
from transfers.errors import Conflict, Refused
from transfers.models import Leg, Transfer
from transfers.queries.proved import proved_by_the_ledger
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
        # What somebody disputes stays disputed, however well it is proved.
        disputed = transfer.evidence_state in (EvidenceState.DISPUTED, EvidenceState.REPAIRED)
        kept = transfer.evidence_state if disputed else EvidenceState.MATCHED
        # What people decided on is told as that, and not as proved.
        legs = Leg.objects.filter(transfer=transfer).exclude(evidence_state=EvidenceState.REPAIRED)
        legs.update(evidence_state=EvidenceState.MATCHED)
        moves.move(transfer, Status.RECONCILED, data={"evidence": evidence}, evidence_state=kept, due_at=None)
        crashpoint("reconcile.before_commit")
    return transfer


@transaction.atomic
def reconcile_by_ledger(limit: int) -> int:
    """Close up to `limit` transfers within our own books that the ledger proves, in one go; how many. One that another process
    holds is left for the next run."""
    proved = [transfer_id for transfer_id, _ in proved_by_the_ledger(limit)]
    held = Transfer.objects.select_for_update(skip_locked=True, of=("self",)).filter(pk__in=proved, status=Status.CONFIRMED)
    # Asked again under the locks: a correction may have come between.
    evidence = dict(proved_by_the_ledger(limit, among=list(held.values_list("pk", flat=True))))
    closing = list(Transfer.objects.filter(pk__in=evidence))
    move_all(
        closing,
        Status.RECONCILED,
        data={transfer_id: {"evidence": found} for transfer_id, found in evidence.items()},
        evidence_state=EvidenceState.MATCHED,
        due_at=None,
    )
    crashpoint("reconcile_all.before_commit")
    return len(closing)
