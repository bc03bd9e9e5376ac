"""Who has the tokens that the chain took back after the bank was ordered to pay: what two people say of it.

Client and payout stay as they are, since the bank was ordered; what is decided is the house's own movement to its partner.
Delivered: it stands. Not delivered: it is taken back, the tokens are in our wallet and the partner is still to get them. Lost: it
stands, and the partner's side of it is written off. The transfer and its legs are locked.
"""

from typing import Any

from audit import clock
from ledger.commands import post, reverse
from ledger.models import LedgerTransaction
from transfers import postings
from transfers.commands import treasury
from transfers.commands.facts import confirmation_of, facts_of
from transfers.commands.verdict_rules import otherwise_used
from transfers.commands.verdict_steps import book_gas, goes_on, leg_is_decided, stays, write_off
from transfers.models import ChainTransaction, Leg, Transfer
from transfers.states import EvidenceState, MoneyState, Route, Status
from transfers.uncertain import CHAIN
from transfers.wording import status_text


def decided(transfer: Transfer, legs: dict[str, Leg], evidence: str, about: dict[str, Any]) -> None:
    """Raises IllegalTransition, Conflict and what the ledger raises."""
    leg, verdict, was_booked = legs[CHAIN], about["verdict"], transfer.status != Status.SENT_ON_CHAIN
    times = confirmation_of(transfer)
    treasury.end_reservation(leg)
    leg_is_decided(leg, MoneyState.POSTED if verdict == "paid" else MoneyState.REVERSED)
    _on(transfer, evidence, about)
    conversion, to_partner = postings.payment(facts_of(transfer, legs), value_at=clock.now())
    if not was_booked:
        post(conversion)
    if not was_booked and verdict != "not_paid":
        post(to_partner)
    if verdict == "not_paid":
        _undelivered(leg, to_partner.reference if was_booked else "", evidence, times)
        _book_gas(transfer, leg, times + 1 if was_booked else times)
    if verdict == "lost":
        write_off(transfer, leg, gone_from=leg.counterparty["account_code"])


def _on(transfer: Transfer, evidence: str, about: dict[str, Any]) -> None:
    """The bank is asked next: what it said meanwhile was not acted on."""
    text, due = status_text(Route(transfer.route), Status(transfer.status)), clock.now()
    repaired = {"money_state": MoneyState.POSTED, "evidence_state": EvidenceState.REPAIRED, "status_text": text}
    stays(transfer, "transfer.doubt_ended", evidence, about, due_at=due, **repaired)
    if transfer.status == Status.SENT_ON_CHAIN:
        goes_on(transfer, Status.CONFIRMED, evidence, about, due_at=due)


def _undelivered(leg: Leg, booked: str, evidence: str, times: int) -> None:
    """The movement to the partner is taken back, and what its transactions were booked to cost, since no block holds them."""
    hashes = ChainTransaction.objects.filter(leg=leg).values_list("hash", flat=True)
    gas = [postings.gas_reference(tx_hash, times) for tx_hash in hashes] if booked else []
    standing = LedgerTransaction.objects.filter(reference__in=[*filter(None, [booked]), *gas], reversed_by=None)
    for reference in standing.order_by("reference").values_list("reference", flat=True):
        reverse(reference_of=reference, reference=f"undelivered/{reference}", reason=evidence, value_at=clock.now())


def _book_gas(transfer: Transfer, leg: Leg, confirmation: int) -> None:
    """What the transaction that used up the nonce has cost."""
    used = otherwise_used(leg)
    if used is not None:
        book_gas(transfer, used, confirmation)
