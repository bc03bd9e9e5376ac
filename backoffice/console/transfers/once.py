"""A form that was sent twice makes one transfer: the API's idempotency keys, with the form's token as the key."""

import hashlib
from dataclasses import dataclass, replace
from uuid import UUID

import rfc8785

from audit import clock
from transfers.commands.create import create_withdrawal
from transfers.commands.orders import WithdrawalOrder
from transfers.models import IdempotencyKey, Transfer

ENDPOINT = "console: new withdrawal"


@dataclass(frozen=True, slots=True)
class Made:
    transfer: Transfer
    is_repeat: bool


class TokenUsed(Exception):
    """This form was sent before with other content. `transfer` is what that made, None when it was refused."""

    def __init__(self, transfer: Transfer | None) -> None:
        super().__init__("the form was sent before with other content")
        self.transfer = transfer


def make_once(order: WithdrawalOrder, *, token: UUID, operator_id: int) -> Made:
    """The transfer of this token, made now or found. The key's row is committed first and locked while the transfer is made, so
    the second of two presses waits for the first and finds its transfer.

    Raises TokenUsed, and what `create_withdrawal` raises: then the token may be used again.
    """
    fingerprint = _fingerprint(order)
    key, _ = IdempotencyKey.objects.get_or_create(
        client_id=order.client_id,
        key=f"console:{operator_id}:{token}",
        defaults={"endpoint": ENDPOINT, "request_hash": fingerprint, "created_at": clock.now()},
    )
    if bytes(key.request_hash) != fingerprint:
        raise TokenUsed(key.transfer)
    if key.transfer is not None:
        # Whatever it named, a price say, is used up by that very transfer.
        return Made(key.transfer, is_repeat=True)
    return Made(create_withdrawal(replace(order, idempotency_key_id=key.pk)), is_repeat=False)


def _fingerprint(order: WithdrawalOrder) -> bytes:
    destination = order.destination if isinstance(order.destination, str) else dict(order.destination)
    content = {
        "client": order.client_id,
        "amount": order.amount,
        "corridor": order.corridor or "",
        "destination": destination,
        "reference": order.reference,
        "source": order.source_currency,
        "target": order.target_currency,
    }
    return hashlib.sha256(rfc8785.dumps(content)).digest()
