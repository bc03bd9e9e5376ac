"""The words of the state machines: states, routes, the three kinds of state a leg has, and one row of a machine.

Which rows each route's machine has is in `transfers.machines`, one file per route.
"""

from dataclasses import dataclass
from enum import StrEnum

# A transfer's priority: what came in a file lets single ones pass.
SINGLE, IN_FILES = 0, 1


class Status(StrEnum):
    CREATED = "CREATED"
    QUOTED = "QUOTED"
    FUNDS_LOCKED = "FUNDS_LOCKED"
    SENT_ON_CHAIN = "SENT_ON_CHAIN"
    CONFIRMED = "CONFIRMED"
    FIAT_SETTLED = "FIAT_SETTLED"
    RECONCILED = "RECONCILED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"
    DROPPED = "DROPPED"
    REORGED = "REORGED"

    @property
    def words(self) -> str:
        """As people read it: funds locked."""
        return self.value.replace("_", " ").lower()

    @property
    def quoted(self) -> str:
        """As it stands in a sentence: “Funds locked”."""
        return f"“{self.words.capitalize()}”"


TERMINAL = frozenset({Status.RECONCILED, Status.FAILED, Status.CANCELLED, Status.EXPIRED})


class Route(StrEnum):
    ON_CHAIN_WITHDRAWAL = "on_chain_withdrawal"
    OFF_RAMP = "off_ramp"
    CHAIN_DEPOSIT = "chain_deposit"
    BANK_DEPOSIT = "bank_deposit"
    CARD_DEPOSIT = "card_deposit"
    INTERNAL_TRANSFER = "internal_transfer"
    CONVERSION = "conversion"
    TREASURY_MOVE = "treasury_move"
    CHAIN_SEND_BACK = "chain_send_back"
    BANK_SEND_BACK = "bank_send_back"
    CARD_REFUND = "card_refund"
    DEPOSIT_SWEEP = "deposit_sweep"


# Money that comes in: nobody here ordered it.
DEPOSITS = frozenset({Route.CHAIN_DEPOSIT, Route.BANK_DEPOSIT, Route.CARD_DEPOSIT})
# What arrived and is nobody's goes back to where it came from.
SEND_BACKS = frozenset({Route.CHAIN_SEND_BACK, Route.BANK_SEND_BACK})
# Tokens of ours from one address of ours to another: nobody is paid.
OWN_MOVES = frozenset({Route.TREASURY_MOVE, Route.DEPOSIT_SWEEP})
# A bank is ordered to pay on these, within its hours.
PAID_BY_BANK = frozenset({Route.OFF_RAMP, Route.BANK_SEND_BACK})
# Nothing leaves our books on these, so the books themselves are the proof.
IN_OUR_BOOKS = frozenset({Route.INTERNAL_TRANSFER, Route.CONVERSION})
# What comes out is another asset than what goes in, at a price.
CONVERTING = frozenset({Route.OFF_RAMP, Route.CONVERSION})


class RequestState(StrEnum):
    """What we know of the request we sent outside."""

    RECEIVED = "received"
    FORWARDED = "forwarded"
    TIMED_OUT = "timed_out"
    RESPONDED = "responded"


class MoneyState(StrEnum):
    """What happened to the money in our books."""

    NONE = "none"
    RESERVED = "reserved"
    POSTED = "posted"
    REVERSED = "reversed"
    EXCEPTION = "exception"


class EvidenceState(StrEnum):
    """What the outside proves."""

    JOURNALED = "journaled"
    MATCHED = "matched"
    DISPUTED = "disputed"
    REPAIRED = "repaired"


@dataclass(frozen=True, slots=True)
class Row:
    """One legal transition and the command that takes it, in the words of the diagram."""

    source: Status
    target: Status
    command: str
