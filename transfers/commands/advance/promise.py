"""What a client is told of a payout, and what the house expects: by the bank's calendar at the moment at which it is ordered."""

from typing import Any

from audit import clock
from transfers.commands import moves
from transfers.commands.deadlines import Expectation, expected_of
from transfers.models import BankAccount, Leg, Transfer


def ordered(
    transfer: Transfer,
    leg: Leg,
    expected: Expectation,
    *,
    missed: str = "",
    on_leg: dict[str, Any] | None = None,
    told: dict[str, Any] | None = None,
    **columns: Any,
) -> None:
    """The leg's days, the deadline that moves with them, and the event. `missed` says why it is later than it was promised; without
    it, why it is not worked on the day of the order, if it is not. Transfer and leg are locked."""
    plan = expected.plan
    late = missed or (plan.missed if plan else "")
    dates = {"expected_on": plan.pays_on, "missed_cut_off": late} if plan else {}
    Leg.objects.filter(pk=leg.pk).update(value_date=expected.value_date, **dates, **(on_leg or {}))
    promised = {"deadline_at": plan.late_after, "status_text": expected.words(transfer.route)} if plan else {}
    moves.note(
        transfer,
        "transfer.payout_ordered",
        reason=late,
        data={
            "leg": leg.reference,
            "end_to_end_id": leg.reference,
            "value_date": expected.value_date.isoformat(),
            "amount": str(leg.amount),
            "asset": leg.asset_id,
            **(told or {}),
            **({"code": "cut_off_missed"} if late else {}),
        },
        **columns,
        **promised,
    )


def ordered_again(transfer: Transfer, leg: Leg, account: BankAccount) -> None:
    """Before an order that the bank has never had goes out once more. Its content stays what it was, for the bank may yet find it:
    but a bank works on what it gets after its cut-off on the next business day, and so the promise moves. Transfer and leg are
    locked. Raises Refused."""
    expected = expected_of(account, clock.now())
    if leg.value_date is None or expected.plan is None or expected.value_date <= leg.value_date:
        return
    missed = f"{expected.calendar.title}: the bank did not get the order by the cut-off of {leg.value_date:%Y-%m-%d}"
    ordered(transfer, leg, expected, missed=missed, told={"again": True})
