"""Databases of a benchmark's own, on the server that the house uses: made for one run, dropped at its end, also on Ctrl-C.

One benchmark runs on a server at a time: two would measure each other. What a killed one left behind is dropped by the next.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from django.core.management import call_command
from django.db import connection
from psycopg import sql

PREFIX = "countersign_bench_"
Session = psycopg.Connection[tuple[Any, ...]]


class BenchBusy(RuntimeError):
    """Another benchmark is running on this server."""


def connect(database: str) -> Session:
    """A bare psycopg connection, autocommit, that prepares every statement at its first use."""
    return psycopg.connect(url_of(database), autocommit=True, prepare_threshold=0)


def url_of(database: str) -> str:
    """How a process of its own connects to `database` as we do."""
    here = connection.settings_dict
    address = {"host": here["HOST"], "port": here["PORT"], "user": here["USER"], "password": here["PASSWORD"]}
    given = {name: value for name, value in address.items() if value}
    return psycopg.conninfo.make_conninfo(dbname=database, **given)


@contextmanager
def using(database: str) -> Iterator[None]:
    """Let Django's connection lead to `database` inside the block."""
    settings = connection.settings_dict
    usual = settings["NAME"]
    connection.close()
    settings["NAME"] = database
    try:
        yield
    finally:
        connection.close()
        settings["NAME"] = usual


@dataclass(frozen=True, slots=True)
class Scratch:
    """`base` is migrated and belongs to nobody yet; a benchmark fills it and copies it as often as it needs sides."""

    server: Session
    base: str

    def copy(self, name: str) -> str:
        """A copy of `base` as it is now; nobody may be connected to it."""
        return _create(self.server, PREFIX + name, self.base)

    def empty(self, name: str) -> str:
        """A database with nothing in it."""
        return _create(self.server, PREFIX + name, "")


@contextmanager
def scratch(*, template: str = "") -> Iterator[Scratch]:
    """A migrated database: a copy of `template`, or migrated anew. Raises BenchBusy."""
    with connect("postgres") as server:
        row = server.execute("SELECT pg_try_advisory_lock(hashtext('countersign bench'))").fetchone()
        if row != (True,):
            raise BenchBusy("another benchmark is running on this server; two would measure each other")
        _drop_all(server)
        try:
            base = _create(server, f"{PREFIX}base", template)
            if not template:
                with using(base):
                    call_command("migrate", interactive=False, verbosity=0)
            yield Scratch(server, base)
        finally:
            _drop_all(server)
            # Said here: a session that is closed takes a moment to end, and the next benchmark would find it busy.
            server.execute("SELECT pg_advisory_unlock(hashtext('countersign bench'))")


def _create(server: Session, name: str, template: str) -> str:
    like = sql.SQL(" TEMPLATE {}").format(sql.Identifier(template)) if template else sql.SQL("")
    server.execute(sql.SQL("CREATE DATABASE {}{}").format(sql.Identifier(name), like))
    return name


def _drop_all(server: Session) -> None:
    connection.close()
    for (name,) in server.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [PREFIX]).fetchall():
        # Not WITH (FORCE): that stumbles over autovacuum, which is not ours to end; a plain DROP sends it away by itself.
        server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND usename = current_user", [name]
        )
        server.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))
