"""What every rail has in common: the errors that say what is known, the record of one exchange, and the interface itself.

A rail is an adapter to one provider: their words in, ours out. It knows no models, no commands and no Django; it is built from
settings by `transfers.rails.registry` and told nothing about where its answers are kept.

RailError
├── RetryableError           nothing happened outside, for certain; the same call may be made again
├── TerminalError            the provider refused for good; the same call will be refused again
│   └── NotOffered           this provider has no such operation
└── UnknownOutcome           the request may or may not have been acted upon: ask by our reference, never send anew
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar


class RailError(Exception):
    """Root of the family. `provider` names who answered, `code` is their word for it (empty when they gave none)."""

    def __init__(self, message: str, *, provider: str = "", code: str = "") -> None:
        super().__init__(message)
        self.provider = provider
        self.code = code


class RetryableError(RailError):
    """Nothing was sent, or the provider says that it did nothing. Trying again later is safe."""


class TerminalError(RailError):
    """Refused for good. It says nothing about money already sent by an earlier call."""


class NotOffered(TerminalError):
    """The provider has no such operation; the message says what is done instead."""


class UnknownOutcome(RailError):
    """Sent, but no answer that can be believed. Only evidence from outside ends this state."""


@dataclass(frozen=True, slots=True)
class Written:
    """The texts of an exchange, secrets masked. `essence` (of request and answer) is what makes it another one than one before:
    equal ones say the same. It is not masked, so it is compared and never kept."""

    operation: str
    request: str
    response: str
    essence: tuple[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and what came of it, for whoever keeps the record (R2). `error` is empty for an answer of success, `status` the
    HTTP status, None without an answer. `written` makes the texts, which costs something: who keeps nothing does not ask. One that
    `is_routine` is worth keeping when it failed or is about something."""

    provider: str
    error: str
    status: int | None
    elapsed_ms: int
    written: Callable[[], Written]
    is_routine: bool = False


Recorder = Callable[[Exchange], None]


def forget(_: Exchange) -> None:
    """The recorder of somebody who keeps no record: reads that decide nothing."""


@dataclass(frozen=True, slots=True)
class Reservation:
    """What the provider set aside for an order. `reference` is theirs; empty when our own books hold the reservation."""

    reference: str
    expires_at_epoch_s: int | None = None


OrderT = TypeVar("OrderT", contravariant=True)
QuoteT = TypeVar("QuoteT", covariant=True)
AnswerT = TypeVar("AnswerT", covariant=True)


class Rail(Protocol[OrderT, QuoteT, AnswerT]):
    """The five verbs of a provider (R1). A new provider is one module with these and what it declares of itself
    (transfers.rails.adapters), and a line in the registry.

    Every verb may raise `RetryableError`, `TerminalError` or `UnknownOutcome`; a verb that the provider lacks raises `NotOffered`
    with the words of what takes its place. Amounts are integer minor units and floats are refused at the edge.
    """

    name: str

    def quote(self, order: OrderT) -> QuoteT:
        """What it would cost now. Binds nobody unless the quote says until when."""

    def reserve(self, order: OrderT) -> Reservation:
        """Set funds or capacity aside at the provider. Repeating it for the same order reserves once."""

    def submit(self, order: OrderT) -> AnswerT:
        """Send it, the intent being committed. After `UnknownOutcome` call `status`, never `submit` with other content."""

    def status(self, reference: str) -> AnswerT:
        """What became of the order with our reference. An order never seen is an answer, not an error."""

    def cancel(self, reference: str) -> AnswerT:
        """Ask for it to be stopped. The answer says what is known, which may be that it was too late."""
