"""What two people may decide of a card that may be charged, and what the provider's batch does with it later."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger.queries import balance
from ledger.queries.proofs import findings
from reconciliation.commands.cards import fetch_batches
from reconciliation.commands.matching import match_open_items
from reconciliation.models import Break, ExternalItem
from tests.reconciliation import outside
from tests.transfers import uncertain
from tests.transfers.cards import Provider, card_provider, ordered
from tests.transfers.deciding import EVIDENCE, ask, decided
from tests.transfers.tame import Tame, tame_outside
from tests.transfers.world import Books, World, drive_until, posted
from transfers import driver
from transfers.commands.verdicts import Verdict
from transfers.errors import Conflict
from transfers.models import BankAccount, ProviderCall, Transfer
from transfers.queries.actions import available_actions
from transfers.rails.base import TerminalError, UnknownOutcome
from transfers.rails.registry import rails

CLIENT, OWED = "client:acme:MXN", "receivable:psp:MXN"


@pytest.fixture
def tame() -> Iterator[Tame]:
    with tame_outside() as outside:
        yield outside


@pytest.fixture
def psp(world: World, tmp_path: Path) -> Iterator[Provider]:
    outside.bank_source(BankAccount.objects.get(), last_sequence=0)
    with card_provider(tmp_path) as provider:
        yield provider


@pytest.mark.parametrize("name", ["authorisation", "capture"])
def test_a_card_that_was_not_charged_fails_and_books_nothing(
    world: World, tame: Tame, monkeypatch: pytest.MonkeyPatch, database_role: Any, name: str
) -> None:
    transfer = uncertain.INTO[name][0](world, tame, monkeypatch)
    assert (transfer.request_state, transfer.money_state) == ("timed_out", "none")
    with database_role("countersign_web"):
        transfer = decided(world, transfer, Verdict.NOT_PAID)
    assert (transfer.status, transfer.failure_code, transfer.request_state) == ("FAILED", "card_declared_uncharged", "responded")
    assert (posted(CLIENT), posted(OWED), transfer.due_at) == (0, 0, None)
    assert "Please try again" in transfer.status_text


def test_a_card_that_was_charged_is_credited_and_on_hold(
    world: World, tame: Tame, monkeypatch: pytest.MonkeyPatch, database_role: Any
) -> None:
    transfer = uncertain.capture(world, tame, monkeypatch)
    with database_role("countersign_web"):
        transfer = decided(world, transfer, Verdict.PAID)
    assert (transfer.status, transfer.money_state, transfer.request_state) == ("CONFIRMED", "posted", "responded")
    assert (balance(CLIENT).posted, balance(CLIENT).available, posted(OWED)) == (10_000, 0, 10_000)
    assert transfer.events.get(seq=transfer.version).reason == EVIDENCE
    assert list(findings()) == []


@pytest.mark.parametrize(
    ("name", "verdict", "words"),
    [
        ("authorisation", Verdict.PAID, "An authorisation charges nothing"),
        ("authorisation", Verdict.LOST, "An authorisation charges nothing"),
        ("capture", Verdict.LOST, "the card was charged, or it was not"),
    ],
)
def test_what_makes_no_sense_of_a_card_is_refused(
    world: World, tame: Tame, monkeypatch: pytest.MonkeyPatch, name: str, verdict: Verdict, words: str
) -> None:
    transfer = uncertain.INTO[name][0](world, tame, monkeypatch)
    before = Books.now()
    offered = {one.name: one for one in available_actions(transfer, ["transfers.ask_verdict"])}
    assert words in offered[verdict].reason
    assert not offered[verdict].allowed
    with pytest.raises(Conflict, match=words):
        ask(world, transfer, verdict)
    assert Books.now() == before


def test_a_charge_that_people_confirmed_is_settled_by_its_batch_like_any(
    world: World, psp: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    transfer = _silent_after(monkeypatch, "capture")
    transfer = decided(world, transfer, Verdict.PAID)
    monkeypatch.undo()
    psp.settle()
    fetch_batches()
    match_open_items()
    assert (posted(OWED), Break.objects.count()) == (0, 0)


def test_a_charge_that_people_denied_and_the_batch_shows_is_a_break(
    world: World, psp: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    transfer = decided(world, _silent_after(monkeypatch, "capture"), Verdict.NOT_PAID)
    monkeypatch.undo()
    psp.settle()
    fetch_batches()
    match_open_items()
    found = Break.objects.get()
    assert (found.transfer_id, found.severity) == (transfer.pk, "high")
    assert "our books say that it was never made" in found.explanation

    psp.chargeback(transfer)
    psp.settle()
    fetch_batches()
    match_open_items()
    told = Break.objects.exclude(pk=found.pk).filter(transfer_id=transfer.pk)
    assert ["it was never made" in one.explanation for one in told] == [True]
    assert not ExternalItem.objects.filter(status="unmatched").exists()


def _silent_after(patch: pytest.MonkeyPatch, verb: str) -> Transfer:
    """The provider takes the order, and is silent from then on."""
    rail = rails().psp
    real = getattr(rail, verb)

    def silent(*given: Any, **named: Any) -> Any:
        real(*given, **named)
        patch.setattr(rail, "find", _unknown)
        raise UnknownOutcome("the connection broke", provider="psp")

    patch.setattr(rail, verb, silent)
    transfer = ordered()
    for _ in range(4):
        Transfer.objects.filter(pk=transfer.pk).update(due_at="2026-01-01T00:00:00Z")
        driver.advance_one(transfer.id)
    transfer.refresh_from_db()
    assert (transfer.status, transfer.request_state) == ("FUNDS_LOCKED", "timed_out")
    return transfer


def _unknown(*_: Any, **__: Any) -> Any:
    raise UnknownOutcome("no answer", provider="psp")


def test_an_order_that_the_provider_refuses_as_such_fails_and_books_nothing(psp: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(**_: Any) -> Any:
        raise TerminalError("the card provider refused: unknown card", provider="psp")

    monkeypatch.setattr(rails().psp, "authorise", refuses)
    transfer = drive_until(ordered(), "FAILED")
    assert (transfer.failure_code, transfer.due_at, posted(CLIENT), posted(OWED)) == ("card_order_refused", None, 0, 0)
    assert transfer.status_text == "The card could not be charged. Please try again."
    call = ProviderCall.objects.get(transfer=transfer, operation="authorise")
    assert (call.outcome, "unknown card" in call.summary) == ("refused", True)
    assert list(findings()) == []
