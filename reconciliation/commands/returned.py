"""A booked credit under the name of a payment of ours: money came back. All of it ends the transfer; less is for people."""

from reconciliation.commands.item_breaks import break_difference
from reconciliation.matching import Comparison
from reconciliation.models import ExternalItem
from transfers.commands.returns import SETTLED, can_come_back, dispute, take_back
from transfers.models import Leg
from transfers.states import TERMINAL

State = ExternalItem.Status


def settle_return(item: ExternalItem, leg: Leg, compared: Comparison) -> str:
    """The item's end, in the caller's transaction, item and transfer locked: matched, a break, or unmatched while our books have
    not heard yet that the payment was made."""
    transfer = leg.transfer
    is_whole = item.amount == leg.amount and item.currency == leg.asset_id and item.source.account_code == leg.account_code
    if transfer.status not in SETTLED and transfer.status not in TERMINAL:
        return State.UNMATCHED
    if not can_come_back(transfer):
        break_difference(item, leg, compared)
        return State.BREAK
    if is_whole:
        take_back(transfer_id=transfer.id, bank_reason=item.references.get("return_reason", ""), evidence=_evidence(item))
        return State.MATCHED
    break_difference(item, leg, compared)
    code = "bank_returned_short"
    reason = f"Of {leg.amount} minor units of {leg.asset_id} the bank booked {item.amount} of {item.currency} back."
    dispute(transfer, code, reason=reason, data={"item": str(item.id)})
    return State.BREAK


def _evidence(item: ExternalItem) -> dict[str, str]:
    booked = {"item": str(item.id), "source": item.source_id, "booked_at": item.booked_at.isoformat()}
    return booked | {"bank_reference": item.references.get("bank_reference", "")}
