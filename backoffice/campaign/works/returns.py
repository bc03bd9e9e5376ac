"""Payouts that the bank sends back after it has settled them, while its messages keep coming."""

import json
from uuid import UUID

import httpx
from django.conf import settings

from audit import context
from audit.context import Actor
from backoffice.campaign.works import Work, register
from backoffice.campaign.works.withdrawals import off_ramp
from transfers.models import Leg
from transfers.rails.trust import authorities
from transfers.states import Status
from transfers.webhooks import commands as inbox

# So long a statement is held back now and then: rounds enough for the bank's messages to come in while a transfer is settled.
_HELD_BACK_S, _EVERY = "12", 4


def sent_back(tag: str, number: int) -> None:
    """The bank is told first. Told twice, it has one order too many for a payment that comes once."""
    _order({"kind": "return", "seconds": "0", "only": f"{tag}/{number}"})
    if number % _EVERY == 0:
        _order({"kind": "statement_late", "seconds": _HELD_BACK_S})
    off_ramp(tag, number)


def _order(fault: dict[str, str]) -> None:
    headers = {"Authorization": f"Bearer {settings.BANK_TOKEN}"}
    httpx.post(
        f"{settings.BANK_URL}/sandbox/faults", json=fault, headers=headers, timeout=30, verify=authorities()
    ).raise_for_status()


def hint(transfer_id: UUID) -> None:
    """A message of the bank, under one id however often it comes."""
    leg = Leg.objects.filter(transfer_id=transfer_id, rail="bank").first()
    if leg is None:
        return
    body = json.dumps({"data": {"end_to_end_id": leg.reference}}).encode()
    with context.bind(Actor.system("webhooks")):
        receipt = inbox.store(source="bank", webhook_id=f"campaign-{leg.reference}", headers={}, body=body)
        inbox.process(receipt.webhook_id)


register(Work(name="returned", begin=sent_back, then=hint, ends=frozenset({Status.FAILED.value})))
