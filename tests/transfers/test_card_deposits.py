"""Deposits by card, as an accountant reads them: charged, settled many to one, taken back in a month that is closed, and won again.

Amounts are pesos in cents. The provider keeps 2.9 % and 0.30 of each capture, and 15.00 of each dispute.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from audit import clock, coverage
from ledger.commands import PlaceHold, apply_holds, close_period
from ledger.models import LedgerTransaction
from ledger.queries import balance
from ledger.queries.proofs import findings
from reconciliation.commands.cards import fetch_batches
from reconciliation.commands.matching import match_open_items
from reconciliation.models import Break
from tests.reconciliation import outside
from tests.transfers.cards import Provider, card_provider, ordered
from tests.transfers.world import World, drive_until, history, posted
from transfers import driver
from transfers.models import BankAccount, CardBatch, CardDispute, Transfer
from transfers.rails.base import UnknownOutcome
from transfers.rails.registry import rails

CLIENT, NOSTRO = "client:acme:MXN", "nostro:nordbank-mxn:MXN"
OWED, CLEARING = "receivable:psp:MXN", "clearing:psp:MXN"
FEES, LOSSES = "expense:processing-fee:MXN", "expense:chargeback-loss:MXN"
OPENED = 10**11
WEEKS = timedelta(days=45)


@pytest.fixture
def psp(world: World, tmp_path: Path) -> Iterator[Provider]:
    outside.bank_source(BankAccount.objects.get(), last_sequence=0)
    with card_provider(tmp_path) as provider:
        yield provider


def charged(amount: str = "100.00") -> Transfer:
    return drive_until(ordered(amount), "CONFIRMED")


def drive_everything() -> None:
    Transfer.objects.filter(due_at__isnull=False).update(due_at=clock.now())
    driver.run_due()


def bank_pays(batch: CardBatch) -> None:
    text = f"<RmtInf><Ustrd>Settlement {batch.reference}</Ustrd></RmtInf>"
    outside.bank_line(outside.pesos(batch.net), direction="CRDT", refs="<AcctSvcrRef>B-9</AcctSvcrRef>", parties=text)


def settled(psp: Provider) -> CardBatch:
    """The provider closes a batch, reports it, and our bank books it."""
    psp.settle()
    fetch_batches()
    batch = CardBatch.objects.latest("sequence")
    bank_pays(batch)
    match_open_items()
    drive_everything()
    match_open_items()
    return batch


def books() -> dict[str, int]:
    names = {"client": CLIENT, "owed": OWED, "clearing": CLEARING, "fees": FEES, "losses": LOSSES}
    return {name: posted(code) for name, code in names.items()} | {"bank": posted(NOSTRO) - OPENED}


def everything_holds() -> None:
    assert list(findings()) == []
    assert list(coverage.findings()) == []


def test_two_deposits_one_batch_a_chargeback_in_a_closed_month_and_its_end(psp: Provider) -> None:
    first, second = _charged_and_settled(psp)

    # The client spends all of it. Weeks later, the month closed, the cardholder takes the first 100.00 back.
    apply_holds(PlaceHold("spent", CLIENT, 15_000))
    captured = LedgerTransaction.objects.get(reference=f"card-deposit/{first.reference}")
    _close_until(captured.value_at.date())
    psp.chargeback(first)
    _look(first)
    assert books() == {"client": 5_000, "owed": -11_500, "clearing": 0, "fees": 495, "losses": 1_500, "bank": 14_505}
    assert balance(CLIENT).available == -10_000
    taken = LedgerTransaction.objects.get(kind="chargeback")
    assert (taken.adjusts, taken.forced_kind) == (captured, "chargeback")
    assert taken.value_at - captured.value_at >= WEEKS
    first.refresh_from_db()
    assert (first.status, first.evidence_state) == ("RECONCILED", "disputed")
    assert "taken this payment back" in first.status_text
    everything_holds()

    # The dispute is decided for us: the money comes back, the fee does not.
    psp.lose(first)
    _look(first)
    assert books() == {"client": 15_000, "owed": -1_500, "clearing": 0, "fees": 495, "losses": 1_500, "bank": 14_505}
    assert [kind for kind, *_ in history(first.id)][-2:] == ["charged_back", "chargeback_won"]
    second.refresh_from_db()
    assert second.evidence_state == "matched"
    everything_holds()

    # The provider takes its fee out of the next batch: 200.00 less 6.10 for the card and 15.00 for the dispute.
    charged("200.00")
    settled(psp)
    assert books() == {"client": 35_000, "owed": 0, "clearing": 0, "fees": 1_105, "losses": 1_500, "bank": 14_505 + 17_890}
    assert not Break.objects.exists()
    everything_holds()


def _charged_and_settled(psp: Provider) -> tuple[Transfer, Transfer]:
    """Weeks ago."""
    then = clock.now() - WEEKS
    with clock.using(lambda: then):
        # Two cards are charged: the provider owes us 150.00; the client has it, on hold.
        first, second = charged("100.00"), charged("50.00")
        assert books() == {"client": 15_000, "owed": 15_000, "clearing": 0, "fees": 0, "losses": 0, "bank": 0}
        assert balance(CLIENT).available == 0
        everything_holds()

        # The batch is reported: 150.00 less fees of 3.20 and 1.75 is on its way to our bank.
        psp.settle()
        fetch_batches()
        assert books() == {"client": 15_000, "owed": 0, "clearing": 14_505, "fees": 495, "losses": 0, "bank": 0}

        # The bank books one credit for both. Clearing is empty, the money is the client's to use, and everything is proved.
        bank_pays(CardBatch.objects.get())
        match_open_items()
        assert (posted(CLEARING), posted(NOSTRO) - OPENED) == (0, 14_505)
        drive_everything()
        match_open_items()
        assert set(Transfer.objects.values_list("status", flat=True)) == {"RECONCILED"}
        assert balance(CLIENT).available == 15_000
        everything_holds()
        return first, second


def _close_until(day: date) -> None:
    month = date(2026, 1, 1)
    while month <= day:
        close_period(month=month, reason="over")
        month = (month.replace(day=28) + timedelta(days=4)).replace(day=1)


def _look(transfer: Transfer) -> None:
    """The hint has come, and the driver asks."""
    Transfer.objects.filter(pk=transfer.pk).update(due_at=clock.now())
    driver.advance_one(transfer.id)


@pytest.mark.parametrize("card", ["card_declined", "card_poor"])
def test_a_declined_card_books_nothing(psp: Provider, card: str) -> None:
    transfer = drive_until(ordered(card=card), "FAILED")
    assert (transfer.failure_code, posted(CLIENT), posted(OWED)) == ("card_declined", 0, 0)
    everything_holds()


def test_every_hint_and_report_may_come_twice_and_in_any_order(psp: Provider) -> None:
    transfer = charged()
    psp.settle()
    # The bank is faster than the provider's report: the credit waits for it.
    reference = "PSPBATCH00000001"
    text = f"<RmtInf><Ustrd>{reference}</Ustrd></RmtInf>"
    outside.bank_line("96.80", direction="CRDT", refs="<AcctSvcrRef>B-9</AcctSvcrRef>", parties=text)
    match_open_items()
    for _ in range(2):
        fetch_batches()
        match_open_items()
        _look(transfer)
    transfer.refresh_from_db()
    assert transfer.status == "RECONCILED"
    assert books() == {"client": 10_000, "owed": 0, "clearing": 0, "fees": 320, "losses": 0, "bank": 9_680}
    psp.chargeback(transfer)
    for _ in range(3):
        _look(transfer)
    assert (posted(CLIENT), CardDispute.objects.count()) == (0, 1)
    everything_holds()


@pytest.mark.parametrize("verb", ["authorise", "capture"])
def test_an_answer_that_was_lost_is_asked_for_and_the_card_is_charged_once(
    psp: Provider, verb: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rail = rails().psp
    real = getattr(rail, verb)
    lost: list[str] = []

    def loses_the_first(*given: str, **named: str) -> object:
        answer = real(*given, **named)
        if not lost:
            lost.append(verb)
            raise UnknownOutcome("the connection broke", provider="psp")
        return answer

    monkeypatch.setattr(rail, verb, loses_the_first)
    transfer = drive_until(ordered(), "CONFIRMED")
    assert lost == [verb]
    assert (posted(CLIENT), posted(OWED)) == (10_000, 10_000)
    psp.settle()
    fetch_batches()
    assert [line["reference"] for line in CardBatch.objects.get().lines] == [transfer.legs.get().reference]


def test_a_batch_that_settles_a_strangers_payment_is_a_break_and_books_nothing(psp: Provider) -> None:
    psp.post("/v1/payments", reference="SOMEBODY", amount="10.00", currency="MXN", card="card_good")
    psp.post("/v1/payments/SOMEBODY/capture")
    charged()
    psp.settle()
    fetch_batches()
    assert not CardBatch.objects.exists()
    assert "none of ours" in Break.objects.get().explanation
    assert books()["clearing"] == 0
