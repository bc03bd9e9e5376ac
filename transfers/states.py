"""The state machine as data: which states exist, and which rows each route's machine has, per version.

One table, read by everybody: the commands consult `may`, a migration copies the rows into the database where a trigger enforces
them, the diagrams are drawn from it, and a test walks every pair. Versions are never edited once released; a change is a new
version, and transfers in flight keep the one they started with.
"""

from dataclasses import dataclass
from enum import StrEnum


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


TERMINAL = frozenset({Status.RECONCILED, Status.FAILED, Status.CANCELLED, Status.EXPIRED})


class Route(StrEnum):
    ON_CHAIN_WITHDRAWAL = "on_chain_withdrawal"
    OFF_RAMP = "off_ramp"


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


S = Status
_TO_CHAIN = (
    Row(S.CREATED, S.QUOTED, "quote"),
    Row(S.CREATED, S.CANCELLED, "cancel or reject"),
    Row(S.CREATED, S.EXPIRED, "approval lapses"),
    Row(S.QUOTED, S.FUNDS_LOCKED, "lock funds"),
    Row(S.QUOTED, S.CREATED, "quote out of bounds"),
    Row(S.QUOTED, S.CANCELLED, "cancel"),
    Row(S.QUOTED, S.EXPIRED, "bounds lapse"),
    Row(S.FUNDS_LOCKED, S.SENT_ON_CHAIN, "send"),
    Row(S.FUNDS_LOCKED, S.CANCELLED, "cancel before the intent"),
    Row(S.FUNDS_LOCKED, S.FAILED, "refused for good before sending"),
    Row(S.SENT_ON_CHAIN, S.CONFIRMED, "confirm"),
    Row(S.SENT_ON_CHAIN, S.FAILED, "reverted on chain"),
)

MACHINES: dict[tuple[Route, int], tuple[Row, ...]] = {
    (Route.ON_CHAIN_WITHDRAWAL, 1): (*_TO_CHAIN, Row(S.CONFIRMED, S.RECONCILED, "reconcile")),
    (Route.OFF_RAMP, 1): (
        *_TO_CHAIN,
        Row(S.CONFIRMED, S.FIAT_SETTLED, "bank settles"),
        Row(S.CONFIRMED, S.FAILED, "bank rejects"),
        Row(S.FIAT_SETTLED, S.RECONCILED, "reconcile"),
    ),
}
CURRENT_VERSION: dict[Route, int] = {Route.ON_CHAIN_WITHDRAWAL: 1, Route.OFF_RAMP: 1}

# The way a good day goes: what the progress bar of a transfer shows.
MILESTONES: dict[Route, tuple[Status, ...]] = {
    Route.ON_CHAIN_WITHDRAWAL: (S.CREATED, S.QUOTED, S.FUNDS_LOCKED, S.SENT_ON_CHAIN, S.CONFIRMED, S.RECONCILED),
    Route.OFF_RAMP: (S.CREATED, S.QUOTED, S.FUNDS_LOCKED, S.SENT_ON_CHAIN, S.CONFIRMED, S.FIAT_SETTLED, S.RECONCILED),
}


def may(route: Route, version: int, source: Status, target: Status) -> bool:
    """Whether this machine has a row from `source` to `target`."""
    return any(row.source == source and row.target == target for row in MACHINES[route, version])
