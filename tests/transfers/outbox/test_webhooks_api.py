"""`/v1/webhooks` and `/v1/events`: a client registers, rotates and removes, and reads on from a cursor without missing anything."""

import base64
import hashlib
import hmac
import json
from typing import Any

import psycopg
import pytest
from django.db import connection
from standardwebhooks import Webhook, WebhookVerificationError

from approvals.commands import create_client
from audit.models import AuditEvent
from tests.transfers.api.conftest import ALL, Caller, key_for, problem
from tests.transfers.outbox.receivers import Receiver
from tests.transfers.outbox.story import reach, tell
from tests.transfers.tame import Tame
from tests.transfers.world import World, drive_until
from transfers.models import OutboxEvent, WebhookDelivery, WebhookEndpoint, WebhookSecret


@pytest.fixture
def acme(house: World) -> Caller:
    return Caller(key_for(house))


@pytest.fixture
def globex(house: World) -> Caller:
    create_client(client_id="globex", name="Globex")
    return Caller(key_for(house, *ALL, client_id="globex"))


def register(caller: Caller, url: str, *events: str) -> Any:
    return caller.send("POST", "/v1/webhooks", {"url": url, "events": list(events or ("*",))})


def independently_verified(secret: str, headers: dict[str, str], body: bytes) -> bool:
    """As the scheme's text says, with nothing of ours and nothing of the library."""
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    wanted = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return wanted in headers["webhook-signature"].split(" ")


def test_the_secret_is_shown_once_and_kept_encrypted(acme: Caller) -> None:
    made = register(acme, "https://hooks.example.com/in", "transfer.failed", "transfer.confirmed", "transfer.failed")
    assert made.status_code == 201
    assert made["Cache-Control"] == "no-store"
    body = made.json()
    assert body["secret"].startswith("whsec_")
    assert body["events"] == ["transfer.confirmed", "transfer.failed"]
    assert (body["status"], body["disabled_by"], body["failing_since"]) == ("enabled", None, None)
    (listed,) = acme.get("/v1/webhooks").json()["data"]
    assert listed == {name: value for name, value in body.items() if name != "secret"}
    assert acme.get(f"/v1/webhooks/{body['id']}").json() == listed
    kept = bytes(WebhookSecret.objects.get().ciphertext)
    assert body["secret"].encode() not in kept
    told = json.dumps([[event.reason, event.metadata, event.diff] for event in AuditEvent.objects.filter(resource_id=body["id"])])
    assert "hooks.example.com" in told
    assert body["secret"] not in told


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"url": "https://hooks.example.com/"},
        {"events": ["*"]},
        {"url": "https://hooks.example.com/", "events": []},
        {"url": "https://hooks.example.com/", "events": ["transfer.approved"]},
        {"url": "https://hooks.example.com/", "events": "*"},
        {"url": 7, "events": ["*"]},
        {"url": "https://hooks.example.com/", "events": ["*"], "secret": "whsec_x"},
        {"url": "http://hooks.example.com/", "events": ["*"]},
        {"url": "https://169.254.169.254/latest/meta-data/", "events": ["*"]},
        {"url": "https://10.0.0.1/", "events": ["*"]},
        {"url": "https://user:x@hooks.example.com/", "events": ["*"]},
    ],
)
def test_what_cannot_be_registered_is_refused_with_the_field(acme: Caller, body: dict[str, Any]) -> None:
    answer = acme.send("POST", "/v1/webhooks", body)
    assert answer.status_code == 422
    assert problem(answer)["errors"]
    assert WebhookEndpoint.objects.count() == 0


def test_the_same_address_twice_and_too_many_are_refused(acme: Caller, globex: Caller) -> None:
    assert register(acme, "https://hooks.example.com/0").status_code == 201
    assert problem(register(acme, "https://hooks.example.com/0"))["code"] == "webhook_exists"
    assert register(globex, "https://hooks.example.com/0").status_code == 201
    for number in range(1, 10):
        assert register(acme, f"https://hooks.example.com/{number}").status_code == 201
    assert problem(register(acme, "https://hooks.example.com/more"))["code"] == "too_many_webhooks"


def test_a_removed_address_hears_nothing_more_and_may_come_back(acme: Caller, house: World, server: Receiver) -> None:
    made = register(acme, server.url).json()
    house.order()
    path = f"/v1/webhooks/{made['id']}"
    assert [acme.send("DELETE", path).status_code for _ in range(2)] == [204, 204]
    assert acme.get(path).status_code == 404
    assert acme.get("/v1/webhooks").json()["data"] == []
    tell()
    assert server.messages == []
    again = register(acme, server.url)
    assert again.status_code == 201
    assert again.json()["id"] != made["id"]


def test_nobody_touches_the_webhooks_of_others(acme: Caller, globex: Caller) -> None:
    theirs = register(globex, "https://hooks.example.com/").json()["id"]
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/rotate_secret")):
        assert acme.send(method, f"/v1/webhooks/{theirs}{path}").status_code == 404
    for name in ("00000000-0000-7000-8000-000000000000", "nonsense"):
        assert acme.get(f"/v1/webhooks/{name}").status_code == 404
    assert WebhookEndpoint.objects.get().deleted_at is None
    assert WebhookSecret.objects.count() == 1


