"""`pages`: what people and clients read, with ever more transfers behind it. The first size is what the others are measured by."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import quantiles
from time import perf_counter
from typing import Any

from django.conf import settings
from django.db import connection

from backoffice.bench import machine
from backoffice.bench.pages import house
from backoffice.bench.pages.visits import Visitor
from backoffice.bench.pipeline.house import application, open_pipeline_house
from backoffice.bench.pipeline.outside import leading_to, outside
from backoffice.bench.pipeline.recording import record
from backoffice.bench.pipeline.shapes import Caller
from backoffice.bench.pipeline.sides import quiet
from backoffice.bench.report import BenchBroken, Figure, Ratio, Report
from backoffice.bench.scale import Scale
from backoffice.bench.scratch import Scratch, using

# A page may take a fifth longer: so many a second must be left.
FLAT = 1 / 1.2
Seconds = dict[str, list[list[float]]]


def run(scratch: Scratch, scale: Scale) -> Report:
    with outside(scratch) as world, quiet(), leading_to(world.rails):
        with using(scratch.base):
            facts = machine.facts()
            callers = open_pipeline_house(house.CLIENTS, world.wallet)
            house.open_desk()
            recordings = record(application(), callers[: house.BUSY])
        databases = {size: scratch.copy(f"pages_{size}") for size in scale.page_transfers}
        for size, database in databases.items():
            with using(database):
                house.load(recordings, size)
        asked = {size: _questions(database, callers[0], scale) for size, database in databases.items()}
        seconds = _measure(databases, callers[0], scale)
    return _report(facts, asked, seconds)


def _questions(database: str, caller: Caller, scale: Scale) -> dict[str, int]:
    """How many each page asks the database, once it is warm."""
    found: dict[str, int] = {}
    with _desk(database):
        for visit in Visitor(caller, scale.every_nth_page).visits():
            visit.look()
            asked: list[str] = []
            with connection.execute_wrapper(_noting(asked)):
                visit.look()
            found[visit.name] = len(asked)
    return found


def _noting(asked: list[str]) -> Callable[..., Any]:
    """Django's own record is thrown away at the beginning of a request."""

    def note(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        asked.append(sql)
        return execute(sql, *rest)

    return note


def _measure(databases: dict[int, str], caller: Caller, scale: Scale) -> dict[int, Seconds]:
    """Round by round, in an order that turns round each time."""
    seconds: dict[int, Seconds] = {size: defaultdict(list) for size in databases}
    for number in range(scale.rounds):
        for size in databases if number % 2 else reversed(list(databases)):
            with _desk(databases[size]):
                for visit in Visitor(caller, scale.every_nth_page).visits():
                    visit.look()
                    seconds[size][visit.name].append([_timed(visit.look) for _ in range(scale.page_visits)])
    return seconds


@contextmanager
def _desk(database: str) -> Iterator[None]:
    """As the console is served: no debugging, no compiling of templates for every page."""
    with using(database):
        debug, settings.DEBUG = settings.DEBUG, False
        try:
            yield
        finally:
            settings.DEBUG = debug


def _timed(look: Callable[[], None]) -> float:
    start = perf_counter()
    look()
    return perf_counter() - start


def _report(server: dict[str, Any], asked: dict[int, dict[str, int]], seconds: dict[int, Seconds]) -> Report:
    first, *others = seconds
    figures = {size: {name: _figure(name, size, rounds) for name, rounds in found.items()} for size, found in seconds.items()}
    ratios = [
        Ratio.of(f"{figure.name}, of the first size", figure, figures[first][name], FLAT)
        for size in others
        for name, figure in figures[size].items()
    ]
    for size in others:
        more = {name: (asked[first][name], count) for name, count in asked[size].items() if count > asked[first][name]}
        if more:
            raise BenchBroken(f"pages ask more with {size:,} transfers than with {first:,}: {more}")
    return Report(
        "pages",
        server,
        [figure for size in figures for figure in figures[size].values()],
        ratios,
        facts={f"{name}: questions; ms p50 / p95": _said(name, asked[first][name], seconds) for name in asked[first]},
        notes=[
            "through Django's whole stack in this process, without a socket; every size has as many rows to show",
            "the ratio is of the quicker half of the visits of a round, so that a busy moment weighs less; percentiles are of all",
        ],
    )


def _figure(name: str, size: int, rounds: list[list[float]]) -> Figure:
    rates = []
    for found in rounds:
        best = sorted(found)[: len(found) // 2 + 1]
        rates.append(len(best) / sum(best))
    return Figure(f"{name}, {size:,} transfers", "visits", tuple(rates))


def _said(name: str, asked: int, seconds: dict[int, Seconds]) -> str:
    sizes = []
    for size, found in seconds.items():
        cuts = quantiles([one for visits in found[name] for one in visits], n=20, method="inclusive")
        sizes.append(f"with {size:,} {1000 * cuts[9]:.1f} / {1000 * cuts[18]:.1f}")
    return f"{asked}; {', '.join(sizes)}"
