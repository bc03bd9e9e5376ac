"""What every test may ask for: a database with our roles, somebody to act as, and the fixed cast."""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

import hypothesis
import pytest
from django.conf import settings
from django.db import connection
from psycopg import sql

from audit import context
from audit.context import Actor, Context
from tests import order


def pytest_configure() -> None:
    # A busy machine is slow, which says nothing about the rules that are tested.
    hypothesis.settings.register_profile("house", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
    hypothesis.settings.load_profile("house")
    # Hashing a password is slow on purpose; the tests make many accounts.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.UNDECLARED_VIEWS_RAISE = True
    # Every test client is a server of its own, which would list all static files first.
    settings.WHITENOISE_AUTOREFRESH = True


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items[:] = order.arrange(items, int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")))


@pytest.fixture(scope="session", autouse=True)
def _nobody_is_asked() -> Iterator[None]:
    """See tests/four_eyes.py."""
    from tests import four_eyes

    with four_eyes.left_out(four_eyes.CORRECTIONS, four_eyes.PERIODS):
        yield


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None, django_db_blocker: Any) -> None:
    """Of several workers, one migrates for all."""
    from tests import databases

    if "PYTEST_XDIST_WORKER" in os.environ:
        with django_db_blocker.unblock():
            databases.start_from_one_for_all_workers()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """In a run without a test that needs it, pytest-django makes no test database and leaves the settings' own one connected."""
    from tests import databases

    with django_db_blocker.unblock():
        if connection.settings_dict["NAME"].startswith("test_"):
            databases.furnish()


@pytest.fixture
def as_system() -> Iterator[Context]:
    """Act as the system for the length of the test."""
    with context.bind(Actor.system("test")) as bound:
        yield bound


@contextmanager
def _database_role(name: str) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(name)).as_string(connection.connection))
    try:
        yield
    finally:
        if not connection.needs_rollback:
            with connection.cursor() as cursor:
                cursor.execute("RESET ROLE")


@pytest.fixture
def database_role(db: None) -> Callable[[str], AbstractContextManager[None]]:
    """`with database_role("countersign_web"):` has only that role's privileges. A statement that fails inside needs its own
    `transaction.atomic()`, as always in PostgreSQL."""
    return _database_role


@dataclass(frozen=True, slots=True)
class Cast:
    """The operators that every story has. Each is a person of their own; `maker_again` is a second account of the maker."""

    maker: Any
    checker: Any
    second_checker: Any
    auditor: Any
    outsider: Any
    maker_again: Any


_ROLES = {
    "maker": ("operator", "approver"),
    "checker": ("approver",),
    "second_checker": ("approver",),
    "auditor": ("compliance",),
    "outsider": (),
}


@pytest.fixture
def cast(db: None) -> Cast:
    """Maker and checkers may approve, the auditor reads, the outsider holds no role; all but the outsider see every client."""
    from approvals.commands import create_person
    from backoffice.access.commands import grant_role, see_all_clients
    from backoffice.access.models import Operator

    made: dict[str, Any] = {}
    with context.bind(Actor.system("test")):
        for name, roles in _ROLES.items():
            person = create_person(name=name.replace("_", " ").title())
            made[name] = Operator.objects.create_user(name, password="correct horse battery", person=person)
            for role in roles:
                grant_role(operator=made[name], role=role)
            if roles:
                see_all_clients(operator=made[name])
        made["maker_again"] = Operator.objects.create_user(
            "maker_again", password="correct horse battery", person=made["maker"].person
        )
        grant_role(operator=made["maker_again"], role="approver")
        see_all_clients(operator=made["maker_again"])
    return Cast(**made)
