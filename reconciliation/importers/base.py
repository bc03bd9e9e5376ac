"""What every format is read into: files of statements of lines, amounts exact and as written.

A reader either understands a whole file or refuses it whole. What is well-formed but does not add up is kept and said,
not repaired.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from reconciliation.errors import Refused
from reconciliation.importers import exact

__all__ = ["CREDIT", "DEBIT", "Balance", "Flag", "ParsedFile", "ParsedLine", "ParsedStatement", "Refused", "SchemaCheck"]

CREDIT, DEBIT = "credit", "debit"
# A bank that states no status in a statement of booked entries says that they are booked.
_BOOKED = frozenset({"BOOK", ""})


@dataclass(frozen=True, slots=True)
class Flag:
    """Something odd that did not stop the file from being read. `line` is the line of the file."""

    line: int
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Balance:
    """Signed, major units: negative is overdrawn."""

    amount: Decimal
    currency: str
    day: date | None = None


@dataclass(frozen=True, slots=True)
class ParsedLine:
    """One entry, or one part of a collective entry. `amount` is positive, in major units; `direction` as the account sees it."""

    line: int
    amount: Decimal
    currency: str
    direction: str
    status: str
    booked_at: datetime
    value_date: date | None = None
    reversal: bool = False
    references: Mapping[str, str] = field(default_factory=dict)
    counterparty: str = ""
    text: str = ""
    parts: tuple["ParsedLine", ...] = ()
    flags: tuple[Flag, ...] = ()

    @property
    def booked(self) -> bool:
        return self.status in _BOOKED

    @property
    def signed(self) -> Decimal:
        return self.amount if self.direction == CREDIT else exact.negated(self.amount)

    def movements(self) -> tuple["ParsedLine", ...]:
        """What to match: the parts of a collective entry when they make it up exactly, otherwise the entry itself."""
        same_currency = all(part.currency == self.currency for part in self.parts)
        if self.parts and same_currency and exact.total(part.signed for part in self.parts) == self.signed:
            return self.parts
        return (self,)


@dataclass(frozen=True, slots=True)
class ParsedStatement:
    identification: str
    account: str
    currency: str
    line: int
    opening: Balance | None
    closing: Balance | None
    lines: tuple[ParsedLine, ...]
    from_date: date | None = None
    to_date: date | None = None
    flags: tuple[Flag, ...] = ()

    @property
    def booked_lines(self) -> Iterator[ParsedLine]:
        return (line for line in self.lines if line.booked)

    @property
    def balances_add_up(self) -> bool | None:
        """Whether opening and booked entries give the closing balance; None when that cannot be asked (a balance is missing, or
        the currencies differ)."""
        if self.opening is None or self.closing is None:
            return None
        currencies = {self.opening.currency, self.closing.currency, *(line.currency for line in self.booked_lines)}
        if len(currencies) > 1:
            return None
        return self.expected_closing == self.closing.amount

    @property
    def expected_closing(self) -> Decimal:
        """What the closing balance should be. Ask only where `balances_add_up` is not None."""
        opening = self.opening.amount if self.opening is not None else Decimal(0)
        return exact.total([opening, *(line.signed for line in self.booked_lines)])


@dataclass(frozen=True, slots=True)
class SchemaCheck:
    """How a file compares with the published schema of its message. `compared_with` is empty when there is none for it here.
    A deviation never stops a file that can be read: the bank is told, the statement counts."""

    compared_with: str = ""
    deviations: tuple[tuple[int, str, str], ...] = ()
    more: bool = False


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """`message` names the format as the outermost element declares it; `not_evidence` says why its entries prove nothing, if so."""

    message: str
    statements: tuple[ParsedStatement, ...]
    not_evidence: str = ""
    schema: SchemaCheck = SchemaCheck()
