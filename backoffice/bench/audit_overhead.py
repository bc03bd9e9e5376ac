"""`audit-overhead`: withdrawals with their holds, with and without their audit events.

Two copies of one database; in the second, the functions that record return at once. Nothing else differs.
"""

from collections.abc import Callable
from dataclasses import replace

from django.db import connection

from backoffice.bench import evidence, machine
from backoffice.bench.crew import Crew, Seat, crew, interleaved
from backoffice.bench.history import open_working_house
from backoffice.bench.load import AMOUNT, FEE, withdrawals
from backoffice.bench.report import BenchBroken, Ratio, Report
from backoffice.bench.scale import Scale
from backoffice.bench.scratch import Scratch, using
from backoffice.bench.sides import posting_of
from ledger.commands import PlaceHold, SettleHold, apply_holds, post

OF_WITHOUT = 0.85
_SIDES = {"withdraw": "backoffice.bench.audit_overhead.withdraw"}
_RETURN_AT_ONCE = (
    "CREATE OR REPLACE FUNCTION audit_record(event jsonb) RETURNS uuid LANGUAGE sql AS 'SELECT NULL::uuid'",
    "CREATE OR REPLACE FUNCTION audit_record_all(shared jsonb, events jsonb[]) RETURNS void LANGUAGE sql AS ''",
)


def run(scratch: Scratch, scale: Scale) -> Report:
    with using(scratch.base):
        server = machine.facts()
        open_working_house(scratch.base, scale)
    silent = scratch.copy("without_events")
    with using(silent), connection.cursor() as cursor:
        for function in _RETURN_AT_ONCE:
            cursor.execute(function)
    processes = scale.processes[-1]
    with (
        crew(_SIDES, _seats(scratch.base, processes, scale)) as recorded,
        crew(_SIDES, _seats(silent, processes, scale)) as unrecorded,
    ):
        named = {"with their audit events": (recorded, "withdraw"), "without": (unrecorded, "withdraw")}
        having, lacking = interleaved(named, unit="withdrawals", rounds=scale.rounds, budget=scale.budget).values()
        facts = {"with": _rows(scratch.base, recorded, events=True), "without": _rows(silent, unrecorded, events=False)}
    return Report(
        "audit-overhead",
        server,
        [having, lacking],
        [Ratio.of("of the same without audit events", having, lacking, OF_WITHOUT)],
        facts=facts,
        notes=[
            f"{processes} processes; one withdrawal: its hold is placed (a commit), then it is booked and settles it (a commit)",
            "audit events of one withdrawal: hold placed, hold settled, posting",
        ],
    )


def withdraw(seat: Seat) -> Callable[[], None]:
    """Place the hold for amount and fee, then book the withdrawal that settles it."""
    orders = withdrawals("held", seat.number, scale=seat.wishes["scale"])

    def one() -> None:
        order = next(orders)
        apply_holds(PlaceHold(order.reference, order.client, AMOUNT + FEE), transaction_id=order.transaction_id)
        post(replace(posting_of(order), holds=(SettleHold(order.reference, AMOUNT + FEE),)))

    return one


def _seats(database: str, processes: int, scale: Scale) -> list[Seat]:
    return [Seat(database, number, {"scale": scale}) for number in range(processes)]


def _rows(database: str, members: Crew, *, events: bool) -> dict[str, int]:
    """What the withdrawals left in `database`; raises BenchBroken when something is missing, or is there and should not be."""
    done = members.done["withdraw"]
    with using(database):
        rows = evidence.same_postings({"held": done}, events=int(events))["held"]
        held = evidence.holds()["held"]
    if held != {"holds": done, "events": 2 * done * events}:
        raise BenchBroken(f"{done} withdrawals left {held}")
    return rows | {"holds": held["holds"], "events on holds": held["events"]}
