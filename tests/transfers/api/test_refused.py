"""Whatever a client tries and is refused leaves one event, by whichever address; a new address is walked unasked."""

import re

import pytest

from audit.models import AuditEvent
from tests.transfers.api.conftest import Caller, key_for
from tests.transfers.world import World
from transfers.api.urls import urlpatterns

NOBODY = "00000000-0000-7000-8000-000000000000"
_SCOPES = {str(one.pattern): getattr(getattr(one.callback, "cls", None), "scopes", {}) for one in urlpatterns}
CALLED = [
    (method, "/v1/" + re.sub(r"<\w+:\w+>", NOBODY, path))
    for path, scopes in _SCOPES.items()
    for method in scopes
    if method not in ("GET", "HEAD")
]
pytestmark = pytest.mark.django_db


def _told() -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(outcome="refused").order_by("recorded_at", "id"))


@pytest.mark.parametrize("scopes", [(), ("balances:read",)], ids=["with-every-scope", "without-the-scope"])
def test_each_call_that_is_refused_is_told_once(world: World, scopes: tuple[str, ...]):
    caller = Caller(key_for(world, *scopes))
    for method, path in CALLED:
        before = len(_told())
        answer = caller.send(method, path, {}, Idempotency_Key=path)
        assert 400 <= answer.status_code < 500, path
        assert len(_told()) == before + 1, f"{method} {path} answered {answer.status_code}"
    assert len(CALLED) >= 8


def test_a_refused_cancel_is_told_of_the_transfer(acme: Caller, monkeypatch: pytest.MonkeyPatch):
    made = acme.create().json()["transaction_id"]
    monkeypatch.setattr("transfers.commands.cancel.CANCELLABLE", ())
    assert acme.cancel(made).status_code == 409
    [event] = _told()
    assert (event.type, event.resource_type, event.resource_id) == ("api.refused", "transfer", made)
    assert event.reason.startswith("not_cancellable: ")
    assert (event.on_behalf_of, event.metadata["status"]) == ("acme", 409)


def test_a_refusal_that_is_answered_again_is_told_once(acme: Caller):
    assert acme.create(key="same", amount="0").status_code == 422
    assert acme.create(key="same", amount="0").status_code == 422
    assert len(_told()) == 1


def test_reading_what_is_not_there_is_no_attempt(acme: Caller):
    assert acme.get(f"/v1/transfers/{NOBODY}").status_code == 404
    assert _told() == []
