"""Operators who look at several databases at once, each over a connection of its own, so that visits can be next to each other."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connection, connections

from backoffice.bench.pages.visits import Visit, Visitor
from backoffice.bench.pipeline.shapes import Caller
from backoffice.bench.processor import Processor


@dataclass(frozen=True, slots=True)
class Look:
    """What one visit took: by the clock, and of the processor."""

    clock_s: float
    processor_s: float


@dataclass(slots=True)
class Desk:
    """`visits` are in the same order at every desk."""

    size: int
    wrapper: Any
    visits: list[Visit] = field(default_factory=list)
    _processor: Processor = field(default_factory=Processor)

    def look(self, place: int) -> Look:
        with self.sitting():
            processor, clock = self._processor.spent_s(), perf_counter()
            self.visits[place].look()
            return Look(perf_counter() - clock, self._processor.spent_s() - processor)

    def questions(self, place: int) -> int:
        """How many the page asks the database. Django's own record is thrown away at the beginning of a request."""
        asked: list[str] = []
        with self.sitting(), connection.execute_wrapper(_noting(asked)):
            self.visits[place].look()
        return len(asked)

    def parallel_workers(self) -> int:
        """How many the server has set to work for it: their time is in the clock only."""
        with self.sitting(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_force_next_flush()")
            cursor.execute("SELECT parallel_workers_launched FROM pg_stat_database WHERE datname = current_database()")
            return int(cursor.fetchone()[0])

    @contextmanager
    def sitting(self) -> Iterator[None]:
        """This thread's connection leads there."""
        usual = connections[DEFAULT_DB_ALIAS]
        connections[DEFAULT_DB_ALIAS] = self.wrapper
        try:
            yield
        finally:
            connections[DEFAULT_DB_ALIAS] = usual


@contextmanager
def desks(databases: Mapping[int, str], caller: Caller, every_nth: int) -> Iterator[list[Desk]]:
    """A desk at each database. As the console is served: no debugging, no compiling of templates for every page."""
    debug, settings.DEBUG = settings.DEBUG, False
    with ExitStack() as stack:
        stack.callback(setattr, settings, "DEBUG", debug)
        yield [_desk(stack, size, name, caller, every_nth) for size, name in databases.items()]


def _desk(stack: ExitStack, size: int, database: str, caller: Caller, every_nth: int) -> Desk:
    wrapper = connections[DEFAULT_DB_ALIAS].copy()
    wrapper.settings_dict["NAME"] = database
    # A connection that is renewed between two visits would be one of them's cost.
    wrapper.settings_dict["CONN_MAX_AGE"] = None
    stack.callback(wrapper.close)
    desk = Desk(size, wrapper)
    with desk.sitting():
        desk.visits = Visitor(caller, every_nth).visits()
    return desk


def _noting(asked: list[str]) -> Callable[..., Any]:
    def note(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        asked.append(sql)
        return execute(sql, *rest)

    return note
