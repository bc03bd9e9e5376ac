"""Batches of the card provider in a quiet week: refunds and chargebacks outweigh captures, and the provider collects.

Amounts are pesos in cents. The provider keeps 2.9 % and 0.30 of each capture, and 15.00 of each dispute.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from audit import clock
from ledger.errors import LedgerError
from ledger.models import LedgerTransaction
from reconciliation.commands.cards import fetch_batches
from reconciliation.commands.matching import match_open_items
from reconciliation.models import Break, Match
from tests.reconciliation import outside
from tests.transfers.cards import Provider
from tests.transfers.test_card_deposits import _look, bank_pays, books, charged, drive_everything, everything_holds, psp, settled
from tests.transfers.world import history, posted
from transfers import card_postings
from transfers.models import CardBatch, ExternalReference, Transfer

__all__ = ["psp"]


def collected(batch: CardBatch, amount: int, *, refs: str = "<AcctSvcrRef>B-10</AcctSvcrRef>") -> None:
    text = f"<RmtInf><Ustrd>Settlement {batch.reference}</Ustrd></RmtInf>"
    outside.bank_line(outside.pesos(amount), direction="DBIT", refs=refs, parties=text)


def reported(psp: Provider) -> CardBatch:
    psp.settle()
    fetch_batches()
    return CardBatch.objects.latest("sequence")


@pytest.fixture
def taken_back(psp: Provider) -> Iterator[Transfer]:
    """100.00 was charged and settled; since then nothing happened but that the cardholder took it back."""
    deposit = charged("100.00")
    settled(psp)
    psp.chargeback(deposit)
    _look(deposit)
    assert books() == {"client": 0, "owed": -11_500, "clearing": 0, "fees": 320, "losses": 1_500, "bank": 9_680}
    yield deposit
    everything_holds()


def test_a_batch_that_takes_more_than_it_gives_is_collected_at_the_bank(psp: Provider, taken_back: Transfer) -> None:
    batch = reported(psp)
    assert batch.net == -11_500
    assert books() == {"client": 0, "owed": 0, "clearing": -11_500, "fees": 320, "losses": 1_500, "bank": 9_680}
    everything_holds()
    collected(batch, 11_500)
    match_open_items()
    assert books() == {"client": 0, "owed": 0, "clearing": 0, "fees": 320, "losses": 1_500, "bank": -1_820}
    batch.refresh_from_db()
    assert (batch.status, Match.objects.get(leg_reference=batch.reference).role) == ("paid", "payment")
    assert not Break.objects.exists()
    # Later batches are read as ever.
    charged("200.00")
    settled(psp)
    assert (books()["owed"], books()["clearing"], books()["bank"]) == (0, 0, -1_820 + 19_390)


def test_what_a_collecting_batch_captured_is_settled_with_it(psp: Provider, taken_back: Transfer) -> None:
    second = charged("50.00")
    batch = reported(psp)
    assert (batch.net, books()["clearing"], books()["fees"]) == (-6_675, -6_675, 320 + 175)
    collected(batch, 6_675)
    match_open_items()
    drive_everything()
    match_open_items()
    assert [to for _, _, to in history(second.id)][-2:] == ["FIAT_SETTLED", "RECONCILED"]
    assert (books()["owed"], books()["clearing"], Break.objects.count()) == (0, 0, 0)


def test_a_batch_that_comes_to_nothing_is_settled_by_its_report(psp: Provider, taken_back: Transfer) -> None:
    # Less 3.44 and 0.30 for the card, that is exactly what the provider is owed.
    second = charged("118.74")
    batch = reported(psp)
    assert (batch.net, batch.status) == (0, "paid")
    assert (books()["owed"], books()["clearing"], books()["fees"]) == (0, 0, 320 + 374)
    drive_everything()
    match_open_items()
    second.refresh_from_db()
    assert (second.status, Break.objects.count()) == ("RECONCILED", 0)


def test_a_batch_that_moves_nothing_at_all_books_nothing() -> None:
    nothing = CardBatch(reference="PSPBATCH00000009", asset_id="MXN", net=0, lines=[])
    assert card_postings.batch(nothing, value_at=clock.now()) is None


@pytest.mark.parametrize(("direction", "amount"), [("CRDT", 11_500), ("DBIT", 11_499)])
def test_another_movement_in_its_name_is_a_break(psp: Provider, taken_back: Transfer, direction: str, amount: int) -> None:
    batch = reported(psp)
    if direction == "CRDT":
        text = f"<RmtInf><Ustrd>Settlement {batch.reference}</Ustrd></RmtInf>"
        outside.bank_line(outside.pesos(amount), direction=direction, refs="<AcctSvcrRef>B-9</AcctSvcrRef>", parties=text)
    else:
        collected(batch, amount)
    match_open_items()
    batch.refresh_from_db()
    assert (batch.status, posted("clearing:psp:MXN"), Break.objects.count()) == ("reported", -11_500, 1)


def test_a_payment_of_ours_whose_text_names_a_batch_is_not_the_batch(psp: Provider, taken_back: Transfer) -> None:
    batch = reported(psp)
    payout = charged("10.00")
    ExternalReference.objects.create(
        transfer=payout, leg=payout.legs.get(), kind="end_to_end_id", value="PAYOUT1", recorded_at=clock.now()
    )
    collected(batch, 11_500, refs="<EndToEndId>PAYOUT1</EndToEndId>")
    match_open_items()
    batch.refresh_from_db()
    assert (batch.status, Break.objects.get().transfer_id) == ("reported", payout.pk)


def test_a_batch_that_the_ledger_refuses_is_a_break_and_is_booked_when_it_can_be(
    psp: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    charged()

    def refuses(*_: Any) -> object:
        raise LedgerError("the book is shut")

    with monkeypatch.context() as patched:
        patched.setattr("transfers.commands.deposits.cards.post", refuses)
        psp.settle()
        fetch_batches()
    assert "the book is shut" in Break.objects.get().explanation
    assert (CardBatch.objects.count(), LedgerTransaction.objects.filter(kind="card_settlement").count()) == (0, 0)
    fetch_batches()
    bank_pays(CardBatch.objects.get())
    match_open_items()
    assert posted("clearing:psp:MXN") == 0
