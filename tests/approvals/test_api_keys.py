"""approvals.commands.api_keys: the right key opens, everything else is silence."""

import hashlib
from datetime import timedelta
from typing import Any

import pytest

from approvals.commands import authenticate_key, create_client, deactivate_person, issue_api_key, revoke_api_key, set_client_status
from approvals.errors import ApiKeyInvalid, Unknown
from approvals.models import ApiKey
from approvals.queries import api_keys_of, controllers_of
from audit.identity import new_id
from audit.models import AuditEvent
from tests.approvals.conftest import NOON, Clock, People

pytestmark = pytest.mark.django_db


def _issue(people: People, **changes: Any) -> tuple[ApiKey, str]:
    arguments = {"client_id": "acme", "name": "server", "scopes": ["transfers:write"], "controllers": [people.maker.id]}
    return issue_api_key(**arguments | changes)


@pytest.fixture(autouse=True)
def _acme(people: People) -> None:
    create_client(client_id="acme", name="Acme")


def test_a_key_is_shown_once_and_kept_as_a_hash(people: People) -> None:
    key, raw = _issue(people, scopes=["transfers:write", "balances:read", "transfers:write"])
    prefix, secret = raw.removeprefix("csk_").split("_", 1)
    assert key.prefix == prefix
    assert bytes(key.secret_hash) == hashlib.sha256(secret.encode()).digest()
    assert key.scopes == ["balances:read", "transfers:write"]
    assert secret not in str(AuditEvent.objects.get(type="approvals.api_key_issued").__dict__)
    assert controllers_of(key) == (people.maker.id,)
    assert api_keys_of("acme") == [key]


def test_the_right_key_opens(people: People) -> None:
    for _ in range(20):  # secrets may hold "_" and "-": every one must be read back whole
        key, raw = _issue(people)
        assert authenticate_key(raw, "203.0.113.9") == key


def test_no_two_keys_are_alike(people: People) -> None:
    issued = [_issue(people)[1] for _ in range(20)]
    assert len(set(issued)) == 20
    assert min(map(len, issued)) >= len("csk_") + 10 + 1 + 43


def _wrong(raw: str) -> list[str]:
    head, secret = raw[:15], raw[15:]
    other = "A" if secret[0] != "A" else "B"
    swapped = raw[:4] + ("a" if raw[4] != "a" else "b") + raw[5:]
    return [
        "",
        "csk_",
        raw[:-1],
        raw + "x",
        head + other + secret[1:],
        swapped,
        raw.upper(),
        f" {raw}",
        f"{raw}\n",
        head,
        "Bearer " + raw,
        "é",
    ]


def test_every_other_text_is_refused(people: People) -> None:
    _, raw = _issue(people)
    _, other = _issue(people)
    mixed = raw[:15] + other[15:]
    assert [text for text in [*_wrong(raw), mixed] if authenticate_key(text, None) is not None] == []


def test_a_key_ends_when_it_expires(people: People, moment: Clock) -> None:
    _, raw = _issue(people, expires_at=NOON + timedelta(days=1))
    assert authenticate_key(raw, None) is not None
    moment.advance(days=1)
    assert authenticate_key(raw, None) is None


def test_a_revoked_key_is_refused_for_good(people: People) -> None:
    key, raw = _issue(people)
    revoke_api_key(key_id=key.id, reason="leaked")
    revoke_api_key(key_id=key.id, reason="again")
    assert authenticate_key(raw, None) is None
    assert [event.reason for event in AuditEvent.objects.filter(type="approvals.api_key_revoked")] == ["leaked"]
    with pytest.raises(Unknown):
        revoke_api_key(key_id=new_id(), reason="what")


@pytest.mark.parametrize("status", ["suspended", "closed"])
def test_a_client_that_is_not_active_has_no_key(people: People, status: str) -> None:
    _, raw = _issue(people)
    set_client_status(client_id="acme", status=status, reason="review")
    assert authenticate_key(raw, None) is None


@pytest.mark.parametrize(
    ("address", "opens"),
    [
        ("203.0.113.9", True),
        ("::ffff:203.0.113.9", True),
        ("2001:db8::7", True),
        ("203.0.114.9", False),
        ("2001:db9::7", False),
        ("", False),
        (None, False),
        ("not an address", False),
    ],
)
def test_a_bound_key_opens_only_from_its_networks(people: People, address: str | None, opens: bool) -> None:
    _, raw = _issue(people, allowed_networks=["203.0.113.0/24", "2001:db8::/32"])
    assert (authenticate_key(raw, address) is not None) is opens


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"controllers": []}, ApiKeyInvalid),
        ({"controllers": [new_id()]}, Unknown),
        ({"client_id": "nobody"}, Unknown),
        ({"scopes": []}, ApiKeyInvalid),
        ({"scopes": ["all of it"]}, ApiKeyInvalid),
        ({"allowed_networks": ["203.0.113.1/24"]}, ApiKeyInvalid),
        ({"allowed_networks": ["here"]}, ApiKeyInvalid),
    ],
)
def test_a_key_that_nobody_answers_for_or_that_means_nothing_is_not_issued(
    people: People, changes: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        _issue(people, **changes)
    assert ApiKey.objects.count() == 0


def test_somebody_who_has_left_does_not_answer_for_a_key(people: People) -> None:
    deactivate_person(person_id=people.maker.id, reason="left")
    with pytest.raises(Unknown):
        _issue(people)


def test_use_is_noted_at_most_once_a_minute(people: People, moment: Clock) -> None:
    key, raw = _issue(people)
    noted = []
    for seconds in (0, 30, 40):
        moment.advance(seconds=seconds)
        authenticate_key(raw, None)
        noted.append(ApiKey.objects.get(id=key.id).last_used_at)
    assert noted == [NOON, NOON, NOON + timedelta(seconds=70)]
    authenticate_key(raw + "x", None)
    assert ApiKey.objects.get(id=key.id).last_used_at == NOON + timedelta(seconds=70)
