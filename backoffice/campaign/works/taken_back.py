"""Deposits at a bank that the sender's bank takes back once they are credited."""

from uuid import UUID

import httpx
from django.conf import settings

from backoffice.campaign.works import Work, deposits, register
from transfers.models import Transfer
from transfers.rails.trust import authorities
from transfers.states import Status

_CREDITED = (Status.CONFIRMED, Status.RECONCILED)


def paid_in(tag: str, number: int) -> None:
    deposits.at_the_bank(tag, number)


def take_back(transfer_id: UUID) -> None:
    """Ordered once it is credited, and once only: another order would take another deposit."""
    transfer = Transfer.objects.get(pk=transfer_id)
    if transfer.status not in _CREDITED or deposits.marked(f"{transfer.client_reference}.taken"):
        return
    text = f"{transfer.client_reference} {deposits.own_reference()}"
    headers = {"Authorization": f"Bearer {settings.BANK_TOKEN}"}
    httpx.post(
        f"{settings.BANK_URL}/sandbox/faults",
        json={"kind": "take_back", "only": text},
        headers=headers,
        timeout=30,
        verify=authorities(),
    ).raise_for_status()


register(Work(name="taken_back", begin=paid_in, then=take_back, ends=frozenset({Status.FAILED.value})))
