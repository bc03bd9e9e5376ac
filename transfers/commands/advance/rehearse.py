"""Whether the token would take the transfer, asked before anything is signed: a paused token or a blocked address is known then,
and costs neither gas nor a nonce."""

from django.db import transaction

from transfers import locks
from transfers.commands.advance.lock_funds import CHAIN
from transfers.commands.ending import end_unsent
from transfers.errors import Unavailable, Waiting
from transfers.locks import Lease
from transfers.models import Leg, Wallet
from transfers.rails.evm import TransferCall
from transfers.rails.registry import rails
from transfers.states import Status

# Issuers differ in wording; what is not one of these may pass by itself.
_MEANINGS = (
    ("token_paused", ("paused",)),
    ("address_blocked", ("blacklist", "blocklist", "blocked", "frozen", "denylist")),
)


def call_of(leg: Leg) -> TransferCall:
    """The token's call that carries out a chain leg."""
    return TransferCall(leg.counterparty["token_contract"], payer_of(leg), leg.counterparty["address"], leg.amount)


def payer_of(leg: Leg) -> str:
    """Whose tokens it moves: those of the wallet that sends it, unless it fetches them from a deposit address."""
    wallet = Wallet.objects.filter(code=leg.counterparty["wallet"])
    return str(leg.counterparty.get("payer") or wallet.values_list("address", flat=True).get())


def meaning_of(reason: str) -> str:
    """The failure code for the token's own words; empty when they mean something else."""
    words = reason.lower()
    return next((code for code, signs in _MEANINGS if any(sign in words for sign in signs)), "")


def refused_by_token(lease: Lease, leg: Leg) -> bool:
    """True when the issuer's stop was found and the transfer has failed, everything given back.

    Raises Waiting when the token would refuse for another reason: a wallet that is short for the moment, say.
    """
    reason = rails().evm.simulate(call_of(leg))
    if not reason:
        return False
    code = meaning_of(reason)
    if not code:
        raise Waiting("would_revert", f"the token would refuse this transfer now: {reason}")
    with transaction.atomic():
        transfer = locks.leased(lease, Status.FUNDS_LOCKED)
        locks.legs(transfer.id)
        if Leg.objects.get(transfer=transfer, rail=CHAIN).request_state != leg.request_state:
            raise Unavailable("the leg moved between two looks; look again")
        end_unsent(transfer, Status.FAILED, failure_code=code, reason=f"The token contract refuses: {reason}")
    return True
