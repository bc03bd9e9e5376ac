"""The treasury of the demo: wallets that only receive, and the levels that were agreed at the start."""

from django.conf import settings
from django.db import transaction
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from backoffice.sandbox.demo import books, company
from backoffice.sandbox.demo.chain import SandboxChain
from backoffice.sandbox.demo.control import minor
from ledger import chart
from ledger.queries import balance
from transfers.commands.levels import put_level
from transfers.models import BankAccount, LiquidityLevel, Wallet

_OWN = (
    ("cold-1", "Cold storage (in the sandbox nobody holds its key)", Wallet.Purpose.COLD),
    ("house-1", "House wallet (in the sandbox nobody holds its key)", Wallet.Purpose.HOUSE),
)
# Of USDC and ETH, in major units: minimum, target, maximum.
_WALLET_LEVELS = {
    chart.wallet_account_code(company.HOT_WALLET, company.USDC): (company.USDC, "2000000", "15000000", "30000000"),
    chart.wallet_account_code(company.SETTLEMENT_WALLET, company.USDC): (company.USDC, "0", "500000", "5000000"),
    chart.gas_account_code(company.HOT_WALLET, company.ETH): (company.ETH, "5", "100", "500"),
}


def seed_own_wallets(chain: SandboxChain) -> None:
    """Their addresses are made from their names, so that no key of them was ever made."""
    for code, name, purpose in _OWN:
        address = to_checksum_address(keccak(text=f"countersign sandbox/{code}")[-20:])
        books.seed_wallet(chain, code=code, name=name, purpose=purpose, address=address, chain_id=settings.CHAIN_ID)


@transaction.atomic
def seed_levels() -> None:
    """Once: what people have changed since stays as it is. A nostro keeps a tenth of what it was opened with."""
    for code, (asset, *amounts) in _WALLET_LEVELS.items():
        _put(code, asset, LiquidityLevel.Funding.PRE_FUNDED, *(minor(amount, asset) for amount in amounts))
    for bank in BankAccount.objects.order_by("code"):
        held = balance(bank.account_code).posted
        _put(bank.account_code, bank.asset_id, LiquidityLevel.Funding.HYBRID, held // 10, held // 2, held * 2)


def _put(account_code: str, asset: str, funding: LiquidityLevel.Funding, minimum: int, target: int, maximum: int) -> None:
    if LiquidityLevel.objects.filter(pk=account_code).exists():
        return
    content = {"account": account_code, "asset": asset, "funding": funding.value, "before": {}, "reason": "Agreed at the start."}
    amounts = {"minimum": str(minimum), "target": str(target), "maximum": str(maximum)}
    put_level(content | amounts, metadata={})
