"""`pages`: what people and clients read, with ever more transfers behind it. The first size is what the others are measured by."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import quantiles
from typing import Any

from backoffice.bench import machine
from backoffice.bench.pages import house
from backoffice.bench.pages.desks import Desk, Look, desks
from backoffice.bench.pipeline.house import application, open_pipeline_house
from backoffice.bench.pipeline.outside import leading_to, outside
from backoffice.bench.pipeline.recording import record
from backoffice.bench.pipeline.sides import quiet
from backoffice.bench.report import BenchBroken, Figure, Ratio, Report
from backoffice.bench.scale import Scale
from backoffice.bench.scratch import Scratch, using

# A page may cost a fifth more: so many for the same processor time must be left.
FLAT = 1 / 1.2
NOTES = (
    "through Django's whole stack in this process, without a socket; every size has as many rows to show",
    "rates and ratios are by processor time, of this process and of the server process behind it, of the cheaper half of the visits"
    " of a round; p50 and p95 are of the clock and of all visits",
)


@dataclass(slots=True)
class Page:
    """One page at one size: questions of the database, and each round's visits."""

    name: str
    size: int
    asked: int
    rounds: list[list[Look]] = field(default_factory=list)

    @property
    def figure(self) -> Figure:
        return Figure(f"{self.name}, {self.size:,} transfers", "visits", tuple(map(_rate, self.rounds)))

    def __str__(self) -> str:
        looks = [look for visits in self.rounds for look in visits]
        cuts = quantiles([look.clock_s for look in looks], n=20, method="inclusive")
        processor = 1000 / self.figure.median
        return f"with {self.size:,} {processor:.1f}; {1000 * cuts[9]:.1f} / {1000 * cuts[18]:.1f}"


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
        with desks(databases, callers[0], scale.every_nth_page) as opened:
            pages = measure(opened, scale)
            workers = {f"parallel workers of the server, with {desk.size:,}": desk.parallel_workers() for desk in opened}
    return report(facts, pages, workers)


def measure(opened: Sequence[Desk], scale: Scale) -> list[list[Page]]:
    """Page by page at every size: visits of the same page follow each other, in an order that turns round each time."""
    return [_page(opened, place, scale) for place, _ in enumerate(opened[0].visits)]


def _page(opened: Sequence[Desk], place: int, scale: Scale) -> list[Page]:
    """The first visit warms up and the second is asked how many questions it has."""
    for desk in opened:
        desk.look(place)
    pages = [Page(desk.visits[place].name, desk.size, desk.questions(place)) for desk in opened]
    sides = list(zip(opened, pages, strict=True))
    for _ in range(scale.rounds):
        for page in pages:
            page.rounds.append([])
        for number in range(scale.page_visits):
            for desk, page in sides if number % 2 else reversed(sides):
                page.rounds[-1].append(desk.look(place))
    return pages


def _rate(visits: Sequence[Look]) -> float:
    cheaper = sorted(look.processor_s for look in visits)[: len(visits) // 2 + 1]
    return len(cheaper) / sum(cheaper)


def report(server: dict[str, Any], pages: Sequence[Sequence[Page]], workers: dict[str, int]) -> Report:
    """Raises BenchBroken when a page asks more questions the longer the past is."""
    more = {first.name: (first.asked, page.asked) for first, *others in pages for page in others if page.asked > first.asked}
    if more:
        raise BenchBroken(f"pages ask more with more transfers behind them: {more}")
    return Report(
        "pages",
        server,
        [page.figure for sizes in pages for page in sizes],
        [
            Ratio.of(f"{page.figure.name}, of the first size", page.figure, first.figure, FLAT)
            for first, *others in pages
            for page in others
        ],
        facts={f"{sizes[0].name}: questions; ms of processor; ms p50 / p95": _said(sizes) for sizes in pages} | workers,
        notes=NOTES,
    )


def _said(sizes: Sequence[Page]) -> str:
    return "; ".join([str(sizes[0].asked), *map(str, sizes)])
