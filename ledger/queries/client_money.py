"""Client money: what we owe to clients, and what we hold to cover it. The figures of a proof of reserves."""

from dataclasses import dataclass

from ledger.chart import COVERS_CLIENT_MONEY, OWED_TO_CLIENTS
from ledger.money import AssetUnit
from ledger.queries.assets import unit
from ledger.queries.rows import select

_SELECT = """
    SELECT asset_id, coalesce(sum(posted) FILTER (WHERE kind = ANY(%(owed)s) AND posted > 0), 0) AS owed,
           coalesce(-sum(posted) FILTER (WHERE kind = ANY(%(owed)s) AND posted < 0), 0) AS overdrawn,
           coalesce(sum(posted) FILTER (WHERE kind = ANY(%(covers)s)), 0) AS covered_by,
           count(*) FILTER (WHERE kind = ANY(%(owed)s) AND posted > 0) AS accounts
      FROM ledger_account_balance WHERE kind = ANY(%(owed)s) OR kind = ANY(%(covers)s)
     GROUP BY asset_id ORDER BY asset_id
"""


@dataclass(frozen=True, slots=True)
class ClientMoney:
    """One asset; amounts in its minor units. `owed` sums the positive balances of clients and of quarantine, `accounts` of them;
    `covered_by` is what wallets, nostros, clearing and receivables hold. `overdrawn` is what clients owe us: it covers nothing."""

    asset: AssetUnit
    owed: int
    covered_by: int
    overdrawn: int
    accounts: int

    @property
    def surplus(self) -> int:
        """Negative when clients' money is missing. What is above zero is the house's own."""
        return self.covered_by - self.owed

    @property
    def holds(self) -> bool:
        """Where nothing is owed, nothing is missing."""
        return self.owed == 0 or self.surplus >= 0


def client_money() -> list[ClientMoney]:
    """Per asset, from one snapshot of the balances."""
    rows = select(_SELECT, {"owed": list(OWED_TO_CLIENTS), "covers": list(COVERS_CLIENT_MONEY)})
    return [
        ClientMoney(unit(row["asset_id"]), int(row["owed"]), int(row["covered_by"]), int(row["overdrawn"]), row["accounts"])
        for row in rows
    ]
