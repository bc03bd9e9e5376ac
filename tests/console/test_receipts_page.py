"""Receipts on the transfer page: in force or superseded, taken away as a file, and each taking on record."""

import json

import pytest
from django.db.models.functions import Now

from approvals.models import Client
from audit import context
from audit.context import Actor
from audit.models import AuditEvent
from audit.sealing.keys import SigningKey
from tests.console.office import operator_with
from transfers.models import OutboxEvent, Receipt, ReceiptOrder
from transfers.receipts.make import make_due

pytestmark = pytest.mark.django_db


@pytest.fixture
def receipt(transfer, settings) -> Receipt:
    """As if it had settled with its first event: what is shown is the receipt, not the way there."""
    key = SigningKey.generate("countersign.test/receipts")
    settings.RECEIPT_SIGNING_KEY, settings.RECEIPT_KEYS = key.text(), str(key.public())
    event = OutboxEvent.objects.get(transfer=transfer)
    ReceiptOrder.objects.create(event=event, transfer=transfer, says="settled", ordered_at=Now(), next_try_at=Now())
    with context.bind(Actor.system("test")):
        assert make_due() == 1
    return Receipt.objects.get()


def test_a_transfer_without_one_shows_no_panel(client, cast, transfer):
    client.force_login(cast.checker)
    assert "signed, never changed" not in client.get(f"/transfers/{transfer.pk}/").content.decode()


@pytest.mark.parametrize("form", ["pdf", "json"])
def test_it_is_taken_away_as_a_file_and_that_is_recorded(client, cast, transfer, receipt, form):
    client.force_login(cast.checker)
    page = client.get(f"/transfers/{transfer.pk}/").content.decode()
    path = f"/transfers/{transfer.pk}/receipts/1.{form}"
    assert path in page
    assert "in force" in page
    taken = client.get(path)
    assert taken.status_code == 200
    assert transfer.reference in taken["Content-Disposition"]
    assert taken.content.startswith(b"%PDF") if form == "pdf" else json.loads(taken.content)["jws"] == receipt.jws
    told = AuditEvent.objects.get(type="console.exported")
    assert (told.resource_id, told.metadata["format"], told.actor_id) == (str(receipt.pk), form, "checker")


@pytest.mark.parametrize("name", ["2.pdf", "0.pdf", "1.txt", "99999.pdf"])
def test_what_is_not_there_is_not_found(client, cast, transfer, receipt, name):
    client.force_login(cast.checker)
    assert client.get(f"/transfers/{transfer.pk}/receipts/{name}").status_code == 404
    assert AuditEvent.objects.filter(type="console.exported").count() == 0


def test_of_other_peoples_clients_nothing_is_taken(client, cast, transfer, receipt):
    with context.bind(Actor.system("test")):
        from approvals.commands import create_client

        create_client(client_id="globex", name="Globex")
    client.force_login(operator_with(cast, "viewer", Client.objects.get(pk="globex")))
    assert client.get(f"/transfers/{transfer.pk}/receipts/1.pdf").status_code == 404