def test_while_a_secret_is_rotated_both_sign_and_afterwards_only_the_new_one(acme: Caller, house: World, server: Receiver) -> None:
    made = register(acme, server.url).json()
    old = made["secret"]
    new = acme.send("POST", f"/v1/webhooks/{made['id']}/rotate_secret").json()["secret"]
    assert new != old
    house.order()
    tell()
    (during,) = server.messages
    assert len(during.headers["webhook-signature"].split(" ")) == 2
    for secret in (old, new):
        assert independently_verified(secret, during.headers, during.body)
        Webhook(secret).verify(during.body, during.headers)
    WebhookSecret.objects.exclude(expires_at=None).update(expires_at=WebhookSecret.objects.earliest("created_at").created_at)
    house.order()
    tell()
    after = server.messages[-1]
    assert independently_verified(new, after.headers, after.body)
    assert not independently_verified(old, after.headers, after.body)
    with pytest.raises(WebhookVerificationError):
        Webhook(old).verify(after.body, after.headers)


def test_a_secret_can_be_cut_off_at_once_and_not_be_piled_up(acme: Caller, house: World, server: Receiver) -> None:
    made = register(acme, server.url).json()
    path = f"/v1/webhooks/{made['id']}/rotate_secret"
    new = acme.send("POST", path, {"overlap_hours": 0}).json()["secret"]
    house.order()
    tell()
    assert independently_verified(new, server.messages[0].headers, server.messages[0].body)
    assert not independently_verified(made["secret"], server.messages[0].headers, server.messages[0].body)
    answers = [acme.send("POST", path) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 422]
    assert problem(acme.send("POST", path, {"overlap_hours": 999}))["code"] == "invalid_request"


def test_a_ciphertext_moved_to_another_address_opens_nothing(acme: Caller, globex: Caller, house: World, server: Receiver) -> None:
    register(acme, server.url)
    theirs = register(globex, "https://hooks.example.com/").json()["id"]
    stolen = bytes(WebhookSecret.objects.get(endpoint_id=theirs).ciphertext)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE transfers_webhooksecret DISABLE TRIGGER USER")
        cursor.execute("UPDATE transfers_webhooksecret SET ciphertext = %s WHERE endpoint_id <> %s", [stolen, theirs])
    house.order()
    tell()
    assert server.messages == []
    assert "the fault is ours" in WebhookDelivery.objects.get().last_error


def test_the_feed_tells_what_webhooks_tell_in_the_order_of_commits(
    acme: Caller, house: World, tame: Tame, server: Receiver
) -> None:
    register(acme, server.url)
    transfer = drive_until(house.order(), "CONFIRMED")
    large = house.order("5000.00")
    house.approve(large)
    tell()
    body = acme.get("/v1/events").json()
    assert [event["id"] for event in body["data"]] == server.ids
    assert "transfer.approved" not in {event["type"] for event in body["data"]}
    assert {event["transaction_id"] for event in body["data"]} == {str(transfer.pk), str(large.pk)}
    assert not body["has_more"]
    one = acme.get(f"/v1/transfers/{large.pk}/events").json()["data"]
    assert one == [
        {k: v for k, v in event.items() if k != "transaction_id"}
        for event in body["data"]
        if event["transaction_id"] == str(large.pk)
    ]


def test_reading_on_from_a_cursor_or_an_id_skips_and_repeats_nothing(acme: Caller, globex: Caller, house: World) -> None:
    for _ in range(5):
        house.order()
    reach()
    everything = [event["id"] for event in acme.get("/v1/events").json()["data"]]
    seen, after = [], ""
    for _ in range(4):
        page = acme.get(f"/v1/events?limit=2{after}").json()
        seen += [event["id"] for event in page["data"]]
        after = f"&after={page['next_cursor']}"
    assert seen == everything
    assert page["data"] == []
    assert not page["has_more"]
    late = house.order()
    reach()
    (new,) = acme.get(f"/v1/events?limit=2{after}").json()["data"]
    assert new["transaction_id"] == str(late.pk)
    assert [event["id"] for event in acme.get(f"/v1/events?after={everything[2]}").json()["data"]] == [*everything[3:], new["id"]]
    assert globex.get("/v1/events").json() == {"data": [], "next_cursor": None, "has_more": False}
    assert problem(globex.get(f"/v1/events?after={everything[0]}"))["code"] == "invalid_cursor"


@pytest.mark.parametrize(
    "after", ["x", "W10", "WzEsMl0", "WzEsMiwiMyJd", "bnVsbA", "%00", "WzEsOTk5OTk5OTk5OTk5OTk5OTk5OTk5OTksIngiXQ"]
)
def test_a_cursor_that_is_not_ours_is_refused(acme: Caller, after: str) -> None:
    assert acme.get(f"/v1/events?after={after}").status_code == 400


def test_a_late_commit_is_never_passed_over(acme: Caller, house: World) -> None:
    """A transaction that began first and commits last: its event comes before those that a reader has waited for, not after."""
    here = connection.get_connection_params()
    address = {name: here[name] for name in ("dbname", "host", "port", "user", "password") if here.get(name)}
    first = house.order()
    reach()
    with psycopg.connect(**address) as slow:
        slow.execute("SELECT pg_current_xact_id()")
        house.order()
        shown = acme.get("/v1/events").json()
        assert [event["transaction_id"] for event in shown["data"]] == [str(first.pk)]
        slow.rollback()
    reach()
    rest = acme.get(f"/v1/events?after={shown['next_cursor']}").json()["data"]
    assert len(shown["data"]) + len(rest) == OutboxEvent.objects.count() == 2
