"""Deposits that lie on a client's address, proved, and sweeps of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from audit import context
from audit.context import Actor
from tests.transfers.incoming import address_of, fake_chain
from tests.transfers.world import USDC, drive_until
from transfers.commands.deposits.watching import watch
from transfers.commands.reconcile import mark_reconciled
from transfers.commands.sweeping.balances import OnAddress, on_address
from transfers.commands.sweeping.begin import begin_due
from transfers.models import DepositAddress, Transfer
from transfers.states import Route

ROOM = f"wallet:deposits:{USDC}"
HOT = f"wallet:hot-1:{USDC}"
SWEPT = {"USDC": "100", "ETH": "0.01"}


@contextmanager
def _credited(amount: int, client_id: str, tx: str) -> Iterator[Transfer]:
    with context.bind(Actor.system("test")), fake_chain() as chain:
        chain.pay(address_of(client_id).value, amount, tx=tx)
        chain.mine(6)
        watch()
        deposit = Transfer.objects.filter(route=Route.CHAIN_DEPOSIT).latest("created_at")
        yield drive_until(deposit, "CONFIRMED", "FAILED")


def paid_in(amount: int, *, client_id: str = "acme", tx: str = "a") -> Transfer:
    """A deposit that is credited, and not yet proved by our own index."""
    with _credited(amount, client_id, tx) as deposit:
        return deposit


def proved(amount: int, *, client_id: str = "acme", tx: str = "a") -> Transfer:
    """A deposit that is reconciled."""
    deposit = paid_in(amount, client_id=client_id, tx=tx)
    with context.bind(Actor.system("test")):
        return mark_reconciled(transfer_id=deposit.id, evidence={"receipt": "the index"})


def swept() -> Transfer:
    """The one sweep that is due now, begun."""
    assert begin_due() == 1
    return Transfer.objects.filter(route=Route.DEPOSIT_SWEEP).latest("created_at")


def there(address_id: UUID | None = None) -> OnAddress:
    found = on_address(address_id or DepositAddress.objects.get(client_id="acme").pk, USDC)
    assert found is not None
    return found
