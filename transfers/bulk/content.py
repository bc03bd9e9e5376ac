"""What a file's lines come to: canonical lines, parts with their digests, totals, and the payload that approvers sign.

A line stands in its part with the id and reference of the transfer that it becomes, so the approval covers even those, and no
line can become two transfers. Amounts are minor units as decimal text.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from approvals import canonical

SCHEMA = "bulk.release/1"
# Lines that are booked in one call, and those that go their own way one by one, each proved against its part at every step.
BOOKED_TOGETHER, IN_FLIGHT = 2_000, 250


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedLine:
    """One line as it will be executed. `destination_id` is empty where no list is asked, `receiver` where no client receives."""

    number: int
    transfer_id: str
    reference: str
    route: str
    corridor: str
    source_asset: str
    target_asset: str
    amount: int
    max_fee: int
    min_target_amount: int
    destination_id: str
    destination: dict[str, str]
    receiver: str
    client_reference: str

    def to_json(self) -> dict[str, Any]:
        return {
            "line": self.number,
            "transfer_id": self.transfer_id,
            "reference": self.reference,
            "route": self.route,
            "corridor": self.corridor,
            "source_asset": self.source_asset,
            "target_asset": self.target_asset,
            "amount": str(self.amount),
            "max_fee": str(self.max_fee),
            "min_target_amount": str(self.min_target_amount),
            "destination_id": self.destination_id,
            "destination": self.destination,
            "receiver": self.receiver,
            "client_reference": self.client_reference,
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "PlannedLine":
        amounts = {name: int(stored[name]) for name in ("amount", "max_fee", "min_target_amount")}
        return cls(**{**{name: value for name, value in stored.items() if name != "line"}, **amounts, "number": stored["line"]})


@dataclass(frozen=True, slots=True)
class Part:
    """Lines of one corridor. `content` is what is stored, approved by its digest, and executed."""

    lines: tuple[PlannedLine, ...]
    content: bytes

    @property
    def corridor(self) -> str:
        return self.lines[0].corridor

    @property
    def asset(self) -> str:
        return self.lines[0].source_asset

    @property
    def amount(self) -> int:
        return sum(line.amount for line in self.lines)

    @property
    def fees(self) -> int:
        return sum(line.max_fee for line in self.lines)

    @property
    def digest(self) -> bytes:
        return canonical.digest_of(self.content)


def parts_of(lines: Sequence[PlannedLine], *, booked_together: Iterable[str]) -> list[Part]:
    """Lines by corridor, cut into parts; within a corridor they keep the order of the file. `booked_together` are routes."""
    together = set(booked_together)
    by_corridor: dict[str, list[PlannedLine]] = {}
    for line in lines:
        by_corridor.setdefault(line.corridor, []).append(line)
    found = []
    for _, own in sorted(by_corridor.items()):
        size = BOOKED_TOGETHER if own[0].route in together else IN_FLIGHT
        found += [_part(own[start : start + size]) for start in range(0, len(own), size)]
    return found


def _part(lines: Sequence[PlannedLine]) -> Part:
    return Part(tuple(lines), canonical.to_bytes({"lines": [line.to_json() for line in lines]}))


def lines_in(content: bytes | memoryview) -> list[PlannedLine]:
    return [PlannedLine.from_json(stored) for stored in json.loads(bytes(content))["lines"]]


def totals_of(lines: Iterable[PlannedLine]) -> list[dict[str, Any]]:
    """Per source asset, in order: how many lines, what they pay out and what they cost at most."""
    sums: dict[str, list[int]] = {}
    for line in lines:
        own = sums.setdefault(line.source_asset, [0, 0, 0])
        own[0], own[1], own[2] = own[0] + 1, own[1] + line.amount, own[2] + line.max_fee
    return [
        {"asset": asset, "lines": count, "amount": str(amount), "max_fees": str(fees)}
        for asset, (count, amount, fees) in sorted(sums.items())
    ]


def digest_of_order(lines: Iterable[PlannedLine]) -> bytes:
    """What the file orders, without the names we gave it: the same for the same order, however it was written."""
    digest = hashlib.sha256()
    for line in lines:
        ordered = [line.corridor, str(line.amount), line.destination, line.client_reference]
        digest.update(json.dumps(ordered, sort_keys=True, separators=(",", ":")).encode() + b"\n")
    return digest.digest()
