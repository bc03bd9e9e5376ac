"""What comes back from the bank after it was paid (R9), and what it says against its own word.

A return is believed only as a booked credit that names our payment, for its whole amount: then the payout and what was taken for it
are reversed in one database transaction, and the client has principal and fee back at the rate of the day. The reversals are
forced, as floors must not keep the books from saying what the bank did. Anything less is for people.
"""

from typing import Any
from uuid import UUID

from django.db import transaction

from audit import clock
from ledger.chart import ForcedKind
from ledger.commands import reverse
from transfers import locks, machines, postings
from transfers.commands import moves
from transfers.commands.advance.lock_funds import BANK
from transfers.commands.deposits.sent_back import follow_arrival
from transfers.commands.facts import taken_reference
from transfers.commands.limit_shares import give_back_limits_of
from transfers.commands.recall_states import CALLED_BACK, was_called_back
from transfers.crashpoints import crashpoint
from transfers.failures import FAILURES
from transfers.models import Leg, Transfer
from transfers.states import SEND_BACKS, EvidenceState, MoneyState, Route, Status

RETURNED = "bank_returned"
SETTLED = (Status.FIAT_SETTLED, Status.RECONCILED)


def can_come_back(transfer: Transfer) -> bool:
    """Whether a return ends this transfer: it is paid out, and its machine knows that payouts come back."""
    knows = machines.may(Route(transfer.route), transfer.machine_version, Status(transfer.status), Status.FAILED)
    return knows and transfer.status in SETTLED


def has_come_back(transfer: Transfer) -> bool:
    return transfer.failure_code in (RETURNED, CALLED_BACK)


def take_back(*, transfer_id: UUID, bank_reason: str, evidence: dict[str, Any]) -> Transfer:
    """The whole payout has come back, as `evidence` shows. Repeating it changes nothing.

    Raises NotFound; IllegalTransition for a transfer that was not paid out, or whose machine has no way back.
    """
    with transaction.atomic():
        transfer = locks.transfer(transfer_id)
        if has_come_back(transfer):
            return transfer
        leg = locks.legs(transfer_id)[BANK]
        code = CALLED_BACK if was_called_back(transfer) and transfer.route not in SEND_BACKS else RETURNED
        Leg.objects.filter(pk=leg.pk).update(money_state=MoneyState.REVERSED, evidence_state=EvidenceState.MATCHED)
        give_back_limits_of(transfer)
        moves.move(
            transfer,
            Status.FAILED,
            reason=f"The bank sent the payout back{f' ({bank_reason})' if bank_reason else ''}.",
            data={"code": code, "bank_reason": bank_reason, "evidence": evidence},
            failure_code=code,
            failure_message=FAILURES[code].client_text,
            money_state=MoneyState.REVERSED,
            evidence_state=EvidenceState.MATCHED,
            due_at=None,
        )
        follow_arrival(transfer)
        reverse_payout(transfer, f"The bank sent the payout back: {bank_reason or 'no reason given'}")
        crashpoint("return.before_commit")
    return transfer


def dispute(transfer: Transfer, code: str, *, reason: str, data: dict[str, Any]) -> None:
    """In the caller's transaction, transfer locked: what we know contradicts itself, so people decide, and are told at once. Once
    told it is not told again."""
    if transfer.money_state == MoneyState.EXCEPTION:
        moves.set_columns(transfer, due_at=None)
        return
    moves.note(
        transfer,
        "transfer.disputed",
        reason=reason,
        data={"code": code, **data},
        money_state=MoneyState.EXCEPTION,
        evidence_state=EvidenceState.DISPUTED,
        status_text=FAILURES[code].client_text,
        last_error=f"{code}: {reason}",
        deadline_at=clock.now(),
        due_at=None,
    )


def reverse_payout(transfer: Transfer, reason: str) -> None:
    """The payout, and what was taken for it, in the caller's transaction. Raises what the ledger raises."""
    kind = "send-back" if transfer.route in SEND_BACKS else "conversion"
    _reverse(postings.payout_reference(transfer.reference), f"payout-return/{transfer.reference}", reason)
    _reverse(taken_reference(transfer), f"{kind}-return/{transfer.reference}", reason)


def _reverse(reference_of: str, reference: str, reason: str) -> None:
    reverse(reference_of=reference_of, reference=reference, reason=reason, value_at=clock.now(), forced_kind=ForcedKind.RETURN)
