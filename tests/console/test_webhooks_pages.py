"""Webhooks on the console: what clients are told, what came back, and what people may do about it."""

import json
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.db.models.functions import Now
from django.urls import reverse

from approvals.models import Client
from audit import context
from audit.context import Actor
from audit.models import AuditEvent
from backoffice.access.commands import grant_role, see_all_clients
from backoffice.access.models import Operator
from tests.console.office import operator_with
from transfers.models import OutboxEvent, WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookSecret
from transfers.outbox import endpoints
from transfers.outbox.payload import body_of

pytestmark = pytest.mark.django_db
URL = "https://hooks.example.com/in"


@pytest.fixture(autouse=True)
def encryption(settings: Any) -> None:
    settings.WEBHOOK_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]


@pytest.fixture
def endpoint(house) -> WebhookEndpoint:
    with context.bind(Actor.system("test")):
        return endpoints.add(client_id="acme", url=URL, events=["*"])[0]


@pytest.fixture
def delivery(endpoint, transfer) -> WebhookDelivery:
    """Given up, after one attempt that somebody's server answered with 500."""
    event = OutboxEvent.objects.get(transfer=transfer, type="transfer.created")
    body_of(event)
    made = WebhookDelivery.objects.create(
        endpoint=endpoint, event=event, state="failed", attempts=2, tries=2, next_try_at=Now(), created_at=Now(),
        last_status=500, last_error="It answered 500.",
    )  # fmt: skip
    WebhookAttempt.objects.create(
        delivery=made, number=1, started_at=Now(), duration_ms=12, address="192.0.2.1", status=500, answer="<b>boom</b>"
    )
    return made


def _with(cast, role: str) -> Operator:
    with context.bind(Actor.system("test")):
        made = Operator.objects.create_user(f"{role}_1", password="correct horse battery", person=cast.outsider.person)
        grant_role(operator=made, role=role)
        see_all_clients(operator=made)
    return made


def test_without_any_it_says_how_there_come_to_be_some(client, cast, house):
    client.force_login(cast.checker)
    page = client.get("/webhooks/").content.decode()
    assert "No client has a webhook" in page
    assert "POST /v1/webhooks" in page


def test_the_list_shows_who_is_not_told(client, cast, delivery):
    WebhookEndpoint.objects.update(failures=3, failing_since=Now())
    client.force_login(cast.checker)
    page = client.get("/webhooks/").content.decode()
    for words in ("1 webhook needs somebody", "Acme Robotics", URL, "failing"):
        assert words in page
    assert reverse("console:webhook-new") not in page


def test_an_address_shows_its_messages_and_why_something_cannot_be_done(client, cast, endpoint, delivery):
    client.force_login(cast.checker)
    page = client.get(f"/webhooks/{endpoint.pk}/").content.decode()
    for words in (
        "transfer.created",
        "given up",
        "It answered 500.",
        "Your roles do not include replaying",
        "do not include changing",
    ):
        assert words in page
    assert "No message is in this state" in client.get(f"/webhooks/{endpoint.pk}/?show=waiting").content.decode()
    assert "given up" in client.get(f"/webhooks/{endpoint.pk}/?show=untaken").content.decode()


def test_a_message_shows_each_attempt_its_answer_escaped_and_the_bytes(client, cast, delivery):
    client.force_login(cast.checker)
    page = client.get(f"/webhooks/deliveries/{delivery.pk}/").content.decode()
    for words in (
        "Attempt 1",
        "500",
        "192.0.2.1",
        "&lt;b&gt;boom&lt;/b&gt;",
        "1 attempt ended without a record",
        str(delivery.event_id),
    ):
        assert words in page
    assert json.loads(bytes(delivery.event.body))["id"] == str(delivery.event_id)


def test_the_transfer_says_what_the_client_was_told(client, cast, delivery, transfer):
    client.force_login(cast.checker)
    page = client.get(f"/transfers/{transfer.pk}/").content.decode()
    for words in ("What the client was told", transfer.status_text, f"/webhooks/deliveries/{delivery.pk}/", "given up"):
        assert words in page


def test_a_transfer_without_webhooks_says_where_it_stands(client, cast, transfer):
    client.force_login(cast.checker)
    assert "no webhook asked for it" in client.get(f"/transfers/{transfer.pk}/").content.decode()


def test_one_message_is_replayed_with_a_reason(client, cast, delivery):
    support = _with(cast, "support")
    client.force_login(support)
    path = f"/webhooks/deliveries/{delivery.pk}/replay/"
    assert client.post(path, {"reason": ""}).status_code == 422
    assert WebhookDelivery.objects.get().state == "failed"
    assert client.post(path, {"reason": "their server is back"}).status_code == 302
    now = WebhookDelivery.objects.get()
    assert (now.state, now.tries, now.attempts) == ("pending", 0, 2)
    told = AuditEvent.objects.get(type="webhook.replayed")
    assert (told.reason, told.actor_id, told.metadata["event"]) == ("their server is back", "support_1", str(delivery.event_id))


