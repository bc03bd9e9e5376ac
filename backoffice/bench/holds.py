"""`holds`: many processes place holds on one account, against the bare row lock that they all have to wait for."""

from collections.abc import Callable
from contextlib import suppress
from itertools import count
from typing import Any

from psycopg.types.json import Jsonb

from audit.clock import now
from audit.context import current
from backoffice.bench import evidence, machine
from backoffice.bench.crew import Crew, Seat, crew, interleaved
from backoffice.bench.history import open_working_house
from backoffice.bench.load import client
from backoffice.bench.report import BenchBroken, Ratio, Report
from backoffice.bench.scale import Budget, Scale
from backoffice.bench.scratch import Scratch, connect, using
from backoffice.bench.sides import account_ids
from ledger.commands import PlaceHold, apply_holds
from ledger.errors import InsufficientFunds
from ledger.queries import balance

OF_ROW_LOCK = 0.7
AMOUNT = 1_000
RICH, SCARCE = client(0), client(1)
_BARE = "SELECT bench_hold(%s, %s, %s, %s, %s, %s, %s)"
_SIDES = {side: f"backoffice.bench.holds.{side}" for side in ("ours", "bare", "scarce")}


def run(scratch: Scratch, scale: Scale) -> Report:
    with using(scratch.base):
        server = machine.facts()
        open_working_house(scratch.base, scale)
        evidence.load_sql("floor")
        seats = [Seat(scratch.base, number, {"funds_for": scale.hold_funds}) for number in range(scale.hold_processes)]
        with crew(_SIDES, seats) as members:
            named = {"apply_holds()": (members, "ours"), "bare SQL function with the row lock": (members, "bare")}
            figures = interleaved(named, unit="holds", rounds=scale.rounds, budget=scale.budget)
            scarcity = _scarcity(members, scale)
        ours, bare = figures.values()
        return Report(
            "holds",
            server,
            [ours, bare],
            [Ratio.of("of the row-lock floor", ours, bare, OF_ROW_LOCK)],
            facts={"holds written": _written(members), "scarce account": scarcity},
            notes=[f"{len(seats)} processes, all on one account; one hold: 1 row, 1 balance, 1 audit event; a commit"],
        )


def ours(seat: Seat) -> Callable[[], None]:
    numbers = count()
    return lambda: apply_holds(PlaceHold(f"ours-{seat.number}-{next(numbers)}", RICH, AMOUNT))


def scarce(seat: Seat) -> Callable[[], None]:
    """Place one of as many holds as there are funds for, and be refused after that."""
    numbers, amount = count(), balance(SCARCE).available // seat.wishes["funds_for"]

    def one() -> None:
        with suppress(InsufficientFunds):
            apply_holds(PlaceHold(f"scarce-{seat.number}-{next(numbers)}", SCARCE, amount))

    return one


def bare(seat: Seat) -> Callable[[], None]:
    session, account = connect(seat.database), account_ids(seat.database)[RICH]
    numbers, context = count(), current()

    def one() -> None:
        reference = f"bare-{seat.number}-{next(numbers)}"
        operation = {"op": "place", "reference": reference, "account": RICH, "amount": str(AMOUNT)}
        session.execute(_BARE, (reference, account, AMOUNT, context.correlation_id, context.actor.id, now(), Jsonb(operation)))

    return one


def _written(members: Crew) -> dict[str, dict[str, int]]:
    """Holds and their events, by side; raises BenchBroken when a side left other than it says."""
    rows = evidence.holds()
    for side in ("ours", "bare"):
        if rows[side] != {"holds": members.done[side], "events": members.done[side]}:
            raise BenchBroken(f"{side} says it placed {members.done[side]} holds, but left {rows[side]}")
    return {side: rows[side] for side in ("ours", "bare")}


def _scarcity(members: Crew, scale: Scale) -> dict[str, Any]:
    """Twice as many attempts as there are funds for; raises BenchBroken unless exactly the funded ones were placed."""
    amount = balance(SCARCE).available // scale.hold_funds
    attempts = members.round("scarce", Budget(60.0, 2 * scale.hold_funds // scale.hold_processes + 1)).done
    held = balance(SCARCE).held
    found = {"attempts": attempts, "funds for": scale.hold_funds, "placed": evidence.holds()["scarce"]["holds"]}
    if found["placed"] != scale.hold_funds or held != amount * scale.hold_funds:
        raise BenchBroken(f"holds on a scarce account: {found}, held {held}")
    return found
