"""A create leaves it to its one statement to let the caller in; what is remembered of a key opens nothing by itself."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import override_settings

from approvals.commands import revoke_api_key, set_client_status
from approvals.models import ApiKey
from audit import clock
from tests.transfers.api.conftest import Caller, key_for, problem
from tests.transfers.world import Books, World
from transfers.models import IdempotencyKey

# One request each ten seconds: nothing comes back while a test runs.
THREE = override_settings(API_RATE_PER_SECOND="0.1", API_RATE_BURST="3")


@pytest.fixture
def known(acme: Caller) -> Caller:
    """A caller whose key this process has let in before. What it did is not counted any more."""
    assert acme.create(key="before").status_code == 201
    # The first call of a key marks it as used, the second reads that.
    assert acme.create(key="before").status_code == 201
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM transfers_api_rate")
    return acme


def _refused(caller: Caller, status: int, code: str, **changes: Any) -> None:
    before, keys = Books.now(), IdempotencyKey.objects.count()
    response = caller.create(**changes)
    assert (response.status_code, problem(response)["code"]) == (status, code)
    assert (Books.now(), IdempotencyKey.objects.count()) == (before, keys)


def test_a_create_is_one_statement(known: Caller, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(3):  # two of them are the savepoint that a test needs
        assert known.create().status_code == 201


def test_a_key_revoked_since_opens_nothing(known: Caller) -> None:
    revoke_api_key(key_id=ApiKey.objects.get().pk, reason="rotated")
    _refused(known, 401, "invalid_api_key")


def test_a_key_that_expired_since_opens_nothing(known: Caller) -> None:
    ApiKey.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    _refused(known, 401, "invalid_api_key")


def test_a_client_suspended_since_is_not_let_in(known: Caller) -> None:
    set_client_status(client_id="acme", status="suspended", reason="asked by compliance")
    _refused(known, 401, "invalid_api_key")


def test_a_key_bound_to_networks_since_opens_nothing_from_elsewhere(known: Caller) -> None:
    ApiKey.objects.update(allowed_networks=["203.0.113.0/24"])
    _refused(known, 401, "invalid_api_key")


def test_a_scope_lost_since_is_missing(known: Caller) -> None:
    ApiKey.objects.update(scopes=["transfers:read"])
    _refused(known, 403, "scope_missing")


def test_a_known_prefix_with_another_secret_opens_nothing(known: Caller) -> None:
    _refused(Caller(known.key[:-1] + ("A" if known.key[-1] != "A" else "B")), 401, "invalid_api_key")


@THREE
def test_each_create_is_counted_once(known: Caller) -> None:
    assert [known.create().status_code for _ in range(3)] == [201] * 3
    _refused(known, 429, "rate_limited")


@THREE
@pytest.mark.parametrize("changes", [{"amount": 5}, {"amount": "5000.00"}, {"destination": "0x" + "cd" * 20}, {"key": "before"}])
def test_whatever_else_a_create_comes_to_is_counted_once(known: Caller, changes: dict[str, Any]) -> None:
    statuses = [known.create(**changes).status_code for _ in range(4)]
    assert set(statuses[:3]) <= {201, 422}
    assert statuses[3] == 429


@THREE
def test_what_cannot_be_read_is_counted_too(known: Caller) -> None:
    sent = [known.send("POST", "/v1/transfers", b"{", Idempotency_Key="k").status_code for _ in range(4)]
    assert sent == [400, 400, 400, 429]
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM transfers_api_rate")
    assert [known.send("POST", "/v1/transfers", {}).status_code for _ in range(4)] == [400, 400, 400, 429]


def test_a_wrong_secret_spends_nobody_s_rate(known: Caller) -> None:
    with THREE:
        for _ in range(4):
            Caller(known.key[:-1] + ("A" if known.key[-1] != "A" else "B")).create()
        assert known.create().status_code == 201


def test_a_key_bound_to_a_network_is_judged_and_counted_too(acme: Caller, world: World) -> None:
    bound = Caller(key_for(world, allowed_networks=["127.0.0.0/8"]))
    with THREE:
        assert [bound.create().status_code for _ in range(4)] == [201, 201, 201, 429]
