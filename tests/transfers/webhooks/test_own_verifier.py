"""A provider that signs in its own way brings its own verifier with its adapter."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client, override_settings

from audit import clock
from transfers.models import InboundWebhook, Leg, Transfer
from transfers.rails.inbox import Inbox, NotGenuine
from transfers.rails.psp.adapter import CARD_PROVIDER
from transfers.webhooks import inboxes

SECRET = "of-theirs"
SIGNATURE = "x-their-signature"


def _signed(body: bytes, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha512).hexdigest()


def _identify(_: Mapping[str, str], body: bytes) -> str:
    try:
        return str(json.loads(body)["event"])
    except (ValueError, KeyError) as error:
        raise NotGenuine("It has no event number.") from error


def _check(secret: str, headers: Mapping[str, str], body: bytes) -> None:
    if not hmac.compare_digest(_signed(body, secret), headers.get(SIGNATURE, "")):
        raise NotGenuine("Their signature does not fit.")


def _names(body: bytes) -> tuple[tuple[str, ...], str]:
    return (str(json.loads(body)["your_reference"]),), ""


THEIRS = replace(CARD_PROVIDER, inbox=Inbox(identify=_identify, check=_check, names=_names, keeps=(SIGNATURE,)))


@pytest.fixture(autouse=True)
def connected(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(inboxes, "adapter_of", lambda source: THEIRS if source == "theirs" else None)
    with override_settings(WEBHOOK_SECRETS={"theirs": SECRET}):
        yield


def _post(body: bytes, signature: str) -> Any:
    return Client().post("/hooks/theirs", body, content_type="application/json", headers={SIGNATURE: signature})


def test_its_own_signature_id_and_names_are_read(sent: Leg) -> None:
    body = json.dumps({"event": 4711, "your_reference": sent.reference}).encode()
    assert [_post(body, _signed(body)).status_code for _ in range(2)] == [202, 200]
    stored = InboundWebhook.objects.get()
    assert (stored.webhook_id, stored.status, stored.transfer_id) == ("4711", "processed", sent.transfer_id)
    assert stored.headers[SIGNATURE] == _signed(body)
    due = Transfer.objects.get(pk=sent.transfer_id).due_at
    assert due is not None
    assert due <= clock.now()


@pytest.mark.parametrize("signature", ["", "00", _signed(b"another body")])
def test_what_it_did_not_sign_is_refused_and_recorded(sent: Leg, signature: str) -> None:
    before = Transfer.objects.get(pk=sent.transfer_id).due_at
    body = json.dumps({"event": 4711, "your_reference": sent.reference}).encode()
    assert _post(body, signature).status_code == 401
    refused = InboundWebhook.objects.get()
    assert (refused.status, refused.webhook_id, refused.detail) == ("rejected", "4711", "Their signature does not fit.")
    assert Transfer.objects.get(pk=sent.transfer_id).due_at == before


def test_the_scheme_of_the_sandbox_is_not_taken_from_it(sent: Leg) -> None:
    assert _post(b"not their message", _signed(b"not their message")).status_code == 401
    assert InboundWebhook.objects.get().webhook_id == ""
