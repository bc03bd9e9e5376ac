"""Which halts cover a transfer: those of whoever pays, whoever of our clients receives or has paid in, and all it touches."""

from collections.abc import Iterable
from uuid import UUID

from approvals.commands.halts import check_touched, touched
from approvals.models import Halt
from approvals.queries.halts import HaltsInForce
from ledger import chart
from transfers.models import Arrival, DepositSweep, Transfer
from transfers.states import SEND_BACKS, Route


def check(transfer: Transfer, *, accounts: Iterable[str] = (), provider: str = "") -> None:
    """In the step's transaction. `accounts` are further ledger accounts that the step touches. Raises Halted."""
    check_touched(touched_by(transfer, accounts=accounts, provider=provider))


def among(transfers: Iterable[Transfer]) -> dict[UUID, Halt]:
    """Those that a halt covers, with the widest: all judged at one moment, by one query however many. The caller has passed the
    gate, so that none is placed meanwhile."""
    halts = HaltsInForce()
    judged = ((one.pk, halts.on(touched_by(one))) for one in transfers)
    return {transfer_id: halt for transfer_id, halt in judged if halt is not None}


def touched_by(transfer: Transfer, *, accounts: Iterable[str] = (), provider: str = "") -> dict[str, list[str]]:
    """What the transfer touches, and its step in `accounts` and over `provider`, by scope of halts."""
    clients = [(transfer.client_id, transfer.source_asset_id)]
    if transfer.route == Route.DEPOSIT_SWEEP:
        # Tokens of a client who is frozen stay where they are.
        sweep = DepositSweep.objects.select_related("address", "wallet").get(transfer_id=transfer.pk)
        clients.append((sweep.address.client_id, transfer.source_asset_id))
        accounts = (*accounts, sweep.wallet.token_account_code)
    if transfer.route in SEND_BACKS and (payer := _paid_in(transfer)):
        # Nor does what a client who is frozen has paid in go back to anybody.
        clients.append((payer, transfer.source_asset_id))
    if transfer.receiver_id:
        clients.append((transfer.receiver_id, transfer.target_asset_id))
    return touched(
        client_ids=[client for client, _ in clients],
        account_codes=(*(chart.client_account_code(*one) for one in clients), *accounts),
        asset_ids=(transfer.source_asset_id, transfer.target_asset_id),
        corridor_id=transfer.corridor_id or "",
        provider=provider,
        destination_id=str(transfer.destination_id or ""),
    )


def _paid_in(transfer: Transfer) -> str:
    """The client to whose address the money came that goes back; empty where it named nobody."""
    arrival = Arrival.objects.select_related("address").get(send_backs__transfer=transfer.pk)
    return arrival.address.client_id if arrival.address else ""
