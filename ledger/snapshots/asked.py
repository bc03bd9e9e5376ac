"""What a snapshot is asked to say. Two equal questions have one answer for ever."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from ledger.queries.times import TimeBasis


class SnapshotKind(StrEnum):
    """`balances` of every account that has entries (or of one owner), the `trial_balance` per asset, one account's `statement`."""

    BALANCES = "balances"
    TRIAL_BALANCE = "trial_balance"
    STATEMENT = "statement"


_PARAMETERS = {
    SnapshotKind.BALANCES: (set(), {"owner"}),
    SnapshotKind.TRIAL_BALANCE: (set(), set()),
    SnapshotKind.STATEMENT: ({"account", "since"}, set()),
}


class BadQuestion(ValueError):
    """The parameters are not those of the kind, or the times contradict each other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """All that counts lies before `at` by `by`, and was booked before `known_at`: by booking time the two are one moment.

    `parameters`: `owner` (balances, optional); `account` and `since`, RFC 3339 (statement, whose end is `at`).
    """

    kind: SnapshotKind
    at: datetime
    by: TimeBasis
    known_at: datetime
    parameters: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.at.tzinfo is None or self.known_at.tzinfo is None:
            raise BadQuestion("the moments of a snapshot need a time zone")
        if self.by is TimeBasis.BOOKED and self.known_at != self.at:
            raise BadQuestion("by booking time, what is known at a moment is what was booked before it")
        needed, allowed = _PARAMETERS[self.kind]
        given = set(self.parameters)
        if not needed <= given <= needed | allowed or not all(isinstance(value, str) for value in self.parameters.values()):
            raise BadQuestion(f"a snapshot of kind {self.kind} takes {', '.join(sorted(needed | allowed)) or 'no parameters'}")
        if self.kind is SnapshotKind.STATEMENT and not self.since < self.at:
            raise BadQuestion("a statement begins before it ends")

    @property
    def since(self) -> datetime:
        """Where a statement begins. Raises BadQuestion."""
        try:
            since = datetime.fromisoformat(self.parameters["since"])
        except ValueError as error:
            raise BadQuestion(f"{self.parameters['since']!r} is not a time such as 2026-06-01T00:00:00Z") from error
        if since.tzinfo is None:
            raise BadQuestion("the beginning of a statement needs a time zone")
        return since
