"""Refunds of card deposits, as an accountant reads them: held, given back, netted in a batch, never twice and never too much.

Amounts are pesos in cents. The provider keeps 2.9 % and 0.30 of each capture, and 15.00 of each dispute.
"""

from collections import Counter
from typing import Any

import pytest

from approvals.errors import ApprovalsError, NotCarriedOut
from approvals.models import ApprovalRequest
from audit import clock
from ledger.commands import PlaceHold, apply_holds
from ledger.models import LedgerTransaction
from ledger.queries import balance
from reconciliation.commands.cards import fetch_batches
from reconciliation.commands.matching import match_open_items
from reconciliation.models import Break
from tests.transfers.cards import Provider
from tests.transfers.test_card_deposits import WEEKS, _close_until, _look, books, charged, everything_holds, psp, settled
from tests.transfers.test_send_back import vote
from tests.transfers.world import World, acting, drive_until, history
from transfers import crashpoints
from transfers.card_postings import capture_reference
from transfers.commands.cancel import cancel
from transfers.commands.deposits.refund import refundable, request_refund
from transfers.errors import Conflict, Refused
from transfers.models import CardBatch, Leg, ProviderCall, Transfer
from transfers.rails.base import TerminalError, UnknownOutcome
from transfers.rails.registry import rails

__all__ = ["psp"]
CLIENT = "client:acme:MXN"


@pytest.fixture
def deposit(psp: Provider) -> Transfer:
    """100.00, charged, settled and proved: 3.20 of it went to the provider."""
    transfer = charged("100.00")
    settled(psp)
    transfer.refresh_from_db()
    assert transfer.status == "RECONCILED"
    return transfer


def asked(world: World, deposit: Transfer, amount: int = 4_000, *, reason: str = "returned goods") -> ApprovalRequest:
    with acting(world.maker):
        return request_refund(deposit_id=deposit.pk, amount=amount, reason=reason, maker=world.maker.id)


def approved(world: World, deposit: Transfer, amount: int = 4_000) -> Transfer:
    vote(world.checker, asked(world, deposit, amount))
    return Transfer.objects.filter(card_refund__deposit=deposit).latest("created_at")


def test_a_part_is_held_given_back_and_netted_in_the_next_batch(world: World, psp: Provider, deposit: Transfer) -> None:
    transfer = approved(world, deposit)
    assert (balance(CLIENT).posted, balance(CLIENT).available) == (10_000, 6_000)
    everything_holds()
    drive_until(transfer, "CONFIRMED")
    assert books() == {"client": 6_000, "owed": -4_000, "clearing": 0, "fees": 320, "losses": 0, "bank": 9_680}
    taken = LedgerTransaction.objects.get(kind="card_refund")
    assert (taken.adjusts, taken.transaction_id) == (
        LedgerTransaction.objects.get(reference=capture_reference(deposit)),
        transfer.id,
    )
    everything_holds()
    charged("200.00")
    settled(psp)
    transfer.refresh_from_db()
    assert transfer.status == "RECONCILED"
    assert books() == {"client": 26_000, "owed": 0, "clearing": 0, "fees": 930, "losses": 0, "bank": 9_680 + 15_390}
    assert [to for _, source, to in history(transfer.id) if source != to] == [
        "CREATED",
        "FUNDS_LOCKED",
        "CONFIRMED",
        "FIAT_SETTLED",
        "RECONCILED",
    ]
    assert not Break.objects.exists()
    everything_holds()


def test_the_client_is_told_on_both(world: World, deposit: Transfer) -> None:
    transfer = drive_until(approved(world, deposit), "CONFIRMED")
    assert (transfer.client_id, transfer.metadata) == ("acme", {"refund_of": str(deposit.pk)})
    assert transfer.client_reference == f"Refund of {deposit.reference}"
    assert "left your balance" in transfer.status_text
    assert history(deposit.id)[-1][0] == "card_refunded"


