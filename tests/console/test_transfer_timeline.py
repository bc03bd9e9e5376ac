"""The timeline of a transfer's page: who outside was asked and who wrote, under the names that people know."""

import pytest

from audit import clock, context
from audit.context import Actor
from transfers.commands import calls
from transfers.models import InboundWebhook, Provider

pytestmark = pytest.mark.django_db


def test_providers_stand_by_their_names_and_who_has_none_by_its_code(checker, transfer):
    assert Provider.objects.get(pk="psp").name == "Card provider"
    for code in ("psp", "sim-bank"):
        with context.bind(Actor.system("test")):
            calls.begin(key=f"{code}/pay", transfer=transfer, leg=None, provider=code, operation="pay", request={})
        InboundWebhook.objects.create(
            source=code, webhook_id=code, headers={}, body=b"", status="stored", transfer=transfer, received_at=clock.now()
        )
    titles = {item.title for item in checker.get(f"/transfers/{transfer.pk}/").context["timeline"]}
    assert titles >= {"Card provider: pay", "sim-bank: pay", "Message from Card provider", "Message from sim-bank"}
