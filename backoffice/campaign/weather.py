"""What the campaign does with time, so that minutes hold thousands of crashes: nothing is waited for that only time would bring.

Leases of the dead lapse, what is put off is due, blocks are mined. None of it writes anything that time would not.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import httpx
from django.conf import settings
from django.db import connection

from transfers.rails.trust import authorities


def _of_nobody(table: str, change: str, where: str, *, key: str = "id") -> str:
    """The statement that changes these rows. One that somebody has locked is left alone: its process may be asleep in the middle
    of a transaction."""
    rows = f"SELECT {key} FROM {table} WHERE {where} FOR UPDATE SKIP LOCKED"  # noqa: S608 - all of it stands below
    return f"UPDATE {table} SET {change} WHERE {key} IN ({rows})"  # noqa: S608


_A_MOMENT_AGO = "now() - interval '1 second'"
_LAPSED = "lease_until = clock_timestamp() - interval '1 second'"
_LEASED, _NOT_YET = "lease_until > clock_timestamp()", "next_try_at > clock_timestamp()"
_LEASES = (
    _of_nobody("transfers_transfer", _LAPSED, _LEASED),
    _of_nobody("transfers_payoutbatch", "lease_until = NULL", _LEASED),
    _of_nobody("transfers_webhookdelivery", _LAPSED, _LEASED),
)
_PUT_OFF = (
    _of_nobody("transfers_payoutbatch", f"closes_at = {_A_MOMENT_AGO}", "status = 'open' AND closes_at > now()"),
    _of_nobody("transfers_transfer", f"due_at = {_A_MOMENT_AGO}", "due_at > now()"),
    _of_nobody("transfers_chaintransaction", f"watch_at = {_A_MOMENT_AGO}", "watch_at > now()", key="hash"),
    _of_nobody("transfers_webhookdelivery", "next_try_at = clock_timestamp()", f"state = 'pending' AND {_NOT_YET}"),
    _of_nobody("transfers_receiptorder", "next_try_at = clock_timestamp()", f"done_at IS NULL AND {_NOT_YET}", key="event_id"),
    _of_nobody("transfers_bulkpart", f"due_at = {_A_MOMENT_AGO}", "status = 'waiting' AND due_at > now()"),
    _of_nobody("transfers_payoutrecall", f"due_at = {_A_MOMENT_AGO}", "due_at > now()"),
)
_KEEP_OPEN = "UPDATE transfers_payoutbatch SET closes_at = now() + interval '1 hour' WHERE id = %s AND status = 'open'"


def keep_open(batch_id: UUID) -> None:
    """This message is not full yet: it waits for more, until time is hastened again."""
    _execute(_KEEP_OPEN, [batch_id])


def let_leases_lapse() -> None:
    for statement in _LEASES:
        _execute(statement)


def hasten() -> None:
    """Everything that is put off is due now, and so are blocks."""
    for statement in _PUT_OFF:
        _execute(statement)
    mine()


def mine(blocks: int = 1) -> None:
    rpc("sandbox_mine", hex(blocks))


def overlook(address: str) -> None:
    """No block takes a payment to this address until the weather clears."""
    if address not in [order["address"] for order in _overlooked()]:
        rpc("sandbox_order", {"kind": "overlook", "address": address})


def forget(tx_hash: str) -> None:
    """No node knows this transaction any more, if one did."""
    rpc("sandbox_order", {"kind": "drop", "hash": tx_hash})


def change_branch(depth: int) -> None:
    """The newest blocks are replaced by others; what was in them waits again."""
    rpc("sandbox_order", {"kind": "reorg", "depth": str(depth), "keep": "later"})


def clear() -> None:
    for order in _overlooked():
        rpc("sandbox_take_back", hex(order["id"]))


def _overlooked() -> list[dict[str, Any]]:
    return [order for order in rpc("sandbox_orders") if order["kind"] == "overlook"]


def rpc(method: str, *params: Any) -> Any:
    """Ask the sandbox chain, past all code of ours. Raises KeyError when it refuses."""
    call = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}
    return httpx.post(settings.CHAIN_RPC_URL, json=call, timeout=30, verify=authorities()).json()["result"]


def _execute(sql: str, values: Sequence[Any] = ()) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
