"""Genuine messages that break their own reading."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from audit import clock
from tests.transfers.webhooks.test_inbox import message
from transfers.models import InboundWebhook, Leg, Transfer
from transfers.webhooks import commands, hints
from transfers.webhooks.inboxes import STANDARD

pytestmark = pytest.mark.django_db


def keep(body: bytes, name: str) -> None:
    commands.store(source="bank", webhook_id=name, headers={}, body=body)


@pytest.mark.usefixtures("bound")
def test_a_message_that_breaks_its_reading_holds_up_no_other(sent: Leg, monkeypatch: pytest.MonkeyPatch) -> None:
    # A reader that lets through what no database takes.
    monkeypatch.setattr(hints, "_of_hint", lambda body: json.loads(body)["data"]["end_to_end_id"])
    for name in ("a\0b", "\ud800", sent.reference):
        keep(message(name), repr(name))
    assert commands.process_stored(older_than=timedelta(0)) == 3
    assert commands.process_stored(older_than=timedelta(0)) == 0
    assert commands.reprocess(source="bank", only_failed=False, reason="again", limit=10) == {"failed": 2, "processed": 1}
    said = InboundWebhook.objects.order_by("received_at").values_list("status", "transfer_id")
    assert list(said) == [("failed", None), ("failed", None), ("processed", sent.transfer_id)]
    due_at: Any = Transfer.objects.get(pk=sent.transfer_id).due_at
    assert due_at <= clock.now()


@pytest.mark.usefixtures("bound")
def test_what_is_wrong_with_a_broken_message_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(_: bytes) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr("transfers.webhooks.commands.inbox_of", lambda _: replace(STANDARD, names=breaks))
    keep(message(), str(uuid4()))
    commands.process_stored(older_than=timedelta(0))
    assert InboundWebhook.objects.get().detail == "Reading it broke (ZeroDivisionError): read again when that is mended."
