"""CONFIRMED to FIAT_SETTLED: the bank is asked by EndToEndId until it says that the payment is settled or rejected."""

from django.db import transaction

from transfers import locks
from transfers.commands import calls
from transfers.commands.advance.bank_verdict import act_on
from transfers.commands.advance.lock_funds import BANK
from transfers.commands.advance.payout_order import key_of, provider_of
from transfers.commands.exchanges import under
from transfers.crashpoints import crashpoint
from transfers.errors import Waiting
from transfers.locks import Lease
from transfers.models import Leg
from transfers.rails.registry import rails
from transfers.states import Status


def settle(lease: Lease) -> None:
    """Raises LeaseLost, Unavailable and the rails' errors. No halt stops it: it only tracks what was sent."""
    leg = Leg.objects.select_related("transfer").get(transfer_id=lease.transfer_id, rail=BANK)
    provider = provider_of(leg)
    with under(key_of(leg)):
        answer = rails().bank_of(provider).status(leg.reference)
    if answer.status == "NOTFOUND":
        raise Waiting(
            "bank_forgot", "the bank took the payment and says now that it never saw it; the money stays posted until it explains"
        )
    crashpoint("settle.after_call")
    with transaction.atomic():
        transfer = locks.leased(lease, Status.CONFIRMED)
        calls.asked(
            transfer_id=transfer.id,
            leg=leg,
            provider=provider,
            operation="status",
            question=leg.reference,
            answer=answer.raw_response,
            summary=f"The bank says {answer.said}",
        )
        act_on(transfer, locks.legs(transfer.id), answer)
        crashpoint("settle.before_commit")
    crashpoint("settle.after_commit")
