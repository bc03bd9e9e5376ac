"""Assets, accounts, wallets and nostros, opened with what the sandbox chain and bank really hold, by postings like any other."""

from datetime import UTC, datetime

from backoffice.sandbox.bank.config import DEFAULT_CONFIG, BankConfig, read_config
from backoffice.sandbox.demo import company
from backoffice.sandbox.demo.chain import SandboxChain
from backoffice.sandbox.demo.control import minor
from ledger import chart
from ledger.chart import AccountKind
from ledger.commands import Line, Posting, open_account, post, register_asset
from ledger.queries import unit
from reconciliation.models import Source
from transfers.commands.calendars import set_calendar
from transfers.models import BankAccount, Wallet

_FIAT = ("USD", "MXN", "EUR")
# Fixed, so that a second start finds the content it posted the first time.
OPENED_AT = datetime(2026, 1, 1, tzinfo=UTC)


def seed_assets(token_address: str) -> None:
    """The currencies and tokens of the demo."""
    for code in _FIAT:
        register_asset(code=code)
    register_asset(code="USDC", name="USD Coin", network=company.NETWORK, contract=token_address, exponent=6)
    register_asset(code="ETH", name="Ether", network=company.NETWORK, exponent=18)


def seed_house_accounts() -> None:
    """What the house needs to book withdrawals and conversions."""
    usdc, eth = company.USDC, company.ETH
    _open(chart.fee_account_code("withdrawal", usdc), "Withdrawal fee income, USDC", AccountKind.FEE_INCOME, usdc)
    _open(chart.expense_account_code("network-fee", eth), "Network fee expense, ETH", AccountKind.NETWORK_FEE_EXPENSE, eth)
    for asset in (usdc, eth, *(nostro.currency for nostro in company.NOSTROS)):
        _open(chart.house_account_code("funding", asset), f"House funding, {unit(asset).code}", AccountKind.HOUSE_FUNDING, asset)
    for nostro in company.NOSTROS:
        for asset in (usdc, nostro.currency):
            code = chart.position_account_code(usdc, nostro.currency, asset)
            _open(code, f"Position USDC to {nostro.currency}, {unit(asset).code} side", AccountKind.POSITION, asset)
        _open(
            chart.payable_account_code("payouts", nostro.currency),
            f"Payouts payable, {nostro.currency}",
            AccountKind.PAYABLE,
            nostro.currency,
        )


def seed_client_account(client: company.DemoClient) -> None:
    owner = chart.client_owner(client.id)
    _open(
        chart.client_account_code(client.id, company.USDC),
        f"{client.name}, client money, USDC",
        AccountKind.CLIENT_MONEY,
        company.USDC,
        owner,
    )


def seed_wallet(chain: SandboxChain, *, code: str, name: str, purpose: Wallet.Purpose, address: str, chain_id: int) -> None:
    """Make the wallet, fund the hot one on chain and book what it holds; its history counts from the block after."""
    token_account = chart.wallet_account_code(code, company.USDC)
    gas_account = chart.gas_account_code(code, company.ETH)
    hot = purpose == Wallet.Purpose.HOT
    _open(token_account, f"{name}, USDC", AccountKind.WALLET, company.USDC)
    if hot:
        _open(gas_account, f"{name}, gas inventory", AccountKind.GAS_INVENTORY, company.ETH)
    Wallet.objects.get_or_create(
        code=code,
        defaults={
            "name": name,
            "network": company.NETWORK,
            "chain_id": chain_id,
            "address": address,
            "purpose": purpose,
            "token_account_code": token_account,
            "gas_account_code": gas_account if hot else "",
        },
    )
    if Source.objects.filter(code=f"chain-{code}").exists():
        return
    start = chain.next_block()
    if hot:
        start = chain.fund(reference=f"opening/{code}", address=address, wei=_gas(), token=_tokens())
        _book_hot_wallet(token_account, gas_account)
    Source.objects.create(
        code=f"chain-{code}",
        name=f"{name} on Ethereum",
        kind=Source.Kind.CHAIN,
        account_identification=address,
        account_code=token_account,
        network=company.NETWORK,
        start_block=start,
    )


def _tokens() -> int:
    return sum(minor(client.funds, company.USDC) for client in company.CLIENTS) + minor(company.HOUSE_USDC, company.USDC)


def _gas() -> int:
    return minor(company.GAS_ETH, company.ETH)


def _book_hot_wallet(token_account: str, gas_account: str) -> None:
    owed = tuple(
        Line.credit(chart.client_account_code(client.id, company.USDC), minor(client.funds, company.USDC))
        for client in company.CLIENTS
    )
    house = Line.credit(chart.house_account_code("funding", company.USDC), minor(company.HOUSE_USDC, company.USDC))
    _opening(f"opening/{token_account}", Line.debit(token_account, _tokens()), *owed, house)
    _opening(
        f"opening/{gas_account}",
        Line.debit(gas_account, _gas()),
        Line.credit(chart.house_account_code("funding", company.ETH), _gas()),
    )


def seed_calendars() -> None:
    """The days and hours of the banks that we pay over."""
    for calendar in company.CALENDARS:
        set_calendar(calendar, valid_from=OPENED_AT)


def seed_nostro(nostro: company.DemoNostro, provider: str) -> None:
    """The bank account with the IBAN and opening balance that the sandbox bank has for its currency."""
    bank: BankConfig = read_config(DEFAULT_CONFIG)
    theirs = next(account for account in bank.accounts if account.currency == nostro.currency)
    code = chart.nostro_account_code(nostro.code, nostro.currency)
    _open(code, nostro.name, AccountKind.NOSTRO, nostro.currency)
    _opening(
        f"opening/{code}",
        Line.debit(code, theirs.opening_balance),
        Line.credit(chart.house_account_code("funding", nostro.currency), theirs.opening_balance),
    )
    BankAccount.objects.get_or_create(
        code=nostro.code,
        defaults={
            "name": nostro.name,
            "provider": provider,
            "iban": theirs.iban,
            "bic": bank.bic,
            "holder": theirs.holder,
            "asset_id": nostro.currency,
            "account_code": code,
            "calendar_code": nostro.calendar,
            "gather_s": nostro.gather_s,
        },
    )
    Source.objects.get_or_create(
        code=nostro.code,
        defaults={
            "name": f"{nostro.name}, statements",
            "kind": Source.Kind.BANK_STATEMENT,
            "account_identification": theirs.iban,
            "account_code": code,
        },
    )


def _open(code: str, name: str, kind: AccountKind, asset_id: str, owner: str = "") -> None:
    open_account(code=code, name=name, kind=kind, asset_id=asset_id, owner=owner)


def _opening(reference: str, *lines: Line) -> None:
    """Book an opening balance once."""
    post(Posting(reference=reference, kind="opening_balance", value_at=OPENED_AT, lines=lines, description="Opening balance"))
