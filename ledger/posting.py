"""What a caller asks the ledger to book: lines and hold operations, checked as far as can be without the books. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from ledger.errors import BadPosting, LedgerError, Unbalanced
from ledger.money import MAX_DIGITS, whole


def _positive(amount: int, what: str) -> int:
    if not 0 < whole(amount) < 10**MAX_DIGITS:
        raise BadPosting(f"{what} must be positive and have at most {MAX_DIGITS} digits, not {amount}")
    return amount


def _aware(moment: datetime | None, what: str) -> None:
    if moment is not None and moment.tzinfo is None:
        raise BadPosting(f"{what} needs a time zone")


@dataclass(frozen=True, slots=True)
class Line:
    """One debit or one credit, in minor units of the account's asset."""

    account_code: str
    debit_minor: int = 0
    credit_minor: int = 0

    def __post_init__(self) -> None:
        if (whole(self.debit_minor) == 0) == (whole(self.credit_minor) == 0):
            raise BadPosting("a line is a debit or a credit, not both and not neither")
        _positive(self.debit_minor or self.credit_minor, "the amount of a line")

    @classmethod
    def debit(cls, account_code: str, amount_minor: int) -> "Line":
        return cls(account_code, debit_minor=_positive(amount_minor, "a debit"))

    @classmethod
    def credit(cls, account_code: str, amount_minor: int) -> "Line":
        return cls(account_code, credit_minor=_positive(amount_minor, "a credit"))


@dataclass(frozen=True, slots=True)
class PlaceHold:
    """Set `amount` of a guarded account aside. Repeating it is a no-op for ever, even after the hold ended. `transaction_id` is
    given where holds of several business transactions are placed in one call."""

    reference: str
    account_code: str
    amount: int
    expires_at: datetime | None = None
    transaction_id: UUID | None = None

    def __post_init__(self) -> None:
        _positive(self.amount, "a hold")
        _aware(self.expires_at, "the end of a hold")


@dataclass(frozen=True, slots=True)
class SettleHold:
    """End a hold because its money moves in this very posting: exactly, less (the rest is free again) or more (the rest must be
    available). `amount` is what the posting takes on the hold's account; only possible inside a posting."""

    reference: str
    amount: int

    def __post_init__(self) -> None:
        _positive(self.amount, "a settlement")


@dataclass(frozen=True, slots=True)
class ReleaseHold:
    """End a hold because its money is not needed. Repeating it is a no-op."""

    reference: str


@dataclass(frozen=True, slots=True)
class ExpireHold:
    """End a hold because its time ran out. Repeating it is a no-op."""

    reference: str


HoldOp = PlaceHold | SettleHold | ReleaseHold | ExpireHold


@dataclass(frozen=True, slots=True)
class Posting:
    """A balanced set of lines, booked whole or not at all.

    `reference` is deterministic: the same business fact always makes the same one, with the same content. `transaction_id` is the
    business transaction it belongs to. `value_at` is when it counts, `settled_at` when the outside confirmed it. `reverses` is the
    reference of the posting that this one mirrors, `adjusts` of one that it corrects otherwise. `forced_kind` (see
    ledger.chart.ForcedKind) lets it pass below floors.
    `dimensions` say, in words of the caller's, what revenue and expense are reported by: client, corridor.
    """

    reference: str
    kind: str
    value_at: datetime
    lines: tuple[Line, ...]
    holds: tuple[HoldOp, ...] = ()
    description: str = ""
    transaction_id: UUID | None = None
    settled_at: datetime | None = None
    reverses: str | None = None
    adjusts: str | None = None
    forced_kind: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)
    dimensions: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.reference or not self.kind:
            raise BadPosting("a posting has a reference and a kind")
        _aware(self.value_at, "the value time")
        _aware(self.settled_at, "the settlement time")
        if len(self.lines) < 2:
            raise Unbalanced("a posting has at least two lines")
        if "dimensions" in self.metadata or not all(name and isinstance(value, str) for name, value in self.dimensions.items()):
            raise BadPosting("dimensions are given by name and as text, not within the metadata")
        if self.reverses and self.adjusts:
            raise BadPosting("a posting reverses another or adjusts it, not both")

    @property
    def kept_metadata(self) -> dict[str, Any]:
        """What the book keeps: the metadata, with the dimensions in their own place."""
        return self.metadata | {"dimensions": dict(self.dimensions)} if self.dimensions else self.metadata


@dataclass(frozen=True, slots=True)
class Posted:
    """`replayed` is True when the same posting was booked before and nothing changed now."""

    id: UUID
    replayed: bool


@dataclass(frozen=True, slots=True)
class Batch:
    """Any number of postings, booked in one call and in their order: all or nothing, or with `one_by_one` each for itself.

    `holds` belong to the batch as a whole and come before its postings; they are left alone when every posting was booked before.
    With `one_by_one` nobody can say beforehand what the postings will take, so a hold is released there, not settled.
    """

    postings: tuple[Posting, ...]
    holds: tuple[HoldOp, ...] = ()
    one_by_one: bool = False

    def __post_init__(self) -> None:
        if not self.postings:
            raise BadPosting("a batch has at least one posting")
        for posting in self.postings:
            if posting.holds or posting.reverses or posting.adjusts:
                raise BadPosting(f"{posting.reference}: holds belong to the batch, and corrections are booked one by one")
        if self.one_by_one and any(isinstance(operation, SettleHold) for operation in self.holds):
            raise BadPosting("what a batch takes is not known before when it goes posting by posting: release its hold instead")


@dataclass(frozen=True, slots=True)
class BatchLine:
    """What became of one posting of a batch: booked now, booked before (`replayed`), or refused with the error that says why."""

    reference: str
    id: UUID | None
    replayed: bool = False
    error: LedgerError | None = None
