"""A drive for every order that the sandbox chain takes: armed, met by our own side, healed. `DRIVES` is held against the orders."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from reconciliation.models import Break
from tests.reconciliation import outside
from tests.transfers.bank_faults import bookings
from tests.transfers.chain.weather import attempts, branch_off, deep, has_waited, sent, step, the_books_prove_themselves, watch
from tests.transfers.stack import Stack
from tests.transfers.world import ACCOUNT, FUNDS, PAYEE, UNIT, World, available, drive_until, history, posted
from transfers.models import Transfer


@dataclass
class Story:
    """A transfer of 100.00 USDC on its way over the chain; `payee` is whom the chain pays, `fee` what the client pays beside."""

    house: World
    rails: Stack
    transfer: Transfer
    payee: str
    fee: int
    end: str
    had: int

    @classmethod
    def withdrawal(cls, house: World, rails: Stack) -> "Story":
        return cls(house, rails, house.order("100.00"), PAYEE, UNIT // 2, "CONFIRMED", rails.token_balance(PAYEE))

    @classmethod
    def payout(cls, house: World, rails: Stack) -> "Story":
        payee = rails.addresses["settlement-1"]
        return cls(house, rails, house.off_ramp("100.00"), payee, UNIT, "FIAT_SETTLED", rails.token_balance(payee))

    def another(self) -> "Story":
        return (Story.withdrawal if self.end == "CONFIRMED" else Story.payout)(self.house, self.rails)

    def told(self, kind: str) -> int:
        """How often this happened to it."""
        return [told for told, *_ in history(self.transfer.id)].count(kind)

    def is_held_up(self, *words: str) -> None:
        """A step ends before anything was sent, and says why."""
        step(self.transfer)
        assert self.transfer.status == "FUNDS_LOCKED"
        assert [word for word in words if word not in self.transfer.last_error] == [], self.transfer.last_error

    def goes_on(self, *, until: str = "CONFIRMED") -> None:
        """Time passes, and blocks come."""
        drive_until(self.transfer, until, self.end, between=lambda: deep(self.rails))

    def waits(self, times: int = 3) -> None:
        """Looked at so often, far later each time, with blocks between."""
        for _ in range(times):
            has_waited(self.transfer)
            step(self.transfer)
            self.rails.mine()

    def is_paid_once(self, *, others: int = 0) -> None:
        """To its end and to its proof by what the outside itself tells; `others` of the same amount were paid beside it."""
        self.rails.obey()
        drive_until(self.transfer, self.end, between=lambda: self.rails.mine())
        assert self.rails.token_balance(self.payee) == self.had + 100 * UNIT * (1 + others)
        if self.end == "FIAT_SETTLED":
            assert bookings(self.rails, self.transfer) == 1
        outside.read_and_match(self.rails)
        self.transfer.refresh_from_db()
        assert (self.transfer.status, Break.objects.count()) == ("RECONCILED", 0)
        assert posted(ACCOUNT) == available() == FUNDS - (100 * UNIT + self.fee) * (1 + others)
        the_books_prove_themselves()

    def is_given_back(self) -> None:
        assert self.transfer.status == "FAILED"
        assert self.rails.token_balance(self.payee) == self.had
        assert posted(ACCOUNT) == available() == FUNDS
        the_books_prove_themselves()


Drive = Callable[[Story], None]


def _met(story: Story) -> None:
    """What is counted has been used up."""
    assert story.rails.standing() == []


def timeout_after(story: Story) -> None:
    """It arrived, and is found by its hash: nothing is sent a second time."""
    story.rails.order("timeout_after", times=2)
    story.is_held_up("broadcast_unknown: ")
    assert story.transfer.request_state == "timed_out"
    sent(story.transfer)
    story.goes_on()
    assert [order["left"] for order in story.rails.standing()] == [1]
    story.is_paid_once()


def timeout_before(story: Story) -> None:
    story.rails.order("timeout_before", times=2)
    for _ in range(2):
        story.is_held_up("broadcast_unknown: ")
        assert story.transfer.request_state == "timed_out"
    sent(story.transfer)
    _met(story)
    story.goes_on()
    story.is_paid_once()


def lose(story: Story) -> None:
    story.rails.order("lose", times=3)
    sent(story.transfer)
    drive_until(story.transfer, "DROPPED")
    story.goes_on()
    _met(story)
    assert story.told("dropped") == 3
    assert len(attempts(story.transfer)) == 1
    story.is_paid_once()


def duplicate(story: Story) -> None:
    story.rails.order("duplicate")
    sent(story.transfer)
    _met(story)
    story.goes_on()
    story.is_paid_once()


def reorder(story: Story) -> None:
    story.rails.order("reorder")
    sent(story.transfer)
    later = story.another()
    sent(later.transfer)
    _met(story)
    step(story.transfer)
    for one in (story, later):
        one.goes_on()
        drive_until(one.transfer, one.end, between=lambda: story.rails.mine())
    assert [len(attempts(one.transfer)) for one in (story, later)] == [1, 1]
    story.is_paid_once(others=1)


def refuse(story: Story) -> None:
    story.rails.order("refuse", times=2)
    for _ in range(2):
        story.is_held_up("chain_unavailable: ", "txpool is full")
    sent(story.transfer)
    _met(story)
    story.goes_on()
    story.is_paid_once()


def delay(story: Story) -> None:
    story.rails.order("delay", milliseconds=50, times=5)
    sent(story.transfer)
    _met(story)
    story.goes_on()
    story.is_paid_once()


def down(story: Story) -> None:
    story.rails.order("down")
    assert step(story.transfer).last_error.startswith("chain_unavailable: ")
    story.rails.obey()
    sent(story.transfer)
    deep(story.rails)
    story.rails.order("down")
    assert step(story.transfer).status == "SENT_ON_CHAIN"
    story.rails.obey()
    story.goes_on()
    story.is_paid_once()


def lie(story: Story) -> None:
    """One node alone, whose logs are short: the money stands in doubt, nobody is given anything back, and the truth ends it."""
    sent(story.transfer)
    story.rails.order("lie", what="amount")
    deep(story.rails)
    step(story.transfer)
    assert (story.transfer.status, story.transfer.money_state) == ("SENT_ON_CHAIN", "exception")
    assert available() == FUNDS - 100 * UNIT - story.fee
    story.rails.obey()
    story.goes_on()
    story.is_paid_once()


def drop(story: Story) -> None:
    sent(story.transfer)
    story.rails.order("drop")
    assert step(story.transfer).status == "DROPPED"
    story.goes_on()
    assert len(attempts(story.transfer)) == 1
    story.is_paid_once()


def reorg(story: Story) -> None:
    """Its block is gone after all was done. A payout that the bank has is not taken back: the same bytes are mined once more."""
    story.goes_on(until=story.end)
    branch_off(story.transfer, story.rails, keep="never")
    watch(story.transfer)
    assert (story.transfer.status, story.transfer.money_state) in (("REORGED", "reserved"), ("FIAT_SETTLED", "exception"))
    if story.transfer.status == "REORGED":
        story.goes_on()
    watch(story.transfer)
    deep(story.rails)
    watch(story.transfer)
    assert (story.transfer.money_state, len(attempts(story.transfer))) == ("posted", 1)
    story.is_paid_once()


def fee_spike(story: Story) -> None:
    sent(story.transfer)
    first = attempts(story.transfer)[0]
    story.rails.order("fee_spike", factor=4, blocks=3)
    story.rails.mine(2)
    assert step(story.transfer).status == "SENT_ON_CHAIN"
    assert story.rails.chain("eth_getTransactionReceipt", first.hash) is None
    story.waits()
    assert len(attempts(story.transfer)) > 1
    story.goes_on()
    story.is_paid_once()


def originals_first(story: Story) -> None:
    story.rails.order("originals_first")
    sent(story.transfer)
    has_waited(story.transfer)
    step(story.transfer)
    story.goes_on()
    assert [one.status for one in attempts(story.transfer)] == ["confirmed", "replaced"]
    story.is_paid_once()


def overlook(story: Story) -> None:
    story.rails.order("overlook", address=story.payee)
    sent(story.transfer)
    story.waits()
    assert (story.transfer.status, len(attempts(story.transfer)) > 1) == ("SENT_ON_CHAIN", True)
    story.rails.obey()
    story.goes_on()
    story.is_paid_once()


def _stopped_by_the_issuer(story: Story, stop: str, go_on: str, **parameters: str) -> None:
    """What comes meanwhile is not sent and given back; what comes afterwards is paid."""
    story.rails.order(stop, **parameters)
    try:
        drive_until(story.transfer, "FAILED")
        assert attempts(story.transfer) == []
        story.is_given_back()
    finally:
        story.rails.order(go_on, **parameters)
    story.another().is_paid_once()


def pause_token(story: Story) -> None:
    _stopped_by_the_issuer(story, "pause_token", "unpause_token")


def block_address(story: Story) -> None:
    _stopped_by_the_issuer(story, "block_address", "unblock_address", address=story.payee)


DRIVES: Mapping[str, Drive] = {
    drive.__name__: drive
    for drive in (
        *(timeout_after, timeout_before, lose, duplicate, reorder, refuse, delay, down, lie),
        *(drop, reorg, fee_spike, originals_first, overlook, pause_token, block_address),
    )
}
# Orders that end another one are given in its drive.
ENDED_IN: Mapping[str, str] = {"unpause_token": "pause_token", "unblock_address": "block_address"}
