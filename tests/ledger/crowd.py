"""Many people at once, in a database where commits are real."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier
from typing import TypeVar
from uuid import uuid4

import psycopg
from django.db import connection
from psycopg import sql

from audit.context import Actor, bind

T = TypeVar("T")


def at_once(tasks: Sequence[Callable[[], T]]) -> list[T | Exception]:
    """Run each task on a thread and connection of its own, all let go at the same moment.

    Returns each one's result, or the exception that refused it, in the order given.
    """
    gate = Barrier(len(tasks), timeout=30)

    def run(task: Callable[[], T]) -> T | Exception:
        try:
            with bind(Actor.system("crowd"), correlation_id="a test"):
                connection.ensure_connection()
                gate.wait()
                return task()
        except Exception as error:  # noqa: BLE001 - the caller counts refusals by their type
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(tasks)) as crowd:
        return list(crowd.map(run, tasks))


@contextmanager
def committed_copy() -> Iterator[None]:
    """A copy of the test database, dropped afterwards. Django's own way would TRUNCATE the tables, which the guards refuse."""
    settings = connection.settings_dict
    template, copy = settings["NAME"], f"{settings['NAME']}_{uuid4().hex[:8]}"
    connection.close()
    _maintain(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(copy), sql.Identifier(template)))
    settings["NAME"] = copy
    try:
        yield
    finally:
        connection.close()
        settings["NAME"] = template
        _maintain(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(copy)))


def _maintain(statement: sql.Composed) -> None:
    here = connection.settings_dict
    address = {"host": here["HOST"], "port": here["PORT"], "user": here["USER"], "password": here["PASSWORD"]}
    with psycopg.connect(dbname="postgres", autocommit=True, **{key: value for key, value in address.items() if value}) as server:
        server.execute(statement)
