"""The states in which we do not know what the outside did: what each means, who asks, and how it ends.

In none of them is anything sent a second time, and in none is the client's hold touched: only the outside's answer ends it, or
people who decide on evidence (transfers.commands.verdicts). The operator's actions and docs/transfers.md read this table.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from transfers.models import Leg, Transfer
from transfers.states import MoneyState, RequestState, Route, Status

CHAIN, BANK, PSP = "evm", "bank", "psp"


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """`meaning`: what may have happened. `asked`: who is asked, and what is sent again. `ends`: how it ends by itself. It is met in
    `status`, and in each of `also`."""

    name: str
    status: Status
    rail: str
    meaning: str
    asked: str
    ends: str
    also: tuple[Status, ...] = ()

    @property
    def where(self) -> str:
        """The states in which it is met, in words."""
        *most, last = (self.status, *self.also)
        return f"{', '.join(most)} or {last}" if most else last


SIGNING = Uncertainty(
    "signing",
    Status.FUNDS_LOCKED,
    CHAIN,
    "The intent to sign is committed and its answer is not on record: signed bytes may exist.",
    "The signer is asked again with the same intent, for which it gives the same bytes for ever.",
    "With the stored bytes, which are then sent; or with the signer's refusal, which proves that there are none: FAILED.",
)
BROADCAST = Uncertainty(
    "broadcast",
    Status.FUNDS_LOCKED,
    CHAIN,
    "Signed bytes are stored and were handed to the node, whose answer did not arrive: the payment may be on its way.",
    "The node is asked for the hash; when it does not know it, the same bytes are sent again. Their nonce can be used once.",
    "As soon as a node knows the hash: SENT_ON_CHAIN.",
)
DOUBT = Uncertainty(
    "doubt",
    Status.SENT_ON_CHAIN,
    CHAIN,
    "The transaction is final and successful, but does not show the Transfer that was ordered.",
    "The chain is looked at every few minutes, since it may still be rewritten. Nothing is sent.",
    "When the chain shows what was ordered: CONFIRMED. Otherwise people decide.",
)
PAYOUT = Uncertainty(
    "payout",
    Status.CONFIRMED,
    BANK,
    "The payment order was handed to the bank and no answer is on record: the beneficiary may have been paid.",
    "The bank is asked by EndToEndId; only when it never saw the order is it handed over again, under the same names.",
    "With the bank's ACSC: FIAT_SETTLED; with its RJCT: FAILED, and the conversion is reversed.",
)
TOKENS = Uncertainty(
    "tokens",
    Status.CONFIRMED,
    CHAIN,
    "The block that held our tokens' way to the partner is gone, and the bank was ordered to pay out: the partner may have nothing "
    "for what was paid.",
    "The chain is looked at until the payment is final in another block; the same bytes are sent again while every node has "
    "forgotten them. The payout is not touched.",
    "When the payment is final again: it goes on where it stands. Otherwise people decide who has the tokens.",
    also=(Status.FIAT_SETTLED, Status.SENT_ON_CHAIN),
)
DISPUTE = Uncertainty(
    "dispute",
    Status.FIAT_SETTLED,
    BANK,
    "The bank contradicts itself: it had paid, and says now that it did not, or has booked back less than it paid.",
    "The bank is asked again whenever it sends a hint, and every statement is read. Nothing is paid a second time.",
    "When the bank stands by its word: it goes on. When the whole payment is booked back: FAILED. Otherwise people decide.",
    also=(Status.RECONCILED,),
)
AUTHORISATION = Uncertainty(
    "authorisation",
    Status.CREATED,
    PSP,
    "The card provider was asked to authorise the card and no answer is on record. Nothing is charged by that.",
    "The provider is asked under our reference, of which it takes one order.",
    "With the provider's record of the payment: FUNDS_LOCKED or FAILED. Otherwise people decide.",
)
CAPTURE = Uncertainty(
    "capture",
    Status.FUNDS_LOCKED,
    PSP,
    "The card provider was asked to charge the card and no answer is on record: the cardholder may have been charged.",
    "The provider is asked under our reference, of which it takes one order. Nothing is credited before it says so.",
    "With the provider's record of the payment: CONFIRMED; with its refusal: FAILED. Otherwise people decide.",
)
REFUND = Uncertainty(
    "refund",
    Status.FUNDS_LOCKED,
    PSP,
    "The card provider was asked to refund and no answer is on record: the cardholder may have the money back.",
    "The provider is asked for the payment; only when it does not show our refund is that ordered again, under the same reference.",
    "When the provider shows the refund: CONFIRMED; with its refusal: FAILED. Otherwise people decide.",
)
UNCERTAIN = (SIGNING, BROADCAST, DOUBT, TOKENS, PAYOUT, DISPUTE, AUTHORISATION, CAPTURE, REFUND)
_OPEN = (RequestState.FORWARDED, RequestState.TIMED_OUT)


def uncertainty_of(transfer: Transfer, legs: Mapping[str, Leg]) -> Uncertainty | None:
    """Which of them the transfer is in; None when we know where its money is."""
    if PSP in legs:
        return _of_card(transfer)
    chain, bank = legs.get(CHAIN), legs.get(BANK)
    if transfer.money_state == MoneyState.EXCEPTION:
        return _of_exception(Status(transfer.status), chain, bank)
    if transfer.status == Status.FUNDS_LOCKED and chain is not None and chain.request_state in _OPEN:
        return BROADCAST if chain.request_state == RequestState.TIMED_OUT else SIGNING
    if transfer.status == Status.CONFIRMED and bank is not None and bank.request_state in _OPEN:
        return PAYOUT
    return None


def _of_exception(status: Status, chain: Leg | None, bank: Leg | None) -> Uncertainty | None:
    """Where the tokens are comes first; who was paid by the bank is asked when that is known."""
    bank_was_ordered = bank is not None and bank.request_state != RequestState.RECEIVED
    chain_is = chain is not None and chain.money_state == MoneyState.EXCEPTION
    if chain_is and bank_was_ordered and status in (TOKENS.status, *TOKENS.also):
        return TOKENS
    if status == Status.SENT_ON_CHAIN:
        return DOUBT
    return DISPUTE if bank_was_ordered and status in (DISPUTE.status, *DISPUTE.also) else None


def _of_card(transfer: Transfer) -> Uncertainty | None:
    """The leg is the same for both orders of a deposit, so the transfer says which of them is open."""
    if transfer.request_state not in _OPEN:
        return None
    if transfer.status == Status.CREATED:
        return AUTHORISATION
    if transfer.status != Status.FUNDS_LOCKED:
        return None
    return REFUND if transfer.route == Route.CARD_REFUND else CAPTURE
