"""Presses about webhook addresses, providers, alerts, statements and the operator's own account, sent again."""

from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from backoffice.alerts.commands import open_alert
from backoffice.alerts.models import Alert
from backoffice.alerts.rules.base import Finding, Severity
from tests.console.office import two_clients
from tests.console.repeats.presses import Windows, repeats, windows
from tests.console.test_breaks_pages import _file, _line
from tests.transfers.tame import tame_outside
from tests.transfers.world import World
from transfers.models import WebhookEndpoint, WebhookSecret
from transfers.outbox import endpoints
from transfers.outbox.secrets import newest

pytestmark = pytest.mark.django_db


@pytest.fixture
def books(as_system: Any, settings: Any) -> World:
    settings.WEBHOOK_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    return two_clients()


@repeats("webhook-new", "webhook-rotate", "webhook-switch")
def test_webhook_addresses(cast: Any, books: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoints, "look_over", lambda *_: None)
    here = windows(cast, "admin")
    here.press("/webhooks/new/", {"client": "acme", "url": "https://hooks.example.com/in", "events": ["*"], "reason": "asked for"})
    found = WebhookEndpoint.objects.get()
    rotate = {"overlap": "24", "reason": "it was mailed", "instead_of": str(newest(found.pk))}
    here.press(reverse("console:webhook-rotate", args=[found.pk]), rotate)
    assert WebhookSecret.objects.count() == 2
    for verb in ("disable", "enable", "remove"):
        here.press(reverse("console:webhook-switch", args=[found.pk, verb]), {"reason": "asked for"})


@repeats("provider-take-out", "provider-put-back")
def test_providers(cast: Any, books: World) -> None:
    with tame_outside():
        here = windows(cast, "treasury")
        here.press("/providers/bank/take-out/", {"reason": "they are moving house"})
        here.press("/providers/bank/put-back/", {"reason": "they have moved"})


@repeats("alert-acknowledge")
def test_an_alert(cast: Any, as_system: Any) -> None:
    open_alert("late", Finding(cause_key="one", severity=Severity.WARNING, title="Late", detail="It waits.", link="/", runbook="x"))
    windows(cast, "oncall").press(reverse("console:alert-acknowledge", args=[Alert.objects.get().pk]), {})


@repeats("statements")
def test_a_statement(cast: Any, books: World) -> None:
    content = _file(_line()).read()
    Windows(cast.maker).press(
        "/reconciliation/statements/", lambda: {"source": "nordbank-mxn", "file": SimpleUploadedFile("pesos.xml", content)}
    )
