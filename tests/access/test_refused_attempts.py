"""Whatever an operator tries and is refused leaves one event, by whichever address; a new address is walked unasked."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from audit.models import AuditEvent
from backoffice.access.commands import grant_role, see_all_clients
from backoffice.access.models import Operator
from backoffice.access.roles import ROLES

NOBODY = "00000000-0000-7000-8000-000000000000"
SAMPLES = {"UUIDConverter": NOBODY, "IntConverter": 1}
# What answers nobody's request for a change with a refusal, or tells of it elsewhere.
NOT_WALKED = {
    "account_login": "the sign-in's own events, bounded by address",
    "account_logout": "ends a session, refuses nothing",
}
# With all the roles, these are done: there is nothing to refuse.
DONE = {"console:proofs-run": "asks a worker"}
# Without it the page only asks which.
ASKED = {"console:freeze": "?account=none"}
pytestmark = pytest.mark.django_db


def _walk(patterns: Any, path: str = "/", space: str = "") -> Iterator[tuple[str, str]]:
    """Name and address of every route there is but Django's own admin, where nothing is registered; with nobody's ids."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            if pattern.namespace == "admin":
                continue
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from _walk(pattern.url_patterns, path + _filled(pattern), inner)
        elif isinstance(pattern, URLPattern):
            yield space + (pattern.name or path + _filled(pattern)), path + _filled(pattern)


def _filled(pattern: Any) -> str:
    converters = pattern.pattern.converters
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda m: str(SAMPLES.get(type(converters[m[1]]).__name__, "none")), str(pattern.pattern))


ROUTES = list(_walk(get_resolver().url_patterns))
PRESSED = [(name, path) for name, path in ROUTES if not path.startswith(("/v1/", "/hooks/")) and name not in NOT_WALKED]


def _told() -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(outcome="refused"))


@pytest.fixture
def everybody(cast: Any, as_system: Any) -> Client:
    """Somebody who may do everything there is."""
    operator = Operator.objects.create_user("all", password="correct horse battery", person=cast.outsider.person)
    for role in ROLES:
        grant_role(operator=operator, role=role)
    see_all_clients(operator=operator)
    return _browser(operator)


def _browser(operator: Operator) -> Client:
    browser = Client(raise_request_exception=False)
    browser.force_login(operator)
    return browser


def _press(browser: Client, name: str, path: str) -> int:
    """The answer's status; 405 for a page that is only read. A refusal left one event, anything else none."""
    before = len(_told())
    answer = browser.post(path + ASKED.get(name, ""), {"client": "none", "password": "not to be kept"})
    told = len(_told()) - before
    if answer.status_code == 405:
        return 405
    is_done = answer.status_code < 400 and name in DONE
    assert told == (0 if is_done else 1), f"{name} answered {answer.status_code} and left {told} events"
    return answer.status_code


def test_each_press_that_is_refused_is_told_once(everybody: Client):
    statuses = {name: _press(everybody, name, path) for name, path in PRESSED}
    assert {"console:webhook-new", "console:transfer-nudge", "access:password"} <= {n for n, s in statuses.items() if s != 405}
    assert 403 not in statuses.values()


def test_each_press_that_the_roles_do_not_allow_is_told_once(cast: Any):
    browser = _browser(cast.outsider)
    assert 403 in {_press(browser, name, path) for name, path in PRESSED}