def test_never_more_than_was_captured_in_however_many_parts(world: World, deposit: Transfer) -> None:
    approved(world, deposit, 6_000)
    assert refundable(deposit) == 4_000
    for amount in (0, -1, 4_001):
        with pytest.raises(Refused, match=r"At most 40\.00 MXN"):
            asked(world, deposit, amount)
    approved(world, deposit, 4_000)
    with pytest.raises(Refused, match=r"At most 0\.00 MXN"):
        asked(world, deposit, 1)
    assert Transfer.objects.filter(route="card_refund").count() == 2


def test_what_the_client_has_not_available_is_refused(world: World, psp: Provider) -> None:
    unsettled = charged("100.00")
    with pytest.raises(Refused) as refused:
        asked(world, unsettled)
    assert (refused.value.code, ApprovalRequest.objects.count()) == ("insufficient_funds", 0)


def test_what_is_spent_between_request_and_vote_is_not_refunded(world: World, deposit: Transfer) -> None:
    request = asked(world, deposit)
    apply_holds(PlaceHold("spent", CLIENT, 9_000))
    with pytest.raises(NotCarriedOut, match="available"):
        vote(world.checker, request)
    request.refresh_from_db()
    assert (request.status, request.executed_at, Transfer.objects.count()) == ("dismissed", None, 1)


def test_whoever_asks_does_not_decide_and_nothing_but_a_charged_card_is_refunded(world: World, deposit: Transfer) -> None:
    with pytest.raises(ApprovalsError):
        vote(world.maker, asked(world, deposit))
    with pytest.raises(Refused):
        asked(world, deposit, reason=" ")
    with pytest.raises(Conflict):
        asked(world, world.order())
    assert not Transfer.objects.filter(route="card_refund").exists()


def test_a_cancelled_refund_gives_the_hold_back(world: World, deposit: Transfer) -> None:
    transfer = approved(world, deposit)
    with acting(world.maker):
        cancel(transfer.id, "they changed their mind")
    assert (balance(CLIENT).available, refundable(deposit)) == (10_000, 10_000)
    everything_holds()


@pytest.mark.parametrize("was_taken", [True, False])
def test_an_answer_that_was_lost_is_asked_for_and_given_back_once(
    world: World, psp: Provider, deposit: Transfer, monkeypatch: pytest.MonkeyPatch, was_taken: bool
) -> None:
    rail = rails().psp
    real = rail.refund
    lost: list[str] = []

    def loses_the_first(*given: Any, **named: Any) -> object:
        answer = real(*given, **named) if was_taken or lost else None
        if not lost:
            lost.append(named["reference"])
            raise UnknownOutcome("the connection broke", provider="psp")
        return answer

    monkeypatch.setattr(rail, "refund", loses_the_first)
    transfer = drive_until(approved(world, deposit), "CONFIRMED")
    leg = Leg.objects.get(transfer=transfer)
    assert lost == [leg.reference]
    payment = rail.find(leg.counterparty["payment"])
    assert payment is not None
    assert [one.amount for one in payment.refunds] == [4_000]
    assert ProviderCall.objects.get(key=f"{leg.reference}/refund").outcome == "answered"
    everything_holds()


