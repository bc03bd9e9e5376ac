"""Many people at once, in a database where commits are real."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from django.db import connection

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
