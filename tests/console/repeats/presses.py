"""A press that is made again: by a double click, by the back button, from another window of the same person. Nothing happens twice,
by what every table holds."""

import functools
from collections.abc import Callable, Mapping
from typing import Any

from django.apps import apps
from django.db import connection
from django.test import Client
from django.urls import resolve

from audit import context
from audit.context import Actor
from backoffice.access.commands import see_all_clients
from backoffice.access.models import Operator
from tests.console.office import operator_with

APPS = ("access", "alerts", "approvals", "audit", "ledger", "reconciliation", "transfers")
_OF_ONE = "SELECT '{0}', count(*), md5(coalesce(string_agg(md5(x::text), '' ORDER BY md5(x::text)), '')) FROM {0} x{1}"
# That somebody was refused is told each time.
_BUT = {"audit_auditevent": " WHERE outcome <> 'refused'"}
Form = Mapping[str, Any]
_pressed: list[str] = []


def effects() -> dict[str, tuple[int, str]]:
    """Count and content of every table of ours."""
    tables = sorted(
        {model._meta.db_table for label in APPS for model in apps.get_app_config(label).get_models() if model._meta.managed}
        & set(connection.introspection.table_names())
    )
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(_OF_ONE.format(table, _BUT.get(table, "")) for table in tables))
        return {table: (count, digest) for table, count, digest in cursor.fetchall()}


def repeats(*names: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """The test makes these presses again; it fails when it does not."""

    def around(test: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(test)
        def told(*args: Any, **kwargs: Any) -> None:
            _pressed.clear()
            test(*args, **kwargs)
            assert set(_pressed) == set(names)

        told.repeats = names  # type: ignore[attr-defined]
        return told

    return around


class Windows:
    """Two sessions of one person."""

    def __init__(self, operator: Operator) -> None:
        self.operator = operator
        self.first, self.second = Client(), Client()
        for browser in (self.first, self.second):
            browser.force_login(operator)

    def press(self, url: str, form: Form | Callable[[], Form]) -> None:
        """It does something the first time, and nothing at all when the same form is sent again, wherever."""
        made = form if callable(form) else lambda: form
        before = effects()
        answer = self.first.post(url, made())
        assert answer.status_code < 400, (
            answer.status_code,
            (answer.context or {}).get("error"),
            (answer.context or {}).get("form"),
        )
        once = effects()
        assert once != before
        for browser in (self.first, self.second, self.first):
            again = browser.post(url, made())
            assert again.status_code < 500
            changed = _changed(once, effects())
            assert changed == [], changed
        _pressed.append(str(resolve(url.partition("?")[0]).url_name))


def _changed(one: dict[str, tuple[int, str]], other: dict[str, tuple[int, str]]) -> list[str]:
    return [table for table in one if one[table] != other[table]]


def windows(cast: Any, role: str) -> Windows:
    """Somebody of that role who sees every client."""
    operator = operator_with(cast, role)
    with context.bind(Actor.system("test")):
        see_all_clients(operator=operator)
    return Windows(operator)
