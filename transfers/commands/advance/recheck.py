"""FIAT_SETTLED and told to look again: the bank is asked once more whether it stands by its word.

Nothing asks by itself: a hint does. The same answer changes nothing, however often it comes. A rejection after the bank had settled
is a contradiction: no refund without the money, no silence either. When the bank takes it back, so do we.
"""

from typing import Any

from django.db import transaction

from transfers import locks
from transfers.commands import calls, moves
from transfers.commands.advance.bank_verdict import SETTLED, UNPAID
from transfers.commands.advance.lock_funds import BANK
from transfers.commands.advance.payout_order import key_of, provider_of
from transfers.commands.deadlines import deadline
from transfers.commands.exchanges import under
from transfers.commands.returns import dispute
from transfers.crashpoints import crashpoint
from transfers.failures import FAILURES
from transfers.locks import Lease
from transfers.models import Leg, Transfer
from transfers.rails.bank import BankAnswer
from transfers.rails.registry import rails
from transfers.states import EvidenceState, MoneyState, Route, Status
from transfers.wording import status_text

_QUIET: dict[str, Any] = {"due_at": None, "attempts": 0, "stopped_by": ""}


def recheck(lease: Lease) -> None:
    """Raises LeaseLost and the rails' errors. No halt stops it: it only tracks what was sent."""
    leg = Leg.objects.select_related("transfer").get(transfer_id=lease.transfer_id, rail=BANK)
    provider = provider_of(leg)
    with under(key_of(leg)):
        answer = rails().bank_of(provider).status(leg.reference)
    crashpoint("recheck.after_call")
    with transaction.atomic():
        transfer = locks.leased(lease, Status.FIAT_SETTLED)
        calls.asked(
            transfer_id=transfer.id,
            leg=leg,
            provider=provider,
            operation="status",
            question=leg.reference,
            answer=answer.raw_response,
            summary=f"Asked again, the bank says {answer.said}",
        )
        _act_on(transfer, answer)
        crashpoint("recheck.before_commit")
    crashpoint("recheck.after_commit")


def _act_on(transfer: Transfer, answer: BankAnswer) -> None:
    said = {"bank_status": answer.status, "bank_reason": answer.reason}
    if answer.status in UNPAID:
        code = "bank_contradicts"
        dispute(transfer, code, reason=FAILURES[code].detection, data=said)
    elif answer.status in SETTLED and transfer.money_state == MoneyState.EXCEPTION:
        moves.note(
            transfer,
            "transfer.dispute_ended",
            reason="The bank stands by its word again.",
            data=said,
            money_state=MoneyState.POSTED,
            evidence_state=EvidenceState.REPAIRED,
            status_text=status_text(Route(transfer.route), Status.FIAT_SETTLED),
            deadline_at=deadline(transfer, Status.FIAT_SETTLED, transfer.state_entered_at),
            last_error="",
            **_QUIET,
        )
    else:
        moves.set_columns(transfer, **_QUIET)
