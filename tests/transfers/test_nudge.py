"""Retry and resume: looked at now, with every check that would have been made later."""

from collections.abc import Iterator

import pytest

from approvals.commands import place_halt
from audit import clock
from audit.models import AuditEvent
from tests.transfers import uncertain
from tests.transfers.tame import Tame, tame_outside
from tests.transfers.world import Books, World, acting, drive_until, history
from transfers import driver
from transfers.commands import nudge
from transfers.errors import Conflict
from transfers.models import Transfer
from transfers.rails.bank import BankAnswer, CreditTransfer


@pytest.fixture
def tame() -> Iterator[Tame]:
    with tame_outside() as outside:
        yield outside


def _put_off(world: World, tame: Tame) -> Transfer:
    tame.signs = False
    transfer = drive_until(world.order(), "FUNDS_LOCKED")
    for _ in range(4):
        Transfer.objects.filter(pk=transfer.pk).update(due_at=clock.now())
        driver.advance_one(transfer.id)
    transfer.refresh_from_db()
    assert transfer.due_at is not None
    assert transfer.due_at > clock.now()
    return transfer


def test_a_retry_takes_the_failed_step_at_once_and_tells_who_asked(world: World, tame: Tame) -> None:
    transfer = _put_off(world, tame)
    tame.signs = True
    with acting(world.checker):
        nudge.retry(transfer.id, "the signer is back")
    assert driver.advance_one(transfer.id)
    transfer.refresh_from_db()
    assert transfer.status == "SENT_ON_CHAIN"
    assert ("retried", "FUNDS_LOCKED", "FUNDS_LOCKED") in history(transfer.id)
    told = AuditEvent.objects.get(type="transfer.retried", transaction_id=transfer.id)
    assert (told.actor_id, told.reason) == ("checker", "the signer is back")
    assert "the signer sleeps" in told.metadata["last_error"]


def test_a_retry_of_a_step_that_still_fails_counts_its_tries_anew(world: World, tame: Tame) -> None:
    transfer = _put_off(world, tame)
    nudge.retry(transfer.id, "again")
    driver.advance_one(transfer.id)
    transfer.refresh_from_db()
    assert (transfer.status, transfer.attempts) == ("FUNDS_LOCKED", 1)


def test_resuming_lifts_no_halt(world: World, tame: Tame) -> None:
    transfer = world.order()
    with acting(world.checker):
        place_halt(scope="client", target="acme", reason="under investigation")
    driver.advance_one(transfer.id)
    transfer.refresh_from_db()
    assert transfer.stopped_by
    nudge.resume(transfer.id, "please look")
    assert driver.advance_one(transfer.id)
    transfer.refresh_from_db()
    assert (transfer.status, bool(transfer.stopped_by)) == ("CREATED", True)


def test_there_is_nothing_to_retry_or_resume_where_nothing_failed(world: World, tame: Tame) -> None:
    waiting, paid = world.order("5000.00"), drive_until(world.order(), "CONFIRMED")
    before = Books.now()
    for transfer in (waiting, paid):
        for act in (nudge.retry, nudge.resume):
            with pytest.raises(Conflict):
                act(transfer.id, "why not")
    assert Books.now() == before


def test_a_retry_never_sends_a_second_payment(world: World, tame: Tame, monkeypatch: pytest.MonkeyPatch) -> None:
    transfer = uncertain.payout(world, tame, monkeypatch)
    monkeypatch.undo()
    submitted: list[CreditTransfer] = []
    honest = tame.submit

    def submit(order: CreditTransfer) -> BankAnswer:
        submitted.append(order)
        return honest(order)

    monkeypatch.setattr(tame, "submit", submit)
    nudge.retry(transfer.id, "the bank is back")
    drive_until(transfer, "FIAT_SETTLED")
    assert submitted == []
