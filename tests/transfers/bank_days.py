"""A drive for every order that the sandbox bank takes: armed, met by our own side, healed. `DRIVES` is held against the orders."""

import json
from collections.abc import Callable, Mapping

import httpx

from reconciliation.commands.reconciling import reconcile
from reconciliation.models import Break
from tests.sandbox.bank_office import DELAY, INTERVAL
from tests.transfers.bank_house import PAID, PATIENCE_S, Inbox, Story
from tests.transfers.world import FUNDS, LONG_AGO, acting, drive_until
from transfers.commands import payout_recall
from transfers.commands.recall_steps import recall_due
from transfers.models import BankAccount, InboundWebhook, PayoutRecall, Transfer
from transfers.rails import registry


def unanswered(story: Story) -> None:
    drive_until(story.transfer, "CONFIRMED")
    if story.transfer.request_state != "timed_out":
        story.is_held_up("bank_unknown: ")
    story.met()
    story.settles()
    story.is_paid_once()


def slow(story: Story) -> None:
    """The bank takes the order, and we have stopped waiting for its answer."""
    story.obey()
    bank = registry.rails().bank_of(BankAccount.objects.get().provider)._client
    patience, bank._http.timeout = bank._http.timeout, httpx.Timeout(PATIENCE_S)
    story.arm("slow", seconds="1", times="1")
    unanswered(story)
    bank._http.timeout = patience


def down(story: Story) -> None:
    drive_until(story.transfer, "CONFIRMED")
    for _ in range(2):
        story.is_held_up("bank_unavailable: ", "bank_unknown: ")
    assert story.booked() == []
    story.obey()
    story.settles()
    story.is_paid_once()


def reject(story: Story) -> None:
    story.settles("FAILED")
    assert (story.transfer.failure_code, story.booked()) == ("bank_rejected", [])
    story.books_hold(FUNDS)


def settles_all_the_same(story: Story) -> None:
    story.settles()
    story.is_paid_once()


def settle_late(story: Story) -> None:
    drive_until(story.transfer, "CONFIRMED")
    story.waits(20)
    assert (story.step().status, story.booked()) == ("CONFIRMED", [])
    story.waits(60)
    settles_all_the_same(story)


def duplicate(story: Story) -> None:
    story.settles()
    story.is_paid_once(booked=2, breaks=1)


def contradict(story: Story) -> None:
    story.settles()
    story.waits(8)
    Transfer.objects.filter(pk=story.transfer.pk).update(due_at=LONG_AGO)
    story.step()
    assert (story.transfer.money_state, story.transfer.last_error[:17]) == ("exception", "bank_contradicts:")
    assert len(story.booked()) == 1
    story.books_hold(PAID)


def comes_back(story: Story, *, code: str = "bank_returned") -> None:
    if story.transfer.status == "CREATED":
        story.settles()
    story.waits(20)
    story.reads_statement()
    assert (story.transfer.status, story.transfer.failure_code) == ("FAILED", code)
    assert sum(story.booked()) == 0
    story.books_hold(FUNDS)


def wrong_amount(story: Story) -> None:
    """Paid once, and the statement proves nothing: people have two breaks to look at."""
    story.settles()
    story.reads_statement()
    assert (story.is_proved(), Break.objects.count()) == (False, 2)
    assert story.booked() == [-(story.transfer.target_amount or 0)]
    story.books_hold(PAID)


def statement_late(story: Story) -> None:
    story.settles()
    story.waits(INTERVAL * 2)
    reconcile()
    assert not story.is_proved()
    story.waits(60)
    story.is_paid_once()


def statement_missing(story: Story) -> None:
    """The gap is told by the next one; the file that turns up is read by itself, and proves the payment."""
    story.obey()
    story.takes_fee()
    story.arm("statement_missing")
    story.settles()
    story.reads_statement()
    assert not story.is_proved()
    story.takes_fee()
    assert Break.objects.filter(title__endswith="is missing").count() == 1
    story.ask("POST", "/sandbox/statements/2/find")
    reconcile()
    assert story.is_proved()
    assert story.booked() == [-(story.transfer.target_amount or 0)]
    story.books_hold(PAID)


def _recall(story: Story) -> PayoutRecall:
    story.settles()
    with acting(story.house.maker):
        request = payout_recall.ask(
            transfer_id=story.transfer.id, reason_code="DUPL", reason="It was paid by hand as well.", maker=story.house.maker.id
        )
    story.house.vote_on(request, story.house.checker)
    for _ in range(4):
        PayoutRecall.objects.filter(due_at__isnull=False).update(due_at=LONG_AGO)
        recall_due()
        story.waits(4)
    story.transfer.refresh_from_db()
    return PayoutRecall.objects.get()


def recall_refused(story: Story) -> None:
    assert _recall(story).status == "refused"
    story.is_paid_once()


def recall_unanswered(story: Story) -> None:
    assert _recall(story).status not in ("refused", "returned")
    story.is_paid_once()


def recall_comes_back(story: Story) -> None:
    """Asked once for all that was said or not said: the money comes back once."""
    _recall(story)
    story.met()
    comes_back(story, code="payout_called_back")


def hints(story: Story) -> None:
    """Messages that are lost, late or in another order change nothing of what is paid, and we are told of no two payments."""
    for _ in range(12):
        story.step()
        story.office.pass_time(DELAY)
        story.office.clerk.deliver(Inbox())  # type: ignore[arg-type]
    story.met()
    assert {json.loads(bytes(one.body))["type"] for one in InboundWebhook.objects.all() if bytes(one.body)[:1] == b"{"} <= {
        "payment.status"
    }
    story.office.now += 60
    story.office.clerk.deliver(Inbox())  # type: ignore[arg-type]
    assert not InboundWebhook.objects.exclude(status="processed").exists()
    settles_all_the_same(story)


def take_back(story: Story) -> None:
    """Nobody has paid in: the order waits for a deposit, and no payout is one."""
    story.settles()
    story.is_paid_once()


DRIVES: Mapping[str, Callable[[Story], None]] = {
    **dict.fromkeys(("timeout", "lose"), unanswered),
    **dict.fromkeys(("confirm_twice", "reorder"), settles_all_the_same),
    **dict.fromkeys(("hint_lost", "hint_late", "hint_reorder"), hints),
    **dict.fromkeys(("recall_timeout", "recall_lost"), recall_comes_back),
    "return": comes_back,
    **{
        drive.__name__: drive
        for drive in (
            *(slow, down, reject, settle_late, duplicate, contradict, wrong_amount, statement_late, statement_missing),
            *(recall_refused, recall_unanswered, take_back),
        )
    },
}
