"""Accounts for what stays in our own books: dollars of the clients, and what a conversion passes and leaves behind."""

from datetime import timedelta

from audit import clock
from backoffice.sandbox.demo import company
from backoffice.sandbox.demo.control import minor
from ledger import chart
from ledger.chart import AccountKind
from ledger.commands import open_account
from ledger.queries import unit
from transfers.commands.promotions import create_promotion, fund_promotion
from transfers.conversion.postings import position

USD = "USD"


def seed_house_accounts() -> None:
    """Positions, spread, rounding and fees of every conversion, the fee between clients, and what promotions cost."""
    _open(chart.fee_account_code("internal", company.USDC), "Fees between clients, USDC", AccountKind.FEE_INCOME, company.USDC)
    for corridor in company.WITHIN:
        if corridor.route == "conversion":
            _conversion(corridor.source_asset, corridor.target_asset)
    _open(chart.expense_account_code("promotional", USD), "Cashback paid, USD", AccountKind.PROMOTIONAL, USD)


def _conversion(source: str, target: str) -> None:
    pair = f"{unit(source).code} to {unit(target).code}"
    for asset in (source, target):
        _open(position(source, target, asset), f"Position USDC to USD, {unit(asset).code} side", AccountKind.POSITION, asset)
    _open(chart.fee_account_code("conversion", source), f"Conversion fees, {unit(source).code}", AccountKind.FEE_INCOME, source)
    _open(chart.spread_account_code(source, target, target), f"Spread of {pair}", AccountKind.SPREAD, target)
    _open(chart.rounding_account_code(target), f"Rounding, {unit(target).code}", AccountKind.ROUNDING, target)


def seed_client_account(client: company.DemoClient) -> None:
    code = chart.client_account_code(client.id, USD)
    _open(code, f"{client.name}, client money, USD", AccountKind.CLIENT_MONEY, USD, chart.client_owner(client.id))


def seed_promotion() -> None:
    """Once: a promise of cashback with house money set aside for it, for as long as a quarter."""
    now = clock.now()
    create_promotion(
        code="dollars-back",
        title="Dollars back on conversions",
        corridor_id="USDC-USD",
        asset_id=USD,
        bps=5,
        starts_at=now,
        ends_at=now + timedelta(days=90),
    )
    fund_promotion(code="dollars-back", amount=minor("5000", USD), reference="demo")


def _open(code: str, name: str, kind: AccountKind, asset_id: str, owner: str = "") -> None:
    open_account(code=code, name=name, kind=kind, asset_id=asset_id, owner=owner)
