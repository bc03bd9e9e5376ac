"""Calling a payout back from the bank: two people order it, the bank is asked once, and nothing is booked but what comes back."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from approvals import registry
from approvals.commands import place_halt
from approvals.errors import MakerMayNotDecide, NotCarriedOut, RequestAlreadyPending
from approvals.models import ApprovalRequest, Person
from approvals.queries import payload_of
from approvals.registry import DecideInput, Fact, VoteOutcome
from audit import clock
from tests.transfers.tame import Tame, tame_outside
from tests.transfers.within import broken_proofs
from tests.transfers.world import FUNDS, LONG_AGO, Books, World, acting, available, drive_until
from transfers.commands import payout_recall
from transfers.commands.moot import dismiss_moot
from transfers.commands.recall_steps import recall_due
from transfers.commands.returns import take_back
from transfers.errors import Conflict, Refused
from transfers.models import PayoutRecall, ProviderCall, Transfer
from transfers.queries import available_actions
from transfers.rails.base import RetryableError, UnknownOutcome


@pytest.fixture
def tame() -> Iterator[Tame]:
    with tame_outside() as outside:
        yield outside


@pytest.fixture
def paid(world: World, tame: Tame) -> Transfer:
    return drive_until(world.off_ramp("100.00"), "FIAT_SETTLED")


def _ask(world: World, transfer: Transfer, code: str = "DUPL") -> ApprovalRequest:
    with acting(world.maker):
        return payout_recall.ask(
            transfer_id=transfer.id, reason_code=code, reason="It was paid by hand as well.", maker=world.maker.id
        )


def _vote(request: ApprovalRequest, person: Person) -> VoteOutcome:
    ballot = DecideInput(
        request_id=request.id,
        person_id=person.id,
        operator=person.name,
        roles={request.role: LONG_AGO},
        decision="approve",
        digest=bytes(request.digest),
        revision=request.revision,
        reason="",
    )
    with acting(person):
        return registry.get(request.action).decide(ballot)


def _ordered(world: World, transfer: Transfer) -> PayoutRecall:
    _vote(_ask(world, transfer), world.checker)
    return PayoutRecall.objects.get()


def _look() -> None:
    PayoutRecall.objects.filter(due_at__isnull=False).update(due_at=LONG_AGO)
    recall_due()


def _told(transfer: Transfer) -> list[str]:
    transfer.refresh_from_db()
    return [
        kind.removeprefix("transfer.payout_recall_") for kind in transfer.events.values_list("type", flat=True) if "recall" in kind
    ]


def test_somebody_else_approves_it_and_the_bank_is_asked_as_the_payment_was_ordered(
    world: World, tame: Tame, paid: Transfer
) -> None:
    before = Books.now()
    request = _ask(world, paid)
    with pytest.raises(RequestAlreadyPending):
        _ask(world, paid)
    with pytest.raises(MakerMayNotDecide):
        _vote(request, world.maker)
    assert Fact("State", "fiat settled") in registry.get(request.action).describe(payload_of(request))
    assert not PayoutRecall.objects.exists()
    _vote(request, world.checker)
    recall = PayoutRecall.objects.get()
    _look()
    (sent,) = tame.recalls
    leg = paid.legs.get(rail="bank")
    assert (sent.recall_id, sent.end_to_end_id, sent.amount_minor) == (recall.reference, leg.reference, leg.amount)
    assert (sent.reason_code, sent.words) == ("DUPL", "It was paid by hand as well.")
    assert _told(paid) == ["ordered", "asked"]
    assert paid.status_text.startswith("We have asked the bank")
    _look()
    assert (len(tame.recalls), _told(paid)) == (1, ["ordered", "asked"])
    after = Books.now()
    assert (after.entries, after.held) == (before.entries, before.held)


def test_what_is_sent_back_ends_it_as_called_back(world: World, tame: Tame, paid: Transfer) -> None:
    tame.recall_says = "accepted"
    _ordered(world, paid)
    _look()
    assert _told(paid) == ["ordered", "accepted"]
    assert (paid.status, paid.status_text) == (
        "FIAT_SETTLED",
        "The bank is sending your payout back. It is in your balance as soon as it has arrived.",
    )
    assert "agreed to send it back" in payout_recall.why_not(paid, {leg.rail: leg for leg in paid.legs.all()})
    for _ in range(2):
        take_back(transfer_id=paid.pk, bank_reason="FOCR", evidence={})
    paid.refresh_from_db()
    assert (paid.status, paid.failure_code, available()) == ("FAILED", "payout_called_back", FUNDS)
    assert broken_proofs() == []


def test_what_is_not_paid_yet_is_stopped(world: World, tame: Tame) -> None:
    tame.bank_says, tame.recall_says = "ACSP", "accepted"
    transfer = drive_until(world.off_ramp("100.00"), "CONFIRMED")
    drive_until(transfer, "CONFIRMED")
    _ordered(world, transfer)
    _look()
    tame.bank_says = "RJCT"
    drive_until(transfer, "FAILED")
    assert (transfer.failure_code, available()) == ("payout_called_back", FUNDS)


def test_a_refusal_leaves_the_payout_as_it_is_and_may_be_followed_by_another(world: World, tame: Tame, paid: Transfer) -> None:
    tame.recall_says = "refused"
    told_before = paid.status_text
    recall = _ordered(world, paid)
    _look()
    recall.refresh_from_db()
    assert (recall.status, recall.answer, recall.due_at) == ("refused", "CUST: no", None)
    assert (_told(paid)[-1], paid.status, paid.status_text) == ("refused", "FIAT_SETTLED", told_before)
    assert ProviderCall.objects.get(operation="recall").outcome == "refused"
    take_back(transfer_id=paid.pk, bank_reason="AC04", evidence={})
    paid.refresh_from_db()
    assert paid.failure_code == "bank_returned"


def test_silence_ends_after_two_weeks(world: World, tame: Tame, paid: Transfer) -> None:
    recall = _ordered(world, paid)
    _look()
    later = clock.now() + timedelta(days=15)
    with clock.using(lambda: later):
        _look()
    recall.refresh_from_db()
    assert (recall.status, recall.due_at, _told(paid)[-1]) == ("unanswered", None, "unanswered")


def test_after_a_lost_answer_the_bank_is_asked_and_not_told_twice(world: World, tame: Tame, paid: Transfer) -> None:
    recall = _ordered(world, paid)
    tame.recall_fails = UnknownOutcome("no answer", provider="bank")
    _look()
    assert ProviderCall.objects.get(operation="recall").outcome == "unknown"
    _look()
    (sent,) = tame.recalls
    assert sent.recall_id == recall.reference
    tame.recall_fails = RetryableError("down", provider="bank")
    _look()
    assert (len(tame.recalls), ProviderCall.objects.get(operation="recall").outcome) == (1, "answered")


def test_a_bank_that_is_down_is_asked_again(world: World, tame: Tame, paid: Transfer) -> None:
    recall = _ordered(world, paid)
    tame.recall_fails = RetryableError("down", provider="bank")
    _look()
    recall.refresh_from_db()
    assert (recall.status, recall.attempts, recall.last_error) == ("ordered", 1, "down")
    _look()
    assert len(tame.recalls) == 1


def test_a_halt_keeps_nobody_from_calling_money_back(world: World, tame: Tame, paid: Transfer) -> None:
    place_halt(scope="client", target="acme", reason="fraud")
    assert _ordered(world, paid).status == "ordered"


def test_it_is_offered_where_it_makes_sense(world: World, tame: Tame, paid: Transfer) -> None:
    def offered(transfer: Transfer) -> Any:
        found = available_actions(transfer, {"transfers.ask_verdict"})
        return next(action for action in found if action.name == "recall_payout")

    assert offered(paid).allowed
    assert "over no bank" in offered(world.order("10.00")).reason
    _ask(world, paid)
    assert "asked already" in offered(paid).reason
    with pytest.raises(Refused):
        payout_recall.ask(transfer_id=paid.id, reason_code="DUPL", reason=" ", maker=world.maker.id)
    with pytest.raises(Conflict):
        payout_recall.ask(transfer_id=world.order("11.00").id, reason_code="DUPL", reason="x", maker=world.maker.id)


def test_what_came_back_meanwhile_voids_the_request(world: World, tame: Tame, paid: Transfer) -> None:
    request = _ask(world, paid)
    assert dismiss_moot() == 0
    take_back(transfer_id=paid.pk, bank_reason="AC04", evidence={})
    with pytest.raises(NotCarriedOut):
        _vote(request, world.checker)
    request.refresh_from_db()
    assert (request.status, PayoutRecall.objects.count()) == ("dismissed", 0)


def test_the_database_lets_no_recall_go_back(world: World, tame: Tame, paid: Transfer) -> None:
    tame.recall_says = "refused"
    _ordered(world, paid)
    _look()
    for change in ("status = 'asked', version = version + 1", "status = 'accepted'", "reason = 'another'"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE transfers_payoutrecall SET {change}")
