"""The outside of the whole flow: chain, signer, bank, desk and cards; each can do what it is asked and say nothing about it."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, cast

from tests.transfers.conversion.test_worked_examples import Desk
from tests.transfers.tame import Tame
from tests.transfers.whole import Whole
from transfers.rails import registry
from transfers.rails.bank import BankAnswer, CreditTransfer
from transfers.rails.base import RetryableError, UnknownOutcome
from transfers.rails.desk import DeskQuote
from transfers.rails.desk_order import DeskOrder
from transfers.rails.psp import CardPayment
from transfers.rails.registry import Rails

PLACES = ("broadcast", "submit", "authorise", "capture", "sign")


@dataclass
class Moody:
    """`loses` names the verbs that are done and whose answer does not arrive, `away` those at which nobody is there."""

    loses: set[str] = field(default_factory=set)
    away: set[str] = field(default_factory=set)

    @contextmanager
    def doing(self, verb: str) -> Iterator[None]:
        if verb in self.away:
            raise RetryableError("nobody is there", provider="somebody")
        yield
        if verb in self.loses:
            raise UnknownOutcome("no answer arrived", provider="somebody")


@dataclass
class Market(Tame):
    """A bank that keeps books, and a desk that knows pesos and dollars."""

    keeps_books: bool = True
    mood: Moody = field(default_factory=Moody)

    def submit(self, order: CreditTransfer) -> BankAnswer:
        with self.mood.doing("submit"):
            return super().submit(order)

    def _sign(self, intent: Any) -> Any:
        with self.mood.doing("sign"):
            return super()._sign(intent)

    def quote(self, order: DeskOrder) -> DeskQuote:
        return Desk(rate=Decimal("0.9990")).quote(order) if order.target_currency == "USD" else super().quote(order)


@dataclass
class Cards:
    """A card provider with one payment per reference."""

    mood: Moody
    payments: dict[str, CardPayment] = field(default_factory=dict)
    taken: Counter[str] = field(default_factory=Counter)

    def find(self, reference: str) -> CardPayment | None:
        return self.payments.get(reference)

    def authorise(self, *, reference: str, amount: int, currency: str, card: str) -> CardPayment:  # noqa: ARG002 - all are good
        with self.mood.doing("authorise"):
            made = CardPayment(f"P-{len(self.payments)}", reference, amount, currency, "authorised", "", (), "{}")
            return self.payments.setdefault(reference, made)

    def capture(self, reference: str) -> CardPayment:
        with self.mood.doing("capture"):
            self.taken[reference] += self.payments[reference].status != "captured"
            self.payments[reference] = replace(self.payments[reference], status="captured")
            return self.payments[reference]


@dataclass
class Outside(Whole):
    tame: Market = field(default_factory=Market)

    def __post_init__(self) -> None:
        self.psp = Cards(self.mood)

    @property
    def mood(self) -> Moody:
        return self.tame.mood

    def broadcast(self, raw: bytes) -> None:
        with self.mood.doing("broadcast"):
            super().broadcast(raw)

    def calm(self) -> None:
        """Everything is there again, answers, pays and mines."""
        self.mood.loses.clear()
        self.mood.away.clear()
        self.tame.reverts, self.tame.bank_says, self.mines = False, "ACSC", True


@contextmanager
def outside() -> Iterator[Outside]:
    """The rails lead to it, for the length of the block."""
    there = Outside()
    before = registry.use(cast("Rails", there))
    try:
        yield there
    finally:
        registry.use(before)
