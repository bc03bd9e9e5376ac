"""The whole of it at one moment: each place with our books beside the outside, what explains the difference, and sums per asset."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from audit import clock
from ledger import queries as ledger
from ledger.money import AssetUnit
from ledger.queries.client_money import client_money
from ledger.queries.reading import one_snapshot
from reconciliation.models import BalanceReading, Break
from reconciliation.positions.explained import Explanation, explanations
from reconciliation.positions.freshness import is_stale
from reconciliation.positions.places import Place, PlaceKind, places
from reconciliation.queries import OPEN
from transfers.models import BankAccount
from transfers.queries.in_flight import NOTHING, InFlight, in_flight

_LATEST = """
    SELECT latest.* FROM unnest(%s::text[]) AS wanted(code) CROSS JOIN LATERAL (
        SELECT * FROM reconciliation_balancereading WHERE account_code = wanted.code ORDER BY id DESC LIMIT 1) AS latest
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """`ledger` is what our books say, `reading` what the outside said last; amounts in minor units of the place's asset."""

    place: Place
    ledger: int
    reading: BalanceReading | None
    stale: bool
    explanations: Sequence[Explanation]
    in_flight: InFlight
    open_breaks: int

    @property
    def is_reported(self) -> bool:
        """Whether anybody outside keeps this account: a pool is only in our books."""
        return self.place.kind is not PlaceKind.POOL or self.reading is not None

    @property
    def is_known(self) -> bool:
        return self.reading is not None and not self.stale

    @property
    def external(self) -> int | None:
        return self.reading.amount if self.reading is not None else None

    @property
    def difference(self) -> int | None:
        """By so much the outside is above our books."""
        return None if self.external is None else self.external - self.ledger

    @property
    def explained(self) -> int:
        return sum(one.amount for one in self.explanations)

    @property
    def unexplained(self) -> int | None:
        return None if self.difference is None else self.difference - self.explained


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetTotal:
    """Sums over the places of one asset. `external` is None as long as any place of it is unknown. `owed` to clients, `own` what
    the house holds beyond that."""

    asset: AssetUnit
    ledger: int
    external: int | None
    unexplained: int | None
    unknown: int
    owed: int
    own: int | None


@dataclass(frozen=True, slots=True)
class Overview:
    at: datetime
    positions: list[Position]
    totals: list[AssetTotal]


def overview() -> Overview:
    """From one snapshot, so that a booking in between never looks like a difference."""
    with one_snapshot(timeout_s=10):
        found = _positions(places())
        owed = {one.asset.id: (one.owed, one.surplus) for one in client_money()}
    return Overview(clock.now(), found, _totals(found, owed))


def _positions(known: list[Place]) -> list[Position]:
    codes = [place.account_code for place in known]
    balances, flying = ledger.balances_by_code(codes), in_flight(codes)
    readings = {reading.account_code: reading for reading in BalanceReading.objects.raw(_LATEST, [codes])}
    banks = {bank.account_code: bank for bank in BankAccount.objects.all()}
    reasons = explanations(known, readings)
    broken = _open_breaks()
    return [
        Position(
            place=place,
            ledger=balances[place.account_code].posted,
            reading=(reading := readings.get(place.account_code)),
            stale=reading is not None and is_stale(reading, banks),
            explanations=reasons.get(place.account_code, ()),
            in_flight=flying.get(place.account_code, NOTHING),
            open_breaks=broken.get(place.account_code, 0) if place.kind is not PlaceKind.GAS else 0,
        )
        for place in known
    ]


def _open_breaks() -> dict[str, int]:
    """How many are open, by the ledger account that they are about."""
    codes = list(Break.objects.filter(status__in=OPEN).values_list("source__account_code", flat=True))
    return {code: codes.count(code) for code in set(codes)}


def _totals(found: list[Position], owed: dict[str, tuple[int, int]]) -> list[AssetTotal]:
    assets = {position.place.asset.id: position.place.asset for position in found}
    return [_total(asset, [one for one in found if one.place.asset.id == code], owed.get(code)) for code, asset in assets.items()]


def _total(asset: AssetUnit, found: list[Position], owed: tuple[int, int] | None) -> AssetTotal:
    reported = [one for one in found if one.is_reported]
    unknown = sum(not one.is_known for one in reported)
    return AssetTotal(
        asset=asset,
        ledger=sum(one.ledger for one in found),
        external=None if unknown else sum(one.external or 0 for one in reported),
        unexplained=None if unknown else sum(abs(one.unexplained or 0) for one in reported),
        unknown=unknown,
        owed=owed[0] if owed else 0,
        own=owed[1] if owed else None,
    )
