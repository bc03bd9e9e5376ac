"""What the card provider's messages do: they make us ask, and nothing they claim is believed."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.test import Client, override_settings
from standardwebhooks import Webhook

from audit import clock
from ledger.queries.proofs import findings
from tests.transfers.cards import Provider, card_provider, ordered, reference_of
from tests.transfers.world import World, drive_until, posted
from transfers import driver
from transfers.models import CardDispute, InboundWebhook, Transfer

SECRET = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
CLIENT = "client:acme:MXN"


@pytest.fixture
def psp(world: World, tmp_path: Path) -> Iterator[Provider]:
    with override_settings(WEBHOOK_SECRETS={"psp": SECRET}), card_provider(tmp_path) as provider:
        yield provider


def told(transfer: Transfer, kind: str, name: str, **claims: str) -> int:
    """A signed message; then the driver does whatever is due. The status that the provider got."""
    body = json.dumps({"type": kind, "data": {"end_to_end_id": reference_of(transfer), **claims}})
    moment = datetime.now(UTC)
    headers = {
        "webhook-id": name,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": Webhook(SECRET).sign(name, moment, body),
    }
    answer = Client().generic("POST", "/hooks/psp", body, content_type="application/json", headers=headers)
    later = clock.now() + timedelta(seconds=1)
    with clock.using(lambda: later):
        driver.run_due()
    return answer.status_code


def test_a_message_about_a_dispute_makes_us_ask_and_book_it_once(psp: Provider) -> None:
    transfer = drive_until(ordered(), "CONFIRMED")
    driver.run_due()
    psp.chargeback(transfer)
    assert [told(transfer, "dispute.opened", name) for name in ("m1", "m1", "m2")] == [202, 200, 202]
    assert (posted(CLIENT), CardDispute.objects.count()) == (0, 1)
    assert InboundWebhook.objects.filter(transfer=transfer, status="processed").count() == 2
    assert list(findings()) == []


def test_a_message_that_lies_moves_nothing(psp: Provider) -> None:
    transfer = drive_until(ordered(), "CONFIRMED")
    driver.run_due()
    assert told(transfer, "dispute.opened", "m1", amount="100.00", status="lost") == 202
    assert (posted(CLIENT), CardDispute.objects.count()) == (10_000, 0)


def test_won_before_lost_ends_as_the_provider_says(psp: Provider) -> None:
    transfer = drive_until(ordered(), "CONFIRMED")
    driver.run_due()
    psp.chargeback(transfer)
    psp.lose(transfer)
    # Both messages come late and in the wrong order: the record is read whole either way.
    told(transfer, "dispute.won", "m2")
    told(transfer, "dispute.opened", "m1")
    assert (posted(CLIENT), CardDispute.objects.get().status) == (10_000, "won")
    assert posted("expense:chargeback-loss:MXN") == 1_500
    assert list(findings()) == []
