"""Beginning a sweep: by itself when enough that is proved lies on a deposit address, or because somebody asks.

Nobody approves it. It takes our own custody from one address of ours to another; the signer, which decides by a list of its own,
lets it go nowhere else. What it makes is a transfer on the route `deposit_sweep`, taken on by the driver like any other; at most
one per address and asset, which the database sees to, so any number of processes may call `begin_due`.
"""

import logging
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction

from audit import clock, context
from audit.context import Actor
from transfers import locks
from transfers.commands import moves
from transfers.commands.drawing_up import draw_up
from transfers.commands.house import house
from transfers.commands.sweeping.balances import OnAddress, is_due, on_address, on_addresses, stopped
from transfers.commands.sweeping.standing import settle
from transfers.commands.treasury import source_wallet
from transfers.commands.wake import wake_after_commit
from transfers.crashpoints import crashpoint
from transfers.errors import Conflict, NotFound, Refused
from transfers.models import DepositAddress, DepositSweep, Transfer, Wallet
from transfers.states import Route

log = logging.getLogger(__name__)
AT_ONCE = 20
LIVES = timedelta(hours=24)
BY_ITSELF = "What clients have paid in is paid out from the hot wallet."
SAY_WHY = "Say why it is swept now."


def begin_due(limit: int = AT_ONCE) -> int:
    """Begin the sweeps that are due, the largest first; how many."""
    settle()
    if not settings.DEPOSIT_SWEEPS:
        return 0
    with context.bind(Actor.system("sweeping")):
        # Looked at a few more than are begun: the largest may be those that wait for something.
        due = [one for one in on_addresses(limit=limit * 5) if is_due(one)]
        return sum(_begin_by_itself(one) for one in due[:limit])


def _begin_by_itself(seen: OnAddress) -> bool:
    """Whether this call began it. Looked at again under the address's lock: it may have changed, or be swept already."""
    with transaction.atomic():
        locks.deposit_address(seen.address_id)
        now = on_address(seen.address_id, seen.asset_id)
        if now is None or not is_due(now):
            return False
        _make(now, BY_ITSELF, by_hand=False)
        return True


def sweep_now(*, address_id: UUID, asset_id: str, reason: str) -> Transfer:
    """Because somebody asks: all that is proved there, however little, at whatever gas costs, and without waiting after a failure.

    Raises NotFound; Refused without a reason, with nothing to take or while a halt covers it; Conflict when one is under way.
    """
    if not reason.strip():
        raise Refused("invalid_request", SAY_WHY, {"reason": SAY_WHY})
    with transaction.atomic():
        _lock(address_id)
        now = on_address(address_id, asset_id)
        if now is None:
            raise NotFound("Nothing of it has ever arrived there.")
        if now.is_under_way:
            raise Conflict(f"Transfer {now.last_reference} is moving it already.")
        if not now.ready:
            raise Refused("nothing_to_sweep", "Nothing there is proved by our own chain index and not yet swept.")
        if halted := stopped(now):
            raise Refused("halted", halted)
        return _make(now, reason.strip(), by_hand=True)


def _lock(address_id: UUID) -> None:
    try:
        locks.deposit_address(address_id)
    except DepositAddress.DoesNotExist:
        raise NotFound("There is no such deposit address.") from None


def _make(one: OnAddress, reason: str, *, by_hand: bool) -> Transfer:
    """Raises Conflict when another process has begun one in this moment, which the address's lock leaves no room for."""
    wallet = source_wallet(one.asset_id)
    transfer = _drawn_up(one, wallet)
    sweep = DepositSweep(
        transfer=transfer,
        address_id=one.address_id,
        asset_id=one.asset_id,
        wallet=wallet,
        reason=reason,
        by_hand=by_hand,
        begun_at=transfer.created_at,
    )
    transfer.save(force_insert=True)
    try:
        with transaction.atomic():
            sweep.save(force_insert=True)
    except IntegrityError as taken:
        raise Conflict("Another sweep of this address is under way.") from taken
    told = {"from": one.address, "to": wallet.code, "amount": str(one.ready), "reason": reason, "by_hand": by_hand}
    moves.tell_created(transfer, data={**told, "client_id": one.client_id})
    crashpoint("sweep.before_commit")
    wake_after_commit(transfer.id)
    return transfer


def _drawn_up(one: OnAddress, wallet: Wallet) -> Transfer:
    actor = context.current().actor
    return draw_up(
        route=Route.DEPOSIT_SWEEP,
        client=house(),
        asset_id=one.asset_id,
        amount=one.ready,
        not_after=clock.now() + LIVES,
        destination_details={"type": "crypto_address", "network": wallet.network, "address": wallet.address},
        made_by=actor.id,
        made_by_type=actor.type,
    )
