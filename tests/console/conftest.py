"""A served site for the browser, in a database of its own: commits are real, and nothing is truncated afterwards."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from pytest_django.live_server_helper import LiveServer

from audit import context
from audit.context import Actor
from backoffice.access.models import Operator
from tests.ledger.crowd import committed_copy


@dataclass(frozen=True, slots=True)
class Site:
    """`auditor` may see everything there is on the console's own pages, and may stop the system."""

    url: str
    auditor: Operator


@pytest.fixture
def site(django_db_setup: None, django_db_blocker: Any) -> Iterator[Site]:
    # Playwright's loop runs in this thread, and Django would take the test for asynchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with django_db_blocker.unblock(), committed_copy():
        server = LiveServer("localhost")
        try:
            yield Site(server.url, _auditor())
        finally:
            server.stop()
            del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


def _auditor() -> Operator:
    from approvals.commands import create_person
    from backoffice.access.commands import grant_role, see_all_clients, sync_roles

    with context.bind(Actor.system("test")):
        sync_roles()
        operator = Operator.objects.create_user(
            "auditor", password="correct horse battery", person=create_person(name="Ada Auditor")
        )
        grant_role(operator=operator, role="compliance")
        see_all_clients(operator=operator)
    return operator
