"""Which halts cover a transfer: those of whoever pays, whoever of our clients receives, and everything it touches."""

from collections.abc import Iterable

from approvals.commands.halts import check_halts
from ledger import chart
from transfers.models import Transfer


def check(transfer: Transfer, *, accounts: Iterable[str] = (), provider: str = "") -> None:
    """In the step's transaction. `accounts` are further ledger accounts that the step touches. Raises Halted."""
    check_halts(
        client_id=transfer.client_id,
        account_codes=(chart.client_account_code(transfer.client_id, transfer.source_asset_id), *accounts),
        asset_ids=(transfer.source_asset_id, transfer.target_asset_id),
        corridor_id=transfer.corridor_id or "",
        provider=provider,
        destination_id=str(transfer.destination_id or ""),
    )
    if transfer.receiver_id:
        receiving = chart.client_account_code(transfer.receiver_id, transfer.target_asset_id)
        check_halts(client_id=transfer.receiver_id, account_codes=(receiving,))
