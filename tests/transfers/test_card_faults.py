"""Whatever the card provider does wrong with an order, a card is charged once and refunded once, by the provider's own count."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pytest

from backoffice.sandbox.psp.faults import BOOKED, KINDS, VERBS
from reconciliation.models import Break
from tests.transfers.cards import Provider, ordered
from tests.transfers.test_card_deposits import CLIENT, _look, charged, everything_holds, psp, settled
from tests.transfers.test_card_refunds import approved
from tests.transfers.world import World, drive_until, posted
from transfers.models import Transfer

__all__ = ["psp"]
UNKNOWN, CONTRADICTS = "card_provider_unknown: ", "card_provider_contradicts: "


@dataclass
class Story:
    """A card is charged 100.00, or 40.00 of it are given back; one of the orders for it goes wrong."""

    psp: Provider
    verb: str
    transfer: Transfer

    @classmethod
    def begin(cls, world: World, psp: Provider, kind: str, verb: str) -> "Story":
        if verb != "refund":
            psp.arm(kind, only=verb)
            return cls(psp, verb, ordered())
        deposit = charged()
        settled(psp)
        psp.arm(kind, only=verb)
        return cls(psp, verb, approved(world, deposit))

    def goes_on(self) -> None:
        drive_until(self.transfer, "CONFIRMED", "FAILED")

    def is_held_up(self, words: str) -> None:
        """Some step ends with these words, and nothing is booked by it."""
        before = posted(CLIENT)
        for _ in range(4):
            _look(self.transfer)
            self.transfer.refresh_from_db()
            if self.transfer.last_error.startswith(words):
                assert (posted(CLIENT), self.transfer.status in ("CREATED", "FUNDS_LOCKED")) == (before, True)
                return
        raise AssertionError(f"{self.transfer.status}: {self.transfer.last_error}")

    def ends(self, *, times: int = 1) -> None:
        """Settled and proved; the provider moved the money so often, and the client's balance moved once."""
        for _ in range(2):
            _look(self.transfer)
        if self.verb == "refund":
            # It is netted in a batch that pays.
            charged("200.00")
        settled(self.psp)
        self.transfer.refresh_from_db()
        assert self.psp.in_force() == 0
        assert self.psp.moved(self.transfer) == ["-40.00" if self.verb == "refund" else "100.00"] * times
        assert posted(CLIENT) == (6_000 + 20_000 if self.verb == "refund" else 10_000)
        assert Break.objects.count() == times - 1
        assert self.transfer.status == "RECONCILED" or times > 1
        everything_holds()

    def ends_with_nothing(self, code: str) -> None:
        assert (self.transfer.status, self.transfer.failure_code, self.psp.in_force()) == ("FAILED", code, 0)
        self.psp.settle()
        assert self.psp.moved(self.transfer) == []
        assert posted(CLIENT) == (10_000 if self.verb == "refund" else 0)
        everything_holds()


def timeout(story: Story) -> None:
    story.is_held_up(UNKNOWN)
    assert story.transfer.request_state == "timed_out"
    story.goes_on()
    story.ends()


def lose(story: Story) -> None:
    """What was lost is ordered again: an authorisation when the card cannot be charged, the others when the record lacks them."""
    if story.verb == "authorise":
        story.is_held_up(UNKNOWN)
    story.goes_on()
    story.ends()


def refuse(story: Story) -> None:
    story.goes_on()
    story.ends_with_nothing("card_order_refused" if story.verb == "authorise" else f"card_{story.verb}_refused")


def duplicate(story: Story) -> None:
    """The client's balance moves once; the second movement is a break for people."""
    story.goes_on()
    story.ends(times=2)
    assert "a second time" in Break.objects.get().explanation


def lie(story: Story) -> None:
    story.is_held_up(CONTRADICTS)
    story.goes_on()
    story.ends()


DRIVES: Mapping[str, Callable[[Story], None]] = {
    "timeout_after": timeout,
    "timeout_before": timeout,
    "lose": lose,
    "refuse": refuse,
    "duplicate": duplicate,
    "lie": lie,
}
# An authorisation moves nothing that could be moved twice.
TRIED = [(kind, verb) for kind in KINDS for verb in VERBS if kind != "duplicate" or verb in BOOKED]


@pytest.mark.parametrize(("kind", "verb"), TRIED)
def test_a_card_is_charged_and_refunded_once(world: World, psp: Provider, kind: str, verb: str) -> None:
    DRIVES[kind](Story.begin(world, psp, kind, verb))
