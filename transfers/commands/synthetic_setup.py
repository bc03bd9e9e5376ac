"""What health checks need before they can run: two parties of the house, their accounts and destinations, and a float.

The accounts carry the names of client accounts, since a transfer is booked as any client's is, and are house money by their kind:
no proof of client money counts them.
"""

from datetime import timedelta

from django.db import transaction

from approvals.commands import add_destination, create_client
from approvals.models import Destination
from audit import clock
from ledger import chart
from ledger.chart import AccountKind
from ledger.commands import Line, Posting, open_account, post
from ledger.models import Account, Asset, LedgerTransaction
from transfers.commands.deposits.addresses import open_crypto_address
from transfers.synthetic import FAR, NEAR, PARTIES

_NONE = timedelta(0)


def prepare(*, asset_id: str, amount: int) -> None:
    """Give each party `amount` minor units of house money, once; doing it again changes nothing.

    Raises RailError when signer or node do not answer.
    """
    with transaction.atomic():
        _open(asset_id)
        _give(asset_id, amount)
    network = Asset.objects.values_list("network", flat=True).get(pk=asset_id)
    address = open_crypto_address(client_id=NEAR, network=network).value
    details = {"type": "crypto_address", "network": network, "address": address}
    add_destination(client_id=NEAR, kind="crypto_address", details=details, label="Its own deposit address", cooling_off=_NONE)


def is_prepared(asset_id: str) -> bool:
    """Whether `prepare` has come to its end for this asset: the destination is the last that it makes."""
    accounts = [chart.client_account_code(party, asset_id) for party in PARTIES]
    has_accounts = Account.objects.filter(code__in=accounts).count() == len(accounts)
    return has_accounts and Destination.objects.filter(client_id=NEAR, kind="crypto_address").exists()


def _open(asset_id: str) -> None:
    for party, name in PARTIES.items():
        create_client(client_id=party, name=name)
        code = chart.client_account_code(party, asset_id)
        open_account(
            code=code, name=f"{name}, {asset_id}", kind=AccountKind.HOUSE_FUNDING, asset_id=asset_id, owner="house", guarded=True
        )
    for party, other in ((NEAR, FAR), (FAR, NEAR)):
        details = {"type": "client_account", "client": other}
        add_destination(client_id=party, kind="client_account", details=details, label=PARTIES[other], cooling_off=_NONE)


def _give(asset_id: str, amount: int) -> None:
    reference = f"health-check-float/{asset_id}"
    if LedgerTransaction.objects.filter(reference=reference).exists():
        return
    parts = tuple(Line.credit(chart.client_account_code(party, asset_id), amount) for party in PARTIES)
    post(
        Posting(
            reference=reference,
            kind="health_check_float",
            value_at=clock.now(),
            lines=(Line.debit(chart.house_account_code("funding", asset_id), len(parts) * amount), *parts),
            description="House money for health checks",
        )
    )