def test_what_the_provider_refuses_is_available_again(world: World, deposit: Transfer, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(*_: Any, **__: Any) -> object:
        raise TerminalError("the card provider refused: the card is closed", provider="psp")

    monkeypatch.setattr(rails().psp, "refund", refuses)
    transfer = drive_until(approved(world, deposit), "FAILED")
    assert (transfer.failure_code, balance(CLIENT).available) == ("card_refund_refused", 10_000)
    assert books()["owed"] == 0
    everything_holds()


def test_a_chargeback_after_a_refund_takes_only_the_rest(world: World, psp: Provider, deposit: Transfer) -> None:
    drive_until(approved(world, deposit), "CONFIRMED")
    psp.chargeback(deposit)
    _look(deposit)
    assert books() == {"client": 0, "owed": -11_500, "clearing": 0, "fees": 320, "losses": 1_500, "bank": 9_680}
    assert refundable(deposit) == 0
    charged("300.00")
    settled(psp)
    assert (books()["owed"], Break.objects.count()) == (0, 0)
    everything_holds()


def test_a_provider_that_takes_back_what_was_refunded_costs_us_and_not_the_client(
    world: World, psp: Provider, deposit: Transfer, monkeypatch: pytest.MonkeyPatch
) -> None:
    drive_until(approved(world, deposit), "CONFIRMED")
    monkeypatch.setattr("backoffice.sandbox.psp.refunds.left", lambda _, row: row["amount"])
    psp.chargeback(deposit)
    _look(deposit)
    assert books() == {"client": 0, "owed": -15_500, "clearing": 0, "fees": 320, "losses": 1_500 + 4_000, "bank": 9_680}
    psp.lose(deposit)
    _look(deposit)
    assert (books()["client"], books()["losses"], books()["owed"]) == (6_000, 1_500, -5_500)
    everything_holds()


def test_a_refund_after_a_chargeback_is_refused(world: World, psp: Provider, deposit: Transfer) -> None:
    psp.chargeback(deposit)
    _look(deposit)
    with pytest.raises(Refused, match=r"At most 0\.00"):
        asked(world, deposit)


def test_one_of_a_closed_month_is_booked_in_the_open_one_and_linked(world: World, psp: Provider) -> None:
    then = clock.now() - WEEKS
    with clock.using(lambda: then):
        deposit = charged("100.00")
        settled(psp)
    captured = LedgerTransaction.objects.get(reference=capture_reference(deposit))
    _close_until(captured.value_at.date())
    drive_until(approved(world, deposit), "CONFIRMED")
    taken = LedgerTransaction.objects.get(kind="card_refund")
    assert (taken.adjusts, taken.value_at - captured.value_at >= WEEKS) == (captured, True)
    everything_holds()


def test_a_refund_that_nobody_here_ordered_stops_its_batch(psp: Provider, deposit: Transfer) -> None:
    leg = Leg.objects.get(transfer=deposit)
    psp.post(f"/v1/payments/{leg.reference}/refunds", reference="BYHAND", amount="10.00")
    charged("50.00")
    psp.settle()
    fetch_batches()
    match_open_items()
    assert CardBatch.objects.count() == 1
    assert "none of ours: BYHAND" in Break.objects.get(type="external_only", item=None).explanation


POINTS = [name for name in crashpoints.ALL if name.startswith(("lock.", "card_refund."))]


@pytest.mark.parametrize("point", POINTS)
def test_an_error_at_any_crash_point_of_its_way_refunds_once(
    world: World, deposit: Transfer, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    transfer = approved(world, deposit)
    monkeypatch.setattr(crashpoints, "_passed", Counter())
    monkeypatch.setenv("COUNTERSIGN_CRASH", f"{point}=raise")
    drive_until(transfer, "CONFIRMED")
    assert crashpoints._passed[point] > 0
    assert (books()["client"], books()["owed"]) == (6_000, -4_000)


def test_what_the_cardholder_took_back_meanwhile_is_not_ordered(
    world: World, psp: Provider, deposit: Transfer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backoffice.sandbox.psp.refunds.left", lambda _, row: row["amount"])
    transfer = approved(world, deposit)
    psp.chargeback(deposit, "100.00")
    _look(deposit)
    drive_until(transfer, "FAILED")
    assert (transfer.failure_code, psp.moved(transfer)) == ("card_refund_refused", [])
    assert not ProviderCall.objects.filter(transfer=transfer, operation="refund").exists()
    assert (balance(CLIENT).posted, balance(CLIENT).held) == (0, 0)
    everything_holds()
