"""Money that is promised or on its way, by the ledger account that it leaves or reaches: legs whose money is not booked yet."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Q, Sum

from audit import clock
from transfers.models import Arrival, Leg, TreasuryMove, Wallet, WalletReservation
from transfers.states import MoneyState, RequestState, Route, Status

# Drawn up or committed outside, and not in our books yet.
UNBOOKED = (MoneyState.RESERVED, MoneyState.EXCEPTION)


@dataclass(frozen=True, slots=True)
class InFlight:
    """Of one account, in minor units: `reserved` is promised and can still be called off, `sent` is committed outside, `coming` is
    on its way to us. `later` is the part of what leaves whose value date lies ahead. `payments` counts what leaves or comes."""

    reserved: int = 0
    sent: int = 0
    coming: int = 0
    later: int = 0
    payments: int = 0

    @property
    def leaving(self) -> int:
        return self.reserved + self.sent


NOTHING = InFlight()


def in_flight(codes: Collection[str]) -> dict[str, InFlight]:
    """For those of the accounts that have anything in flight; a fixed number of queries."""
    sums: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for code, parts in (*_leaving(codes), *_coming(codes), *_approved_moves(codes), *_arriving(codes), *_gas(codes)):
        for name, amount in parts.items():
            sums[code][name] += amount
    return {code: InFlight(**parts) for code, parts in sums.items()}


def _leaving(codes: Collection[str]) -> list[tuple[str, dict[str, int]]]:
    unsent = Q(request_state=RequestState.RECEIVED)
    rows = (
        Leg.objects.filter(account_code__in=codes, money_state__in=UNBOOKED, direction=Leg.Direction.OUT)
        .values("account_code")
        .annotate(
            reserved=Sum("amount", filter=unsent),
            sent=Sum("amount", filter=~unsent),
            later=Sum("amount", filter=Q(value_date__gt=clock.now().date())),
            payments=Count("id"),
        )
    )
    return [(row["account_code"], _amounts(row)) for row in rows.order_by()]


def _coming(codes: Collection[str]) -> list[tuple[str, dict[str, int]]]:
    """Between two accounts of ours: what leaves one and is committed comes to the other."""
    rows = (
        Leg.objects.filter(counterparty__account_code__in=list(codes), money_state__in=UNBOOKED, direction=Leg.Direction.OUT)
        .exclude(~Q(transfer__route=Route.TREASURY_MOVE), request_state=RequestState.RECEIVED)
        .values(code=F("counterparty__account_code"))
        .annotate(coming=Sum("amount"), payments=Count("id"))
    )
    return [(str(row["code"]), _amounts(row)) for row in rows.order_by()]


def _approved_moves(codes: Collection[str]) -> list[tuple[str, dict[str, int]]]:
    """Moves of our own money that people have approved and that have no leg yet: they count as soon as they are approved."""
    waiting = TreasuryMove.objects.filter(transfer__status=Status.CREATED)
    found: list[tuple[str, dict[str, int]]] = []
    for source, target, amount in waiting.values_list(
        "source__token_account_code", "target__token_account_code", "transfer__source_amount"
    ):
        found += [(source, {"reserved": amount, "payments": 1}), (target, {"coming": amount, "payments": 1})]
    return [(code, parts) for code, parts in found if code in codes]


def _arriving(codes: Collection[str]) -> list[tuple[str, dict[str, int]]]:
    """Money of others that is on its way into our books."""
    seen = Arrival.objects.filter(account_code__in=codes, status=Arrival.Status.SEEN).values("account_code")
    rows = seen.annotate(coming=Sum("amount"), payments=Count("id"))
    return [(row["account_code"], _amounts(row)) for row in rows.order_by()]


def _gas(codes: Collection[str]) -> list[tuple[str, dict[str, int]]]:
    """At most what their transactions may cost."""
    accounts = dict(Wallet.objects.filter(gas_account_code__in=codes).values_list("code", "gas_account_code"))
    rows = (
        WalletReservation.objects.filter(wallet_id__in=accounts, ended_at=None)
        .values("wallet_id")
        .annotate(reserved=Sum("gas_amount"), payments=Count("id"))
    )
    return [(accounts[row["wallet_id"]], _amounts(row)) for row in rows.order_by()]


def _amounts(row: Mapping[str, Any]) -> dict[str, int]:
    """The columns that are fields of InFlight; a sum of nothing is zero."""
    return {name: int(row[name] or 0) for name in InFlight.__dataclass_fields__ if name in row}
