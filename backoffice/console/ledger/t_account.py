"""The T: debits on the left, credits on the right, both sides added up."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class TLine:
    """`amount` in minor units. `count` says how many entries the line stands for when it is more than one."""

    title: str
    amount: int
    url: str = ""
    note: str = ""
    at: datetime | None = None
    count: int = 1
    is_carried: bool = False


@dataclass(frozen=True, slots=True)
class T:
    """`asset` is anything the money tag takes."""

    title: str
    asset: object
    debits: list[TLine] = field(default_factory=list)
    credits: list[TLine] = field(default_factory=list)

    @property
    def debit_total(self) -> int:
        return _sum(self.debits)

    @property
    def credit_total(self) -> int:
        return _sum(self.credits)


def _sum(lines: Sequence[TLine]) -> int:
    return sum(line.amount for line in lines)
