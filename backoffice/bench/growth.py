"""`posting-growth`: the same posting with ever more entries already there. The first figure is what the others are measured by."""

from contextlib import ExitStack

from backoffice.bench import evidence, machine
from backoffice.bench.crew import Seat, crew, interleaved
from backoffice.bench.history import LINES, load_history
from backoffice.bench.load import open_house
from backoffice.bench.report import BenchBroken, Figure, Ratio, Report
from backoffice.bench.scale import Scale
from backoffice.bench.scratch import Scratch, using

FLAT = 0.85
_SIDES = {"ours": "backoffice.bench.sides.ours"}


def run(scratch: Scratch, scale: Scale) -> Report:
    with using(scratch.base):
        server = machine.facts()
        open_house(scale)
    databases = {entries: scratch.copy(f"{entries}_entries") for entries in scale.entries}
    facts = {}
    for entries, database in databases.items():
        with using(database):
            load_history(database, entries, scale)
            facts[f"before, {entries:,}"] = _history(entries)
    figures = _measure(databases, scale)
    return Report(
        "posting-growth",
        server,
        figures,
        [Ratio.of(f"{figure.name}, of the first figure", figure, figures[0], FLAT) for figure in figures[1:]],
        facts=facts,
        notes=["each size in a database of its own, one process each, in turns; loaded by COPY with parents, events and balances"],
    )


def _history(entries: int) -> dict[str, int]:
    """What is there before anything is measured; raises BenchBroken when it is not what was asked for."""
    rows = evidence.postings()[evidence.PAST]
    if not entries <= rows["entries"] < entries + LINES or rows["entries"] != LINES * rows["events"]:
        raise BenchBroken(f"{entries} entries were to be loaded, but there are {rows}")
    return rows


def _measure(databases: dict[int, str], scale: Scale) -> list[Figure]:
    with ExitStack() as stack:
        named = {}
        for number, (entries, database) in enumerate(databases.items()):
            members = stack.enter_context(crew(_SIDES, [Seat(database, number, {"scale": scale})]))
            named[f"with {entries:,} entries"] = (members, "ours")
        return list(interleaved(named, unit="postings", rounds=scale.rounds, budget=scale.budget).values())
