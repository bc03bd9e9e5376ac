"""Which verdict people may give where, and in which words: they read what follows before they decide, and so does the page."""

from collections.abc import Mapping
from enum import StrEnum

from django.db.models import Q

from transfers import machines
from transfers.models import ChainTransaction, Leg, Transfer
from transfers.states import RequestState, Route, Status
from transfers.uncertain import (
    AUTHORISATION,
    BANK,
    BROADCAST,
    CAPTURE,
    CHAIN,
    DISPUTE,
    DOUBT,
    SIGNING,
    TOKENS,
    Uncertainty,
    uncertainty_of,
)
from transfers.wording import why_over


class Verdict(StrEnum):
    LOST = "lost"
    PAID = "paid"
    NOT_PAID = "not_paid"


_IN_WORDS = {
    Verdict.LOST: "Lost: the client gets its money back, the house bears the loss",
    Verdict.PAID: "Paid: the destination has the money, though our provider does not show it",
    Verdict.NOT_PAID: "Not paid, and never will be: the client gets its money back",
}
_UNCHARGED = "Not charged, and never will be: the deposit fails, and nothing is booked"
_ELSEWHERE = {
    (AUTHORISATION.name, Verdict.NOT_PAID): _UNCHARGED,
    (CAPTURE.name, Verdict.NOT_PAID): _UNCHARGED,
    (CAPTURE.name, Verdict.PAID): "Charged: the client is credited, on hold until the card provider has paid us",
    (TOKENS.name, Verdict.PAID): "Delivered: the partner has the tokens; the payout goes on as it is",
    (TOKENS.name, Verdict.NOT_PAID): "Not delivered: the tokens are in our wallet and we owe them to the partner; the payout goes "
    "on as it is",
    (TOKENS.name, Verdict.LOST): "Lost on the way to the partner: the house bears the loss; the payout goes on as it is",
    (DISPUTE.name, Verdict.PAID): "Paid: the payout stands, whatever else the bank has said",
    (DISPUTE.name, Verdict.NOT_PAID): "Not paid: payout and conversion are reversed, the client gets its money back",
}
_NOTHING_THERE = "Nothing is with a provider whose answer could be replaced by evidence."
_REFUSED: Mapping[Uncertainty, Mapping[Verdict, str]] = {
    SIGNING: dict.fromkeys((Verdict.PAID, Verdict.NOT_PAID), _NOTHING_THERE),
    BROADCAST: dict.fromkeys((Verdict.PAID, Verdict.NOT_PAID), _NOTHING_THERE),
    DOUBT: {Verdict.NOT_PAID: "Signed bytes stay valid until their nonce is used: it can be lost, but not unpaid."},
    AUTHORISATION: {
        Verdict.PAID: "An authorisation charges nothing: there is nothing to be paid yet.",
        Verdict.LOST: "An authorisation charges nothing: there is nothing to be lost.",
    },
    CAPTURE: {Verdict.LOST: "Nobody has credited or paid anything yet: the card was charged, or it was not."},
}
_KNOWN = "We know where its money is: only what is uncertain can be lost."
_STILL_VALID = "Signed bytes stay valid until their nonce is used, and no block has used it: it can be lost, but not undelivered."
_PROVED = "The bank's statement has shown that it left: it can be lost, but not unpaid."
_NO_WAY_BACK = "It began under a version of its machine that knows no way back from here: only that it was paid can be decided."


def in_words(verdict: Verdict, uncertainty: str) -> str:
    """What follows, for those who ask and those who decide. `uncertainty` is its name, empty where nothing is uncertain."""
    return _ELSEWHERE.get((uncertainty, verdict), _IN_WORDS[verdict])


def why_not(verdict: Verdict, transfer: Transfer, legs: dict[str, Leg]) -> str:
    """Empty where people may decide so about this transfer as it stands."""
    uncertain = uncertainty_of(transfer, legs)
    if uncertain is None:
        return _why_not_known(verdict, transfer, legs)
    if refusal := _REFUSED.get(uncertain, {}).get(verdict, ""):
        return refusal
    if uncertain is TOKENS and verdict is Verdict.NOT_PAID:
        return "" if otherwise_used(legs[CHAIN]) is not None else _STILL_VALID
    if uncertain is DISPUTE and verdict is not Verdict.PAID:
        return _why_not_undone(verdict, transfer)
    return ""


def otherwise_used(leg: Leg) -> ChainTransaction | None:
    """The attempt on record that used the leg's nonce without paying anybody."""
    pays_nobody = Q(purpose=ChainTransaction.Purpose.CANCEL, status=ChainTransaction.Status.CONFIRMED)
    pays_nobody |= Q(status=ChainTransaction.Status.REVERTED)
    return ChainTransaction.objects.filter(pays_nobody, leg=leg, block_number__isnull=False).order_by("-attempt").first()


def _why_not_known(verdict: Verdict, transfer: Transfer, legs: dict[str, Leg]) -> str:
    if over := why_over(transfer.status):
        return over
    if verdict is Verdict.LOST:
        return _KNOWN
    bank = legs.get(BANK)
    at_bank = transfer.status == Status.CONFIRMED and bank is not None and bank.request_state != RequestState.RECEIVED
    return "" if at_bank else _NOTHING_THERE


def _why_not_undone(verdict: Verdict, transfer: Transfer) -> str:
    if not machines.may(Route(transfer.route), transfer.machine_version, Status(transfer.status), Status.FAILED):
        return _NO_WAY_BACK
    return _PROVED if verdict is Verdict.NOT_PAID and transfer.status == Status.RECONCILED else ""
