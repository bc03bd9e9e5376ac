"""Deposits that are brought to the hot wallet: each on an address of its own, paid in and proved ahead of its turn.

What is begun has to be there when the process is shot, and nobody else works in between: so with each piece money is paid in for
those that come after it.
"""

from hashlib import sha256
from uuid import UUID

from approvals.commands import create_client
from audit import context
from audit.context import Actor
from backoffice.campaign import weather
from backoffice.campaign.works import Work, register
from backoffice.campaign.works.votes import TREASURY, acting
from backoffice.sandbox.demo.company import NETWORK, USDC
from transfers.commands.deposits.addresses import open_crypto_address
from transfers.commands.sweeping.begin import sweep_now
from transfers.errors import TransferError
from transfers.models import Arrival, DepositAddress, DepositSweep
from transfers.rails.base import RailError
from transfers.states import Status

_AHEAD = 6
_PAID_IN = 120 * 10**6


def swept(tag: str, number: int) -> None:
    """The money for this piece and the next ones, then the sweep, once the money is proved."""
    for ahead in range(number, number + _AHEAD):
        _pay_in(tag, ahead)
    address = DepositAddress.objects.filter(client_id=_client(tag, number)).first()
    if address is None or address.sweeps.exists():
        return
    with context.bind(acting(TREASURY)):
        try:
            sweep_now(address_id=address.pk, asset_id=USDC, reason="campaign")
        except TransferError:
            # Not proved yet, or begun by a rival in this moment.
            return


def found(tag: str) -> list[UUID]:
    rows = DepositSweep.objects.filter(address__client__id__startswith=_clients(tag))
    return list(rows.order_by("transfer_id").values_list("transfer_id", flat=True))


def _pay_in(tag: str, number: int) -> None:
    """Nothing when it has arrived already; the sandbox pays once per reference, however often it is asked."""
    client = _client(tag, number)
    if Arrival.objects.filter(address__client_id=client).exists():
        return
    with context.bind(Actor.system("campaign")):
        create_client(client_id=client, name=f"Sweep {number} of {tag}")
        try:
            address = open_crypto_address(client_id=client, network=NETWORK)
        except RailError:
            return
    grant = {"reference": f"{tag}/{number}", "address": address.value, "wei": "0", "token": str(_PAID_IN)}
    weather.rpc("sandbox_fund", grant)


def _clients(tag: str) -> str:
    return f"sweep-{sha256(tag.encode()).hexdigest()[:12]}-"


def _client(tag: str, number: int) -> str:
    return f"{_clients(tag)}{number}"


register(Work(name="sweep", begin=swept, ends=frozenset({Status.RECONCILED.value}), found=found))
