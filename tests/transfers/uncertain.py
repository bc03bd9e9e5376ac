"""Transfers brought into each state in which the outside does not answer."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ledger.commands import Line, Posting, post
from tests.transfers import cards
from tests.transfers.tame import Tame
from tests.transfers.test_send_back import vote
from tests.transfers.world import LONG_AGO, World, acting, drive_until
from transfers import driver
from transfers.commands.deposits.refund import request_refund
from transfers.commands.watching import watch_confirmed
from transfers.models import ChainTransaction, Transfer
from transfers.rails import registry
from transfers.rails.base import RetryableError, UnknownOutcome
from transfers.rails.evm import ChainState
from transfers.rails.psp import CardPayment
from transfers.uncertain import (
    AUTHORISATION,
    BROADCAST,
    CAPTURE,
    DISPUTE,
    DOUBT,
    PAYOUT,
    REFUND,
    SIGNING,
    TOKENS,
    Uncertainty,
)


def _silent(*_: Any, **__: Any) -> Any:
    raise UnknownOutcome("no answer arrived", provider="somebody")


def _away(*_: Any, **__: Any) -> Any:
    raise RetryableError("nobody is there", provider="somebody")


def _drive(transfer: Transfer, passes: int = 6) -> Transfer:
    for _ in range(passes):
        Transfer.objects.filter(pk=transfer.pk, due_at__isnull=False).update(due_at=LONG_AGO)
        driver.advance_one(transfer.id)
    transfer.refresh_from_db()
    return transfer


def signing(world: World, tame: Tame, patch: pytest.MonkeyPatch, *, order: Callable[[str], Transfer] | None = None) -> Transfer:
    patch.setattr(tame, "sign_transfer", _away)
    return _drive((order or world.order)("40.00"))


def broadcast(world: World, tame: Tame, patch: pytest.MonkeyPatch) -> Transfer:
    patch.setattr(tame, "broadcast", _silent)
    patch.setattr(tame, "find", _away)
    return _drive(world.order("40.00"))


def doubt(world: World, tame: Tame, patch: pytest.MonkeyPatch) -> Transfer:
    honest = tame.find
    patch.setattr(tame, "find", lambda tx_hash: replace(honest(tx_hash), transfers=()))
    return _drive(world.order("40.00"))


def payout(world: World, tame: Tame, patch: pytest.MonkeyPatch) -> Transfer:
    patch.setattr(tame, "submit", _silent)
    patch.setattr(tame, "status", _away)
    return _drive(world.off_ramp("40.00"))


def tokens(world: World, tame: Tame, patch: pytest.MonkeyPatch) -> Transfer:
    """Paid out, and the block of the way to the partner is gone."""
    tame.final_depth = 99
    transfer = drive_until(world.off_ramp("40.00"), "FIAT_SETTLED")
    return gone(transfer, tame, patch)


def gone(transfer: Transfer, tame: Tame, patch: pytest.MonkeyPatch) -> Transfer:
    """No node knows its transaction any more."""
    patch.setattr(tame, "find", lambda _: ChainState("unknown"))
    return watched(transfer)


def watched(transfer: Transfer) -> Transfer:
    ChainTransaction.objects.filter(leg__transfer=transfer, watch_at__isnull=False).update(watch_at=LONG_AGO)
    watch_confirmed()
    transfer.refresh_from_db()
    return transfer


def dispute(world: World, tame: Tame, _: pytest.MonkeyPatch) -> Transfer:
    """Paid, says the bank, and then that it has rejected it."""
    transfer = drive_until(world.off_ramp("40.00"), "FIAT_SETTLED")
    tame.bank_says = "RJCT"
    Transfer.objects.filter(pk=transfer.pk).update(due_at=LONG_AGO)
    return _drive(transfer)


class SilentCards:
    """A card provider that takes every order; of `silent` it never says anything, neither then nor when it is asked."""

    def __init__(self, silent: str) -> None:
        self._silent, self._said = silent, CardPayment("P-1", "", 0, "MXN", "authorised", "", (), "{}")

    def find(self, _: str) -> CardPayment | None:
        raise RetryableError("nobody is there", provider="psp")

    def authorise(self, *, reference: str, amount: int, currency: str, card: str) -> CardPayment:  # noqa: ARG002 - it takes every card
        self._said = replace(self._said, reference=reference, amount=amount, currency=currency)
        return self._order("authorise")

    def capture(self, _: str) -> CardPayment:
        self._said = replace(self._said, status="captured")
        return self._order("capture")

    def refund(self, *_: Any, **__: Any) -> CardPayment:
        return self._order("refund")

    def _order(self, verb: str) -> CardPayment:
        if verb == self._silent:
            raise UnknownOutcome("no answer arrived", provider="psp")
        return self._said


def _cards(silent: str, patch: pytest.MonkeyPatch) -> Transfer:
    patch.setattr(registry.rails(), "psp", SilentCards(silent), raising=False)
    return _drive(cards.ordered())


def authorisation(world: World, tame: Tame, patch: pytest.MonkeyPatch) -> Transfer:
    return _cards("authorise", patch)


def capture(world: World, tame: Tame, patch: pytest.MonkeyPatch) -> Transfer:
    return _cards("capture", patch)


def refund(world: World, tame: Tame, patch: pytest.MonkeyPatch) -> Transfer:
    """40.00 of 100.00 that are on hold still, out of 40.00 that the client has besides."""
    deposit = _cards("refund", patch)
    lines = (Line.debit("nostro:nordbank-mxn:MXN", 4_000), Line.credit("client:acme:MXN", 4_000))
    post(Posting(reference="deposit/acme/besides", kind="deposit", value_at=LONG_AGO, lines=lines))
    with acting(world.maker):
        request = request_refund(deposit_id=deposit.pk, amount=4_000, reason="returned goods", maker=world.maker.id)
    vote(world.checker, request)
    return _drive(Transfer.objects.get(card_refund__deposit=deposit))


Bring = Callable[[World, Tame, pytest.MonkeyPatch], Transfer]
INTO: dict[str, tuple[Bring, Uncertainty]] = {
    "signing": (signing, SIGNING),
    "broadcast": (broadcast, BROADCAST),
    "doubt": (doubt, DOUBT),
    "tokens": (tokens, TOKENS),
    "payout": (payout, PAYOUT),
    "dispute": (dispute, DISPUTE),
    "authorisation": (authorisation, AUTHORISATION),
    "capture": (capture, CAPTURE),
    "refund": (refund, REFUND),
}
