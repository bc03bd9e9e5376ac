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

# A row that somebody has locked is left alone: its process may be asleep in the middle of a transaction.
_LAPSE = """
    UPDATE transfers_transfer SET lease_until = clock_timestamp() - interval '1 second'
     WHERE id IN (SELECT id FROM transfers_transfer WHERE lease_until > clock_timestamp() FOR UPDATE SKIP LOCKED)
"""
_HASTEN = """
    UPDATE transfers_transfer SET due_at = now() - interval '1 second'
     WHERE id IN (SELECT id FROM transfers_transfer WHERE due_at > now() FOR UPDATE SKIP LOCKED)
"""


_HASTEN_WATCHES = """
    UPDATE transfers_chaintransaction SET watch_at = now() - interval '1 second'
     WHERE hash IN (SELECT hash FROM transfers_chaintransaction WHERE watch_at > now() FOR UPDATE SKIP LOCKED)
"""


_LAPSE_MESSAGES = """
    UPDATE transfers_webhookdelivery SET lease_until = clock_timestamp() - interval '1 second'
     WHERE id IN (SELECT id FROM transfers_webhookdelivery WHERE lease_until > clock_timestamp() FOR UPDATE SKIP LOCKED)
"""
_HASTEN_MESSAGES = """
    UPDATE transfers_webhookdelivery SET next_try_at = clock_timestamp()
     WHERE id IN (SELECT id FROM transfers_webhookdelivery WHERE state = 'pending' AND next_try_at > clock_timestamp()
                     FOR UPDATE SKIP LOCKED)
"""


_HASTEN_RECEIPTS = """
    UPDATE transfers_receiptorder SET next_try_at = clock_timestamp()
     WHERE event_id IN (SELECT event_id FROM transfers_receiptorder WHERE done_at IS NULL AND next_try_at > clock_timestamp()
                           FOR UPDATE SKIP LOCKED)
"""
_HASTEN_PARTS = """
    UPDATE transfers_bulkpart SET due_at = now() - interval '1 second'
     WHERE id IN (SELECT id FROM transfers_bulkpart WHERE status = 'waiting' AND due_at > now() FOR UPDATE SKIP LOCKED)
"""
_HASTEN_RECALLS = """
    UPDATE transfers_payoutrecall SET due_at = now() - interval '1 second'
     WHERE id IN (SELECT id FROM transfers_payoutrecall WHERE due_at > now() FOR UPDATE SKIP LOCKED)
"""
# Batches of payouts have times and a lease of their own.
_LAPSE_BATCHES = """
    UPDATE transfers_payoutbatch SET lease_until = NULL
     WHERE id IN (SELECT id FROM transfers_payoutbatch WHERE lease_until > clock_timestamp() FOR UPDATE SKIP LOCKED)
"""
_CLOSE_BATCHES = """
    UPDATE transfers_payoutbatch SET closes_at = now() - interval '1 second'
     WHERE id IN (SELECT id FROM transfers_payoutbatch WHERE status = 'open' AND closes_at > now() FOR UPDATE SKIP LOCKED)
"""


_KEEP_OPEN = "UPDATE transfers_payoutbatch SET closes_at = now() + interval '1 hour' WHERE id = %s AND status = 'open'"


def keep_open(batch_id: UUID) -> None:
    """This message is not full yet: it waits for more, until time is hastened again."""
    _execute(_KEEP_OPEN, [batch_id])


def let_leases_lapse() -> None:
    _execute(_LAPSE)
    _execute(_LAPSE_BATCHES)
    _execute(_LAPSE_MESSAGES)


def hasten() -> None:
    """Everything that is put off is due now, and so are blocks."""
    _execute(_CLOSE_BATCHES)
    _execute(_HASTEN)
    _execute(_HASTEN_WATCHES)
    _execute(_HASTEN_MESSAGES)
    _execute(_HASTEN_RECEIPTS)
    _execute(_HASTEN_PARTS)
    _execute(_HASTEN_RECALLS)
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
