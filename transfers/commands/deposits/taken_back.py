"""A deposit at our bank that the sender's bank takes back (R9): the debit is on the statement, so the money is gone in any case.

What was booked for the arrival is reversed, linked and in the open month: forced, since no floor of a client who has spent it keeps
the books from saying what the bank did. Halts do not stop it. What was not credited yet is booked as arrived first, so that the
books show what the bank shows.
"""

from typing import Any
from uuid import UUID

from django.db import transaction

from audit import clock
from ledger.chart import ForcedKind
from ledger.commands import reverse
from ledger.models import LedgerTransaction
from transfers import deposit_postings, locks, machines
from transfers.commands import moves
from transfers.commands.deposits.arrivals import change, set_aside
from transfers.crashpoints import crashpoint
from transfers.errors import Conflict
from transfers.failures import FAILURES
from transfers.models import Arrival, Leg, Transfer
from transfers.states import EvidenceState, MoneyState, Route, Status

CODE = "deposit_taken_back"
TAKEABLE = (Arrival.Status.SEEN, Arrival.Status.UNALLOCATED, Arrival.Status.CREDITED)
SENT_BACK = "we have sent it back, or are about to"
NO_WAY_BACK = "it was credited under an earlier release, whose deposits know no way back: correct the books by hand"


def why_not(arrival: Arrival) -> str:
    """Why its reversal is for people, as part of a sentence; empty where it is booked by itself."""
    if arrival.status == Arrival.Status.TAKEN_BACK:
        return "it was taken back once already"
    if arrival.status not in TAKEABLE:
        return SENT_BACK
    transfer = arrival.transfer
    if transfer is None or transfer.status == Status.FAILED:
        return ""
    may = machines.may(Route(transfer.route), transfer.machine_version, Status(transfer.status), Status.FAILED)
    return "" if may else NO_WAY_BACK


def take_back(*, arrival_id: UUID, bank_reason: str, evidence: dict[str, Any]) -> Arrival:
    """All of it has left our account again, as `evidence` shows. Repeating it changes nothing.

    Raises Conflict where `why_not` says so, or somebody else changed it meanwhile.
    """
    with transaction.atomic():
        arrival = _locked(arrival_id)
        if arrival.status == Arrival.Status.TAKEN_BACK:
            return arrival
        if obstacle := why_not(arrival):
            raise Conflict(f"Arrival {arrival.reference} is not taken back: {obstacle}.")
        if arrival.status == Arrival.Status.SEEN:
            set_aside(arrival, "It was taken back before it was credited.")
        words = f"The sender's bank took it back{f' ({bank_reason})' if bank_reason else ''}."
        change(arrival, "deposit.taken_back", status=Arrival.Status.TAKEN_BACK, reason=words)
        if arrival.transfer is not None and arrival.transfer.status != Status.FAILED:
            _fail(arrival.transfer, words, {"bank_reason": bank_reason, "evidence": evidence})
        _reverse(arrival, words)
        crashpoint("deposit_taken_back.before_commit")
    return arrival


def _locked(arrival_id: UUID) -> Arrival:
    """Read under the lock of its transfer, if it has one."""
    transfer_id = Arrival.objects.values_list("transfer_id", flat=True).get(pk=arrival_id)
    locked = None if transfer_id is None else locks.transfer(transfer_id)
    arrival = Arrival.objects.get(pk=arrival_id)
    if arrival.transfer_id != transfer_id:
        raise Conflict(f"arrival {arrival.reference} was given to somebody meanwhile")
    arrival.transfer = locked
    return arrival


def _fail(transfer: Transfer, words: str, about: dict[str, Any]) -> None:
    Leg.objects.filter(transfer=transfer).update(money_state=MoneyState.REVERSED, evidence_state=EvidenceState.MATCHED)
    moves.move(
        transfer,
        Status.FAILED,
        reason=words,
        data={"code": CODE, **about},
        failure_code=CODE,
        failure_message=FAILURES[CODE].client_text,
        money_state=MoneyState.REVERSED,
        evidence_state=EvidenceState.MATCHED,
        due_at=None,
    )


def _reverse(arrival: Arrival, words: str) -> None:
    """The credit first, then the setting aside that it may have come from. Nothing is backdated into a closed month."""
    booked = [deposit_postings.credit_reference(arrival, arrival.credits), deposit_postings.set_aside_reference(arrival)]
    standing = set(LedgerTransaction.objects.filter(reference__in=booked, reversed_by=None).values_list("reference", flat=True))
    for reference in (name for name in booked if name in standing):
        reverse(
            reference_of=reference,
            reference=f"{reference}/taken-back",
            reason=words,
            value_at=clock.now(),
            forced_kind=ForcedKind.RETURN,
        )
