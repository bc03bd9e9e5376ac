"""The chart of accounts: which rooms there are, on which side of the equation each stands, and how account codes are spelled."""

from dataclasses import dataclass
from enum import StrEnum


class AccountType(StrEnum):
    """Assets and expenses grow by debits, the others by credits."""

    ASSET = "asset"
    LIABILITY = "liability"
    EQUITY = "equity"
    REVENUE = "revenue"
    EXPENSE = "expense"


class AccountKind(StrEnum):
    CLIENT_MONEY = "client_money"
    WALLET = "wallet"
    NOSTRO = "nostro"
    CLEARING = "clearing"
    POSITION = "position"
    RECEIVABLE = "receivable"
    PAYABLE = "payable"
    FEE_INCOME = "fee_income"
    SPREAD = "spread"
    ROUNDING = "rounding"
    NETWORK_FEE_EXPENSE = "network_fee_expense"
    PROCESSING_FEE_EXPENSE = "processing_fee_expense"
    CHARGEBACK_LOSS = "chargeback_loss"
    GAS_INVENTORY = "gas_inventory"
    HOUSE_FUNDING = "house_funding"
    PROMOTIONAL = "promotional"
    WRITE_OFF = "write_off"
    QUARANTINE = "quarantine"
    OVERDRAFT_RECEIVABLE = "overdraft_receivable"


class ForcedKind(StrEnum):
    """Why a posting may take an account below its floor: the outside took the money whether we like it or not."""

    CHARGEBACK = "chargeback"
    RETURN = "return"
    FEE_ABOVE_CAP = "fee_above_cap"
    REVERSAL = "reversal"


@dataclass(frozen=True, slots=True)
class Room:
    """`guarded`: row-locked, and never below the floor by a voluntary posting. Elsewhere that is by choice; where a room says so
    its accounts never go without it."""

    type: AccountType
    guarded: bool = False


ROOMS: dict[AccountKind, Room] = {
    AccountKind.CLIENT_MONEY: Room(AccountType.LIABILITY, guarded=True),
    AccountKind.WALLET: Room(AccountType.ASSET),
    AccountKind.NOSTRO: Room(AccountType.ASSET),
    AccountKind.CLEARING: Room(AccountType.ASSET),
    # Every conversion passes a pair of these; what is left in them is the house's open position in that asset.
    AccountKind.POSITION: Room(AccountType.EQUITY),
    AccountKind.RECEIVABLE: Room(AccountType.ASSET),
    AccountKind.PAYABLE: Room(AccountType.LIABILITY),
    AccountKind.FEE_INCOME: Room(AccountType.REVENUE),
    AccountKind.SPREAD: Room(AccountType.REVENUE),
    AccountKind.ROUNDING: Room(AccountType.EXPENSE),
    AccountKind.NETWORK_FEE_EXPENSE: Room(AccountType.EXPENSE),
    AccountKind.PROCESSING_FEE_EXPENSE: Room(AccountType.EXPENSE),
    AccountKind.CHARGEBACK_LOSS: Room(AccountType.EXPENSE),
    AccountKind.GAS_INVENTORY: Room(AccountType.ASSET),
    AccountKind.HOUSE_FUNDING: Room(AccountType.EQUITY),
    AccountKind.PROMOTIONAL: Room(AccountType.EXPENSE),
    AccountKind.WRITE_OFF: Room(AccountType.EXPENSE),
    # Money that came in and belongs to nobody we could name yet: we owe it.
    AccountKind.QUARANTINE: Room(AccountType.LIABILITY),
    # Guarded, so that nobody pays back, nets or writes off more than is owed.
    AccountKind.OVERDRAFT_RECEIVABLE: Room(AccountType.ASSET, guarded=True),
}

# Client money: what we owe to clients or to nobody we could name yet, and what we hold it in. What a client owes us covers nothing.
OWED_TO_CLIENTS = (AccountKind.CLIENT_MONEY, AccountKind.QUARANTINE)
COVERS_CLIENT_MONEY = (AccountKind.WALLET, AccountKind.NOSTRO, AccountKind.CLEARING, AccountKind.RECEIVABLE)


def client_owner(client_id: str) -> str:
    return f"client:{client_id}"


def client_account_code(client_id: str, asset_id: str) -> str:
    return f"client:{client_id}:{asset_id}"


def overdraft_account_code(owner: str, asset_id: str) -> str:
    """What `owner` (such as `client:acme`) owes us after an overdraft was booked as a receivable."""
    return f"overdraft:{owner}:{asset_id}"


def wallet_account_code(wallet: str, asset_id: str) -> str:
    return f"wallet:{wallet}:{asset_id}"


def nostro_account_code(nostro: str, asset_id: str) -> str:
    return f"nostro:{nostro}:{asset_id}"


def fee_account_code(product: str, asset_id: str) -> str:
    return f"fees:{product}:{asset_id}"


def position_account_code(source_asset_id: str, target_asset_id: str, asset_id: str) -> str:
    """The `asset_id` side of the conversion from source to target."""
    return f"position:{source_asset_id}/{target_asset_id}:{asset_id}"


def spread_account_code(source_asset_id: str, target_asset_id: str, asset_id: str) -> str:
    """What we keep, in `asset_id`, of conversions from source to target: each direction has its own, as it has its own price."""
    return f"spread:{source_asset_id}/{target_asset_id}:{asset_id}"


def rounding_account_code(asset_id: str) -> str:
    """Where the parts of a unit go that a rounding left over."""
    return f"rounding:{asset_id}"


def promotion_account_code(promotion: str, asset_id: str) -> str:
    """House money that is set aside for a promotion."""
    return f"promotion:{promotion}:{asset_id}"


def payable_account_code(purpose: str, asset_id: str) -> str:
    return f"payable:{purpose}:{asset_id}"


def gas_account_code(wallet: str, asset_id: str) -> str:
    return f"gas:{wallet}:{asset_id}"


def expense_account_code(purpose: str, asset_id: str) -> str:
    return f"expense:{purpose}:{asset_id}"


def house_account_code(purpose: str, asset_id: str) -> str:
    return f"house:{purpose}:{asset_id}"
