"""Where a client's money may come in. The signer makes keys and tells addresses; nothing here ever sees a key."""

from hashlib import sha256

from django.db import transaction

from approvals.models import Client
from audit import clock
from audit.commands import record
from ledger import chart
from ledger.chart import AccountKind
from ledger.commands import open_account
from ledger.models import Account, Asset
from transfers.deposit_references import new_deposit_reference
from transfers.models import BankAccount, DepositAddress
from transfers.rails.registry import rails

# The room that all deposit addresses of a network share in the books.
WALLET = "deposits"
Kind = DepositAddress.Kind


def open_crypto_address(*, client_id: str, network: str) -> DepositAddress:
    """The client's address on `network`, made by the signer when there is none. It takes every token of the network that we keep.

    Asking again gives the same one. Raises RailError when signer or node do not answer.
    """
    there = DepositAddress.objects.filter(client_id=client_id, kind=Kind.CRYPTO_ADDRESS, network=network).first()
    if there is not None:
        return there
    head, _ = rails().evm.head()
    address = rails().signer.deposit_address(_key_name(client_id, network))
    for asset_id in Asset.objects.filter(network=network, kind=Asset.Kind.TOKEN).values_list("id", flat=True):
        open_room(chart.wallet_account_code(WALLET, asset_id), f"Deposit addresses, {asset_id}", AccountKind.WALLET, asset_id)
        open_balance(client_id, asset_id)
    return _keep(DepositAddress(client_id=client_id, kind=Kind.CRYPTO_ADDRESS, network=network, value=address, from_block=head + 1))


def open_bank_reference(*, client_id: str, account: BankAccount) -> DepositAddress:
    """The reference under which the client's payments to this bank account of ours are recognised. Asking again gives the same."""
    there = DepositAddress.objects.filter(client_id=client_id, kind=Kind.BANK_REFERENCE, bank_account=account).first()
    if there is not None:
        return there
    open_balance(client_id, account.asset_id)
    return _keep(DepositAddress(client_id=client_id, kind=Kind.BANK_REFERENCE, bank_account=account, value=new_deposit_reference()))


def open_room(code: str, name: str, kind: AccountKind, asset_id: str, owner: str = "") -> str:
    """A ledger account that comes into being with the first money that needs it; its code."""
    if not Account.objects.filter(code=code).exists():
        open_account(code=code, name=name, kind=kind, asset_id=asset_id, owner=owner)
    return code


def open_balance(client_id: str, asset_id: str) -> None:
    """Whoever may pay in has a balance for it to come to. Raises Client.DoesNotExist."""
    code, name = chart.client_account_code(client_id, asset_id), Client.objects.values_list("name", flat=True).get(pk=client_id)
    open_room(code, f"{name}, client money, {asset_id}", AccountKind.CLIENT_MONEY, asset_id, chart.client_owner(client_id))


def _keep(made: DepositAddress) -> DepositAddress:
    """Two at once keep one: the other finds it."""
    made.created_at = clock.now()
    with transaction.atomic():
        DepositAddress.objects.bulk_create([made], ignore_conflicts=True)
        kept = DepositAddress.objects.get(
            client_id=made.client_id, kind=made.kind, network=made.network, bank_account_id=made.bank_account_id
        )
        if kept.pk == made.pk:
            record(
                type="deposit.address_opened",
                resource_type="deposit_address",
                resource_id=str(made.pk),
                metadata={"client": made.client_id, "kind": made.kind, "network": made.network, "value": made.value},
            )
    return kept


def _key_name(client_id: str, network: str) -> str:
    """The signer's name for the key: the same for the same client, and short enough whatever the client is called."""
    return f"deposit-{sha256(f'{network}/{client_id}'.encode()).hexdigest()[:24]}"