def test_everything_not_taken_is_replayed_from_a_moment_on(client, cast, endpoint, delivery):
    client.force_login(_with(cast, "oncall"))
    path = f"/webhooks/{endpoint.pk}/replay/"
    assert client.post(path, {"reason": "back", "hours": "24"}).status_code == 302
    assert WebhookDelivery.objects.get().state == "pending"
    again = client.post(path, {"reason": "back", "hours": "24"})
    assert again.status_code == 409
    assert "left untaken" in again.content.decode()
    assert AuditEvent.objects.filter(type="webhook.replayed").count() == 1


def test_to_an_address_that_is_off_nothing_is_replayed(client, cast, endpoint, delivery):
    admin = _with(cast, "admin")
    client.force_login(admin)
    assert client.post(f"/webhooks/{endpoint.pk}/switch/disable/", {"reason": "they move"}).status_code == 302
    assert "off, by us" in client.get(f"/webhooks/{endpoint.pk}/").content.decode()
    refused = client.post(f"/webhooks/deliveries/{delivery.pk}/replay/", {"reason": "try"})
    assert refused.status_code == 409
    assert WebhookDelivery.objects.get().state == "failed"
    assert client.post(f"/webhooks/{endpoint.pk}/switch/enable/", {"reason": "they moved"}).status_code == 302
    assert client.post(f"/webhooks/{endpoint.pk}/switch/remove/", {"reason": "over"}).status_code == 302
    assert "was removed" in client.get(f"/webhooks/{endpoint.pk}/").content.decode()
    assert client.post(f"/webhooks/{endpoint.pk}/switch/nonsense/", {"reason": "x"}).status_code == 404
    kinds = AuditEvent.objects.filter(resource_id=str(endpoint.pk)).order_by("recorded_at").values_list("type", flat=True)
    assert list(kinds) == [*(f"webhook.{name}" for name in ("added", "disabled", "enabled", "removed")), "console.refused"]


def test_a_secret_is_shown_once_on_rotation_and_never_kept_by_a_cache(client, cast, endpoint):
    client.force_login(_with(cast, "admin"))
    shown = client.post(f"/webhooks/{endpoint.pk}/rotate/", {"reason": "a year has passed", "overlap": "24"})
    assert "whsec_" in shown.content.decode()
    assert "no-store" in shown["Cache-Control"]
    assert WebhookSecret.objects.filter(expires_at=None).count() == 1
    assert "whsec_" not in client.get(f"/webhooks/{endpoint.pk}/").content.decode()
    assert client.post(f"/webhooks/{endpoint.pk}/rotate/", {"reason": "", "overlap": "24"}).status_code == 422


def test_an_admin_adds_an_address_and_reads_why_another_is_refused(client, cast, house):
    client.force_login(_with(cast, "admin"))
    wanted = {"client": "acme", "url": URL, "events": ["*"], "reason": "asked for by mail"}
    made = client.post("/webhooks/new/", wanted)
    assert "whsec_" in made.content.decode()
    told = AuditEvent.objects.get(type="webhook.added")
    assert (told.reason, told.actor_id) == ("asked for by mail", "admin_1")
    for changes, words in (
        ({"url": "https://10.0.0.1/"}, "anybody on the internet can reach"),
        ({"url": "http://hooks.example.com/"}, "must begin with https"),
        ({}, "Registered already"),
        ({"events": []}, "required"),
        ({"client": "nobody"}, "valid choice"),
    ):
        refused = client.post("/webhooks/new/", wanted | changes)
        assert refused.status_code == 422
        assert words in refused.content.decode()
    assert WebhookEndpoint.objects.count() == 1


def test_nobody_sees_or_changes_the_webhooks_of_clients_who_are_not_theirs(client, cast, books):
    with context.bind(Actor.system("test")):
        acmes = endpoints.add(client_id="acme", url=URL, events=["*"])[0]
    client.force_login(operator_with(cast, "admin", Client.objects.get(pk="globex")))
    assert URL not in client.get("/webhooks/").content.decode()
    assert URL not in client.get("/webhooks/?client=acme").content.decode()
    assert client.get(f"/webhooks/{acmes.pk}/").status_code == 404
    for path, body in (
        ("rotate", {"reason": "x", "overlap": "0"}),
        ("switch/remove", {"reason": "x"}),
        ("replay", {"reason": "x", "hours": "1"}),
    ):
        assert client.post(f"/webhooks/{acmes.pk}/{path}/", body).status_code == 404
    assert WebhookEndpoint.objects.get().deleted_at is None
    refused = client.post("/webhooks/new/", {"client": "acme", "url": URL + "2", "events": ["*"], "reason": "x"})
    assert refused.status_code == 422
