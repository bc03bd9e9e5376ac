"""backoffice.postgres: a pool's connection is asked whether it lives, unless the statement may be sent again; a dead one is
replaced either way."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import pytest
from django.db import connection
from psycopg_pool import ConnectionPool

from audit.asking import unasked
from backoffice.postgres.base import DatabaseWrapper

pytestmark = pytest.mark.django_db


@pytest.fixture
def pooled() -> Iterator[DatabaseWrapper]:
    options = {**connection.settings_dict["OPTIONS"], "pool": {"min_size": 1, "max_size": 1, "timeout": 10}}
    changes = {"OPTIONS": options, "CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": False}
    wrapper = DatabaseWrapper({**connection.settings_dict, **changes}, connection.alias)
    yield wrapper
    wrapper.close()
    wrapper.close_pool()


def _session(wrapper: DatabaseWrapper) -> int:
    """The server's process behind one request's connection."""
    with wrapper.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        found: int = cursor.fetchone()[0]
    wrapper.close()
    return found


@pytest.mark.parametrize("asking", [nullcontext, unasked])
def test_a_connection_that_the_server_ended_is_replaced(
    pooled: DatabaseWrapper, asking: Callable[[], AbstractContextManager[None]]
) -> None:
    first = _session(pooled)
    assert _session(pooled) == first
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [first])
    with asking():
        assert _session(pooled) != first


@pytest.mark.parametrize(("asking", "questions"), [(nullcontext, 1), (unasked, 0)])
def test_only_who_may_send_again_goes_unasked(
    pooled: DatabaseWrapper, asking: Callable[[], AbstractContextManager[None]], questions: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    _session(pooled)
    asked: list[Any] = []
    monkeypatch.setattr(ConnectionPool, "check_connection", staticmethod(asked.append))
    with asking():
        _session(pooled)
    assert len(asked) == questions
