"""`posting`: withdrawals one by one through the public command, against a bare SQL function and a locking ORM version; and with a
wallet that every transaction shares, against itself without one."""

from collections.abc import Iterator

from backoffice.bench import evidence, machine
from backoffice.bench.crew import Seat, crew, interleaved
from backoffice.bench.history import open_working_house
from backoffice.bench.report import Figure, Ratio, Report
from backoffice.bench.scale import Scale
from backoffice.bench.scratch import Scratch, using

OF_BARE, OF_UNIFORM, OF_ORM = 0.6, 0.9, 8.0
CROWD = 8
_SIDES = {
    "ours": "backoffice.bench.sides.ours",
    "bare": "backoffice.bench.sides.bare",
    "hot": "backoffice.bench.sides.ours_hot",
    "orm": "backoffice.bench.orm.locking",
    "orm-hot": "backoffice.bench.orm.locking_hot",
}
_NAMES = {
    "ours": "post()",
    "bare": "bare SQL function",
    "hot": "post(), one hot wallet in every transaction",
    "orm": "locking ORM",
    "orm-hot": "locking ORM, one hot wallet in every transaction",
}


def run(scratch: Scratch, scale: Scale) -> Report:
    with using(scratch.base):
        server = machine.facts()
        open_working_house(scratch.base, scale)
        evidence.load_sql("floor", "orm")
        figures: list[Figure] = []
        ratios: list[Ratio] = []
        done: dict[str, int] = {}
        for processes in scale.processes:
            measured = _measure(scratch.base, scale, processes, done)
            figures += measured.values()
            ratios += _ratios(measured, processes)
        return Report(
            "posting",
            server,
            figures,
            ratios,
            facts={
                "rows written": evidence.same_postings(done),
                "withdrawals of post() and of the bare function, the same in every field": evidence.same_contents("ours", "bare"),
            },
            notes=[
                "one withdrawal: 1 transaction, 3 entries (1 guarded, 2 collecting accounts), 1 balance, 1 audit event; a commit",
                f"{scale.clients} clients, {scale.house} wallets and {scale.house} fee accounts, drawn uniformly",
            ],
        )


def _measure(database: str, scale: Scale, processes: int, done: dict[str, int]) -> dict[str, Figure]:
    seats = [Seat(database, processes * 100 + number, {"scale": scale}) for number in range(processes)]
    with crew(_SIDES, seats) as members:
        named = {f"{_NAMES[side]}, {_processes(processes)}": (members, side) for side in _SIDES}
        found = interleaved(named, unit="postings", rounds=scale.rounds, budget=scale.budget)
        for side, count in members.done.items():
            done[side] = done.get(side, 0) + count
    return dict(zip(_SIDES, found.values(), strict=True))


def _ratios(measured: dict[str, Figure], processes: int) -> Iterator[Ratio]:
    label = _processes(processes)
    yield Ratio.of(f"of the bare function, {label}", measured["ours"], measured["bare"], OF_BARE)
    yield Ratio.of(f"hot account, of the uniform figure, {label}", measured["hot"], measured["ours"], OF_UNIFORM)
    # Asked where the ORM version's locks matter: docs/decisions/locking-orm.md.
    yield Ratio.of(f"of the locking ORM, {label}", measured["ours"], measured["orm"], OF_ORM if processes >= CROWD else 0.0)
    yield Ratio.of(f"of the locking ORM, both with a hot account, {label}", measured["hot"], measured["orm-hot"], 0.0)


def _processes(count: int) -> str:
    return "1 process" if count == 1 else f"{count} processes"
