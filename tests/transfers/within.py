"""What the house of `world` needs for moves within its own books: a second client, corridors, dollars, and a promotion."""

from datetime import timedelta
from typing import Any

from approvals.commands import add_destination, create_client, create_corridor, publish_policy_set
from approvals.models import Destination
from audit import clock
from ledger import chart
from ledger.chart import AccountKind
from ledger.commands import Line, Posting, open_account, post, register_asset
from ledger.proofs.running import prove
from tests.transfers.world import LONG_AGO, RULES, UNIT, USDC, World
from transfers.commands.conversion_terms import set_spread
from transfers.commands.promotions import create_promotion, fund_promotion
from transfers.conversion.postings import position
from transfers.models import Transfer
from transfers.queries.proved import proved_by_the_ledger

USD = "USD"
GLOBEX = {"type": "client_account", "client": "globex"}
OWN = {"type": "own_balance"}
FEE = UNIT // 4
GLOBEX_ACCOUNT = chart.client_account_code("globex", USDC)
CENTS = 100


def open_client(client_id: str, *assets: str) -> None:
    create_client(client_id=client_id, name=client_id.title())
    for asset in assets:
        _account(chart.client_account_code(client_id, asset), AccountKind.CLIENT_MONEY, asset, chart.client_owner(client_id))


def neighbours(*, cooling_off: timedelta = timedelta(0)) -> Destination:
    """Globex moves in, on acme's list of destinations, and there is a corridor between balances."""
    open_client("globex", USDC)
    _account(chart.fee_account_code("internal", USDC), AccountKind.FEE_INCOME, USDC)
    create_corridor(
        corridor_id="WITHIN-USDC",
        name="USDC between clients",
        route="internal_transfer",
        source_asset_id=USDC,
        target_asset_id=USDC,
        fee_minimum=FEE,
    )
    return add_destination(client_id="acme", kind="client_account", details=GLOBEX, label="Globex", cooling_off=cooling_off)


def exchange(*, sell_bps: int = 20, buy_bps: int = 30) -> None:
    """Acme may convert between USDC and dollars; it has none of these yet. The house has a million of its own."""
    register_asset(code=USD)
    allowed = {"code": "dollars", "title": "Dollars are converted alone", "criteria": {"asset": [USD]}, "outcome": "allow"}
    publish_policy_set(version=20, rules=(*RULES, {**allowed, "quorum": 0, "role": ""}))
    _account(chart.client_account_code("acme", USD), AccountKind.CLIENT_MONEY, USD, "client:acme")
    for source, target, bps in ((USDC, USD, sell_bps), (USD, USDC, buy_bps)):
        _account(position(source, target, source), AccountKind.POSITION, source)
        _account(chart.spread_account_code(source, target, target), AccountKind.SPREAD, target)
        _account(chart.rounding_account_code(target), AccountKind.ROUNDING, target)
        _account(chart.fee_account_code("conversion", source), AccountKind.FEE_INCOME, source)
        code = chart.house_account_code("funding", target)
        _account(code, AccountKind.HOUSE_FUNDING, target)
        name = f"{source.split('.')[0]}-{target.split('.')[0]}"
        create_corridor(
            corridor_id=name,
            name=name,
            route="conversion",
            source_asset_id=source,
            target_asset_id=target,
            fee_minimum=UNIT // 10 if source == USDC else 10,
            slippage_bps=50,
        )
        set_spread(corridor_id=name, spread_bps=bps)
    _account("expense:promotional:USD", AccountKind.PROMOTIONAL, USD)
    _account("nostro:nordbank-usd:USD", AccountKind.NOSTRO, USD)
    lines = (Line.debit("nostro:nordbank-usd:USD", 10**8), Line.credit("house:funding:USD", 10**8))
    post(Posting(reference="opening/usd", kind="opening_balance", value_at=LONG_AGO, lines=lines))


def _account(code: str, kind: AccountKind, asset: str, owner: str = "") -> None:
    open_account(code=code, name=code, kind=kind, asset_id=asset, owner=owner)


def promote(*, budget: int, bps: int = 50) -> None:
    """Cashback on what acme sells, out of `budget` cents of the house."""
    now = clock.now()
    create_promotion(
        code="SPRING",
        title="Spring",
        corridor_id="USDC-USD",
        asset_id=USD,
        bps=bps,
        starts_at=now - timedelta(days=1),
        ends_at=now + timedelta(days=1),
    )
    fund_promotion(code="SPRING", amount=budget, reference="first")


def pay(world: World, amount: str = "100.00", **changes: Any) -> Transfer:
    return world.order(amount, destination=GLOBEX, **changes)


def convert(world: World, amount: str = "900.00", **changes: Any) -> Transfer:
    return world.order(amount, target_currency=USD, destination=OWN, **changes)


def broken_proofs() -> list[str]:
    """What the proofs of the books find, all of them, from the first entry on; empty in true books."""
    return [f"{result.proof.name}: {finding}" for result in prove(thorough=True) for finding in result.findings]


def evidence_of(transfer: Transfer) -> dict[str, Any] | None:
    return dict(proved_by_the_ledger(100)).get(transfer.id)
