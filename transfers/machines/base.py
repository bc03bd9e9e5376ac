"""What one route brings: the versions of its machine, its good day, its words for the client and how long each state may last."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from transfers.states import Row, Status

S = Status


@dataclass(frozen=True, slots=True)
class Threshold:
    """`overdue` is when an alert opens. `waits_for` says, in words, what the transfer normally waits for in this state."""

    overdue: timedelta
    waits_for: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteMachine:
    """`versions` are never edited once released: a change is a new version, and transfers in flight keep the one they started with.
    New transfers start with the highest. `milestones` is the way a good day goes, as the progress bar shows it. `settled` is the
    state from which independent evidence makes a transfer RECONCILED."""

    versions: Mapping[int, tuple[Row, ...]]
    milestones: tuple[Status, ...]
    settled: Status
    texts: Mapping[Status, str] = field(default_factory=dict)
    thresholds: Mapping[Status, Threshold] = field(default_factory=dict)

    @property
    def current(self) -> int:
        return max(self.versions)


# From the order to the network, as both withdrawal routes begin in version 1.
TO_CHAIN_1 = (
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
# Version 2: what the network forgets is sent again, what it takes back is told as such, and a payment can be recalled.
TO_CHAIN_2 = (
    *TO_CHAIN_1[:-1],
    Row(S.SENT_ON_CHAIN, S.FAILED, "reverted on chain"),
    Row(S.SENT_ON_CHAIN, S.CANCELLED, "recall is final"),
    Row(S.SENT_ON_CHAIN, S.DROPPED, "every node forgot it"),
    Row(S.DROPPED, S.SENT_ON_CHAIN, "send the same bytes again"),
    Row(S.CONFIRMED, S.REORGED, "its block is gone"),
    Row(S.REORGED, S.SENT_ON_CHAIN, "send the same bytes again"),
)
TO_CHAIN_THRESHOLDS: dict[Status, Threshold] = {
    S.CREATED: Threshold(timedelta(minutes=5), "its quote"),
    S.QUOTED: Threshold(timedelta(minutes=5), "wallet inventory and gas"),
    S.FUNDS_LOCKED: Threshold(timedelta(hours=1), "signature and broadcast"),
    S.SENT_ON_CHAIN: Threshold(timedelta(minutes=10), "confirmations on chain"),
    S.DROPPED: Threshold(timedelta(minutes=5), "a node to take it again"),
    S.REORGED: Threshold(timedelta(minutes=5), "a node to take it again"),
}
