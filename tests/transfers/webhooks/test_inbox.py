"""POST /hooks/{source}: signatures, repeats, refusals, and the hint."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError, OperationalError, connection
from django.test import Client, override_settings
from standardwebhooks import Webhook

from audit import clock, context
from audit.context import Actor
from audit.models import AuditEvent
from tests.transfers.api.conftest import problem
from tests.transfers.world import World
from transfers.models import InboundWebhook, Leg, Transfer
from transfers.rails.inbox import NotUnderstood
from transfers.rates import Rate
from transfers.webhooks import commands
from transfers.webhooks.inboxes import STANDARD

SECRET = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_" + "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def secrets() -> Any:
    with override_settings(WEBHOOK_SECRETS={"bank": SECRET, "desk": OTHER}):
        yield


def message(name: str = "X") -> bytes:
    return json.dumps({"id": "m", "type": "payment.status", "timestamp": "t", "data": {"end_to_end_id": name}}).encode()


def deliver(
    body: bytes,
    *,
    source: str = "bank",
    name: str = "msg_1",
    secret: str = SECRET,
    off_by: timedelta = timedelta(0),
    **headers: str,
) -> Any:
    moment = datetime.now(UTC) + off_by
    given = {
        "webhook-id": name,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": Webhook(secret).sign(name, moment, body.decode("utf-8", "replace")),
        **{key.replace("_", "-"): value for key, value in headers.items()},
    }
    given = {key: value for key, value in given.items() if value}
    client = Client(raise_request_exception=False, enforce_csrf_checks=True)
    return client.generic("POST", f"/hooks/{source}", body, content_type="application/json", headers=given)


def due_at(leg: Leg) -> datetime:
    found = Transfer.objects.get(pk=leg.transfer_id).due_at
    assert found is not None
    return found


def test_a_genuine_message_is_stored_raw_and_taken_as_a_hint(sent: Leg) -> None:
    body = message(sent.reference).replace(b"{", b"{ ", 1)
    before = clock.now()
    response = deliver(body, Authorization="Bearer not-ours-to-keep")
    assert response.status_code == 202
    stored = InboundWebhook.objects.get()
    assert response.json() == {"id": str(stored.pk)}
    assert bytes(stored.body) == body
    assert (stored.source, stored.webhook_id, stored.deliveries) == ("bank", "msg_1", 1)
    assert (stored.status, stored.transfer_id) == ("processed", sent.transfer_id)
    assert "authorization" not in stored.headers
    assert stored.headers["webhook-id"] == "msg_1"
    assert before <= due_at(sent) <= clock.now()
    # Nothing but the moment of the next look changed: the message itself is not believed.
    assert Transfer.objects.get().status == "CREATED"
    assert Transfer.objects.get().version == 1


def test_a_repeat_is_counted_and_nothing_else(sent: Leg) -> None:
    body = message(sent.reference)
    assert deliver(body).status_code == 202
    later = clock.now() + timedelta(minutes=10)
    Transfer.objects.update(due_at=later)
    response = deliver(body)
    assert response.status_code == 200
    stored = InboundWebhook.objects.get()
    assert (stored.deliveries, stored.detail) == (2, "The provider is asked now.")
    assert due_at(sent) == later


def test_a_repeat_with_another_body_keeps_the_first(sent: Leg) -> None:
    deliver(message(sent.reference))
    assert deliver(message("Y")).status_code == 200
    stored = InboundWebhook.objects.get()
    assert bytes(stored.body) == message(sent.reference)
    assert (stored.deliveries, stored.detail) == (2, "A repeat under this id had another body.")


def test_two_sources_may_use_the_same_id() -> None:
    assert deliver(message()).status_code == 202
    assert deliver(message(), source="desk", secret=OTHER).status_code == 202
    assert InboundWebhook.objects.count() == 2


BAD: list[tuple[str, dict[str, Any]]] = [
    ("another secret", {"secret": OTHER}),
    ("too old", {"off_by": timedelta(minutes=-6)}),
    ("too new", {"off_by": timedelta(minutes=6)}),
    ("no id", {"webhook_id": ""}),
    ("no time", {"webhook_timestamp": ""}),
    ("no signature", {"webhook_signature": ""}),
    ("signature without version", {"webhook_signature": "abc"}),
    ("three parts", {"webhook_signature": "v1,a,b"}),
    ("not base64", {"webhook_signature": "v1,\u00e9"}),
    ("other version", {"webhook_signature": "v2,AAAA"}),
    ("time is not a number", {"webhook_timestamp": "nan"}),
    ("id signed is not the id sent", {"webhook_id": "msg_2"}),
    ("id of two words", {"name": "msg 1"}),
]


@pytest.mark.parametrize("changes", [changes for _, changes in BAD], ids=[name for name, _ in BAD])
def test_what_is_not_genuine_is_refused_and_recorded(sent: Leg, changes: dict[str, Any]) -> None:
    later = due_at(sent)
    response = deliver(message(sent.reference), **changes)
    assert (response.status_code, problem(response)["code"]) == (401, "signature_invalid")
    stored = InboundWebhook.objects.get()
    assert (stored.status, stored.transfer_id) == ("rejected", None)
    assert bytes(stored.body) == message(sent.reference)
    assert stored.detail
    assert due_at(sent) == later


def test_a_body_changed_on_the_way_is_refused() -> None:
    moment = datetime.now(UTC)
    signature = Webhook(SECRET).sign("msg_1", moment, message("A").decode())
    assert deliver(message("B"), webhook_signature=signature).status_code == 401


def test_a_body_that_is_not_utf_8_is_refused() -> None:
    assert deliver(b"\xff\xfe").status_code == 401


def test_a_refused_attempt_does_not_take_the_id() -> None:
    assert deliver(message(), secret=OTHER).status_code == 401
    assert deliver(message(), secret=OTHER).status_code == 401
    assert deliver(message()).status_code == 202
    assert sorted(InboundWebhook.objects.values_list("status", flat=True)) == ["failed", "rejected", "rejected"]


def test_one_of_several_signatures_is_enough() -> None:
    moment = datetime.now(UTC)
    both = " ".join(Webhook(secret).sign("msg_1", moment, message().decode()) for secret in (OTHER, SECRET))
    assert deliver(message(), webhook_signature=both).status_code == 202


def test_a_huge_body_is_refused_and_kept_short() -> None:
    response = deliver(b"x" * (256 * 1024 + 1))
    assert (response.status_code, problem(response)["code"]) == (413, "payload_too_large")
    stored = InboundWebhook.objects.get()
    assert (stored.status, len(bytes(stored.body))) == ("rejected", commands.MAX_REJECTED_BYTES)


def test_refused_attempts_cannot_fill_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "_REJECTIONS", Rate(per_second=0.01, burst=2))
    assert [deliver(message(), secret=OTHER).status_code for _ in range(3)] == [401, 401, 429]
    assert InboundWebhook.objects.count() == 2
    assert deliver(message()).status_code == 202


def test_an_unknown_source_is_not_found() -> None:
    response = deliver(message(), source="nobody")
    assert (response.status_code, problem(response)["code"]) == (404, "not_found")
    assert InboundWebhook.objects.count() == 0


def test_messages_are_posted() -> None:
    response: Any = Client().get("/hooks/bank")
    assert (response.status_code, problem(response)["code"], response["Allow"]) == (405, "method_not_allowed", "POST")


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b"hello", "The body is not JSON."),
        (b"[]", "The body names no payment."),
        (b'{"data": {"end_to_end_id": 5}}', "The body names no payment."),
        (message("a\0b"), "The body names no payment."),
        (message("\ud800"), "The body names no payment."),
        (message("0" * 26), f"We have sent nothing under {'0' * 26}."),
    ],
)
def test_a_message_that_leads_nowhere_is_kept(body: bytes, detail: str) -> None:
    assert deliver(body).status_code == 202
    stored = InboundWebhook.objects.get()
    assert (stored.status, stored.detail, bytes(stored.body)) == ("failed", detail, body)


def test_an_order_that_is_not_out_yet_gets_no_hint(sent: Leg, world: World) -> None:
    other = world.order()
    leg = Leg.objects.create(
        **{f.attname: getattr(sent, f.attname) for f in Leg._meta.concrete_fields}
        | {"id": other.id, "transfer_id": other.id, "reference": "1" * 26, "request_state": "received"}
    )
    assert deliver(message(leg.reference)).status_code == 202
    assert InboundWebhook.objects.get().detail == f"We have sent nothing under {'1' * 26}."


def test_a_message_is_safe_before_it_is_processed(sent: Leg, monkeypatch: pytest.MonkeyPatch) -> None:
    def break_down(_: Any) -> None:
        raise OperationalError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(commands, "process", break_down)
        assert deliver(message(sent.reference)).status_code == 202
    assert InboundWebhook.objects.get().status == "stored"
    with context.bind(Actor.system("test")):
        assert commands.process_stored(older_than=timedelta(minutes=1)) == 0
        assert commands.process_stored(older_than=timedelta(0)) == 1
    assert InboundWebhook.objects.get().status == "processed"
    assert due_at(sent) <= clock.now()


def notice(*names: str) -> bytes:
    entries = "".join(
        f"<Ntry><NtryDtls><TxDtls><Refs><EndToEndId>{name}</EndToEndId></Refs></TxDtls></NtryDtls></Ntry>" for name in names
    )
    return (
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"><BkToCstmrDbtCdtNtfctn><GrpHdr><MsgId>N1</MsgId></GrpHdr>'
        f"<Ntfctn><Id>1</Id>{entries}</Ntfctn></BkToCstmrDbtCdtNtfctn></Document>"
    ).encode()


def test_a_notice_of_the_bank_is_a_hint_about_every_payment_it_names(sent: Leg) -> None:
    assert deliver(notice("NOTPROVIDED", "SOMEBODY-ELSES", sent.reference)).status_code == 202
    stored = InboundWebhook.objects.get()
    assert (stored.status, stored.transfer_id) == ("processed", sent.transfer_id)
    assert bytes(stored.body) == notice("NOTPROVIDED", "SOMEBODY-ELSES", sent.reference)
    assert due_at(sent) <= clock.now()
    before = Transfer.objects.get(pk=sent.transfer_id)
    assert (before.status, before.money_state) == ("CREATED", "reserved")


@pytest.mark.parametrize("body", [notice(), notice("NOTPROVIDED"), b"<Document/>", b"<Document", b"<!DOCTYPE x><Document/>"])
def test_a_notice_that_names_nothing_is_kept_and_changes_nothing(sent: Leg, body: bytes) -> None:
    before = due_at(sent)
    assert deliver(body).status_code == 202
    assert InboundWebhook.objects.get().status == "failed"
    assert due_at(sent) == before


def test_stored_messages_can_be_read_again(sent: Leg, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def misread(_: bytes) -> Any:
        raise NotUnderstood("a bug")

    with monkeypatch.context() as patch:
        patch.setattr(commands, "inbox_of", lambda _: replace(STANDARD, names=misread))
        deliver(message(sent.reference))
        deliver(message(), name="msg_2")
    assert InboundWebhook.objects.filter(status="failed", detail="a bug").count() == 2
    call_command("reprocess_webhooks", "bank", reason="the reader was mended")
    assert capsys.readouterr().out.splitlines() == ["failed: 1", "processed: 1"]
    assert InboundWebhook.objects.get(webhook_id="msg_1").status == "processed"
    told = AuditEvent.objects.get(type="webhooks.reprocessed")
    assert (told.reason, told.metadata) == ("the reader was mended", {"failed": 1, "processed": 1})


def test_the_body_never_changes(sent: Leg) -> None:
    deliver(message(sent.reference))
    with pytest.raises(DatabaseError, match="never change"), connection.cursor() as cursor:
        cursor.execute("UPDATE transfers_inboundwebhook SET body = '\\x00'")
