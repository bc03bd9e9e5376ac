"""A desk by phone: the same five verbs, answered from what people entered about it and others confirmed.

Nothing goes over a wire. What is not entered yet is not there yet: a verb that waits for people raises `AwaitingEntry`, in words.
"""

from dataclasses import dataclass
from typing import Protocol

from transfers.rails.base import NotOffered, Reservation, RetryableError
from transfers.rails.desk import DeskQuote
from transfers.rails.desk_order import DeskOrder


class AwaitingEntry(RetryableError):
    """Somebody has to enter what the desk said. `code` stands in the failure catalogue."""


@dataclass(frozen=True, slots=True)
class ManualAnswer:
    """Where a deal stands: quoted, dealt, settled, or empty. `trade_id` is the desk's own."""

    stage: str
    trade_id: str = ""


class Book(Protocol):
    """What was entered about one desk, by the reference of the transfer."""

    def quote(self, provider: str, reference: str) -> DeskQuote | None:
        """The latest quote that was confirmed, as long as it holds."""

    def trade_id(self, provider: str, reference: str) -> str:
        """Empty until the deal was confirmed."""

    def is_settled(self, provider: str, reference: str) -> bool: ...


class ManualRail:
    """One desk by phone."""

    def __init__(self, name: str, book: Book) -> None:
        self.name, self._book = name, book

    def quote(self, order: DeskOrder) -> DeskQuote:
        """The quote that was entered last. Raises AwaitingEntry."""
        quote = self._book.quote(self.name, order.reference)
        if quote is None:
            raise self._awaited("manual_quote_awaited", f"call the desk and enter its quote for {order.reference}")
        return quote

    def reserve(self, order: DeskOrder) -> Reservation:  # noqa: ARG002 - the verb of every rail
        raise NotOffered("the desk reserves nothing: its quote holds until it says", provider=self.name)

    def submit(self, order: DeskOrder) -> ManualAnswer:
        """The deal as it was entered. Raises AwaitingEntry."""
        trade_id = self._book.trade_id(self.name, order.reference)
        if not trade_id:
            raise self._awaited("manual_deal_awaited", f"close the deal with the desk and enter its number for {order.reference}")
        return ManualAnswer("dealt", trade_id)

    def status(self, reference: str) -> ManualAnswer:
        trade_id = self._book.trade_id(self.name, reference)
        if self._book.is_settled(self.name, reference):
            return ManualAnswer("settled", trade_id)
        if trade_id:
            return ManualAnswer("dealt", trade_id)
        return ManualAnswer("quoted" if self._book.quote(self.name, reference) else "")

    def cancel(self, reference: str) -> ManualAnswer:  # noqa: ARG002 - the verb of every rail
        raise NotOffered("a deal is undone by phone, and entered as a correction of the books", provider=self.name)

    def _awaited(self, code: str, words: str) -> AwaitingEntry:
        return AwaitingEntry(words, provider=self.name, code=code)
