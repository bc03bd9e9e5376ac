"""What the trail says of a press that was refused: who, what about, in the words they read, and no secret."""

from typing import Any

import pytest
from django.db import transaction
from django.test import Client as Browser
from django.urls import reverse

from approvals.models import Client
from audit.commands import record_refusal
from audit.context import Actor, ActorType, bind
from audit.models import AuditEvent
from audit.queries import refusal_is_kept
from tests.console.office import operator_with
from transfers.errors import Refused, Unavailable
from transfers.outbox import endpoints

NEW = "rather a long new secret 1"


def _told() -> AuditEvent:
    return AuditEvent.objects.get(outcome="refused")


def test_it_names_what_was_refused_and_why(client: Any, transfer: Any, cast: Any):
    client.force_login(cast.maker)
    url = reverse("console:transfer-nudge", args=[transfer.pk, "retry"])
    answer = client.post(url, {"reason": "because"})
    assert answer.status_code == 409
    told = _told()
    assert (told.type, told.resource_type, told.resource_id) == ("console.refused", "transfer", str(transfer.pk))
    assert told.transaction_id == transfer.pk
    assert told.reason == answer.context["error"]
    assert told.metadata["view"] == "console:transfer-nudge"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (Refused("webhook_url", "No.", {"url": "It leads to a private network."}), "url: It leads to a private network."),
        (Unavailable("No name server answers."), "No name server answers."),
    ],
)
def test_it_says_what_the_form_says_and_keeps_no_password_of_an_address(
    client: Any, cast: Any, books: Any, monkeypatch: pytest.MonkeyPatch, error: Exception, words: str
):
    client.force_login(operator_with(cast, "admin", Client.objects.get(pk="globex")))

    def refuse(**_: Any) -> None:
        raise error

    monkeypatch.setattr(endpoints, "add", refuse)
    form = {"client": "globex", "url": f"https://x:{NEW}@example.com/".replace(" ", ""), "events": ["*"], "reason": "asked for"}
    assert client.post(reverse("console:webhook-new"), form).status_code == 422
    assert _told().reason == words
    assert NEW.replace(" ", "") not in str(AuditEvent.objects.filter(outcome="refused").values())


def test_nothing_that_was_filled_in_is_kept(checker: Any):
    form = {"old_password": "not mine, I think", "new_password1": NEW, "new_password2": NEW}
    assert checker.post("/account/password/", form).status_code == 422
    told = _told()
    assert told.resource_id == "access:password"
    assert "old_password" in told.metadata["fields"]
    kept = str(AuditEvent.objects.filter(pk=told.pk).values())
    assert NEW not in kept
    assert "not mine" not in kept


def test_a_forged_form_is_told(client: Any, cast: Any):
    browser = Browser(enforce_csrf_checks=True)
    browser.force_login(cast.checker)
    assert browser.post("/account/", {"time_zone": "UTC"}).status_code == 403
    assert _told().metadata["status"] == 403


def test_an_event_that_was_rolled_back_is_not_counted_as_told(db: None):
    with bind(Actor(ActorType.OPERATOR, "checker"), request_id="one"):
        point = transaction.savepoint()
        record_refusal(type="console.refused", resource_type="page", resource_id="none", reason="no")
        assert refusal_is_kept()
        transaction.savepoint_rollback(point)
        assert not refusal_is_kept()
