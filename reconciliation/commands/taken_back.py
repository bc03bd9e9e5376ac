"""A booked debit that returns money which came in: the sender's bank took it back.

Believed only when it bears a reason for return, names one arrival at this account, and is that arrival's whole amount. A name is
the arrival's own reference at our bank, which nobody else's payment has; or the payer's end-to-end id, where only one arrival of
that amount has it. Everything else is for people, with a break that says why.
"""

from reconciliation.commands.incoming import match_arrival
from reconciliation.commands.item_breaks import break_arrival
from reconciliation.matching import Role
from reconciliation.models import ExternalItem
from transfers import locks
from transfers.commands.deposits.taken_back import take_back, why_not
from transfers.models import Arrival

State = ExternalItem.Status


def settle_taken_back(item: ExternalItem) -> str | None:
    """The item's end, in the caller's transaction, item locked; None for what returns nothing that we know."""
    is_return = item.kind == ExternalItem.Kind.BANK_LINE and item.direction == ExternalItem.Direction.DEBIT
    if not is_return or not item.references.get("return_reason"):
        return None
    arrival = _named(item)
    if arrival is None:
        return None
    if arrival.transfer_id is not None:
        locks.transfer(arrival.transfer_id)
        arrival = Arrival.objects.select_related("transfer").get(pk=arrival.pk)
    obstacle = _difference(item, arrival) or why_not(arrival)
    if obstacle:
        break_arrival(item, arrival, f"the sender's bank takes it back, and {obstacle}")
        return State.BREAK
    taken = take_back(arrival_id=arrival.pk, bank_reason=item.references["return_reason"], evidence=_evidence(item))
    match_arrival(item, taken, Role.RETURN)
    return State.MATCHED


def _named(item: ExternalItem) -> Arrival | None:
    """The one arrival that it names; nobody guesses between several."""
    here = Arrival.objects.select_related("transfer").filter(rail="bank", account_code=item.source.account_code)
    told = item.references.get("return_text", "").split()
    by_bank = list(here.filter(facts__bank_reference__in=told)[:2])
    if len(by_bank) == 1:
        return by_bank[0]
    end_to_end_id = item.references.get("end_to_end_id", "")
    by_payer = list(here.filter(facts__end_to_end_id=end_to_end_id, amount=item.amount)[:2]) if end_to_end_id else []
    return by_payer[0] if len(by_payer) == 1 else None


def _difference(item: ExternalItem, arrival: Arrival) -> str:
    is_whole = (item.amount, item.currency) == (arrival.amount, arrival.asset_id)
    return "" if is_whole else "not for the amount that arrived"


def _evidence(item: ExternalItem) -> dict[str, str]:
    booked = {"item": str(item.id), "source": item.source_id, "booked_at": item.booked_at.isoformat()}
    return booked | {"bank_reference": item.references.get("bank_reference", "")}
