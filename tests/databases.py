"""One worker of pytest-xdist migrates; the others copy what it made. Tests whose commits must be real work on copies too."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.core.management import call_command
from django.db import connection, connections
from django.test.utils import setup_databases
from psycopg import sql

from backoffice.access.commands import sync_roles
from backoffice.quickstart import grants


def furnish() -> None:
    """After the migrations, what production has before it begins to serve: the cache's table, what the operators' roles may do, and
    the roles of the database with exactly their privileges."""
    call_command("createcachetable", verbosity=0)
    sync_roles()
    grants.apply()


def start_from_one_for_all_workers() -> None:
    """Let the test database that Django makes next begin as a copy of one that this run's first worker migrates."""
    here = connection.settings_dict
    template = os.environ["TEST_TEMPLATE"]
    # The others wait here until it is whole.
    with _administrator() as server:
        server.execute("SELECT pg_advisory_lock(hashtext(%s))", [template])
        if not server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [template]).fetchone():
            _migrate(here, template)
    here["TEST"]["TEMPLATE"] = template


def _migrate(here: dict[str, Any], template: str) -> None:
    names = here["NAME"], here["TEST"]["NAME"]
    here["TEST"]["NAME"] = template
    try:
        setup_databases(verbosity=0, interactive=False, aliases={"default": []})
        furnish()
    finally:
        connection.close()
        here["NAME"], here["TEST"]["NAME"] = names


@contextmanager
def committed_copy() -> Iterator[None]:
    """A copy of the test database in which commits are real, dropped afterwards. Django's own way would TRUNCATE the tables, which
    the guards refuse."""
    here = connection.settings_dict
    template, copy = here["NAME"], f"{here['NAME']}_{secrets.token_hex(4)}"
    connection.close()
    _administer(_COPY.format(sql.Identifier(copy), sql.Identifier(template)))
    here["NAME"] = copy
    try:
        yield
    finally:
        connections.close_all()
        here["NAME"] = template
        _administer(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(copy)))


# The usual way writes the whole template into the log of writes first, which costs more than most tests.
_COPY = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")


def _administer(statement: sql.Composed) -> None:
    with _administrator() as server:
        server.execute(statement)


@contextmanager
def _administrator() -> Iterator[psycopg.Connection[Any]]:
    here = connection.settings_dict
    address = {"host": here["HOST"], "port": here["PORT"], "user": here["USER"], "password": here["PASSWORD"]}
    with psycopg.connect(dbname="postgres", autocommit=True, **{key: value for key, value in address.items() if value}) as server:
        yield server
