"""What must hold before a step commits anything: no halt covers it, and its authority is proved from what is stored."""

from approvals.models import ApprovalRequest
from transfers.commands import stopped
from transfers.commands.authority import prove
from transfers.models import Leg, Transfer


def permit(transfer: Transfer, *, legs: dict[str, Leg] | None = None, provider: str = "") -> ApprovalRequest | None:
    """In the step's transaction, transfer locked. Raises Halted, Unproven. Returns the approved request where one was needed."""
    request = prove(transfer)
    no_halt(transfer, legs=legs, provider=provider)
    return request


def no_halt(transfer: Transfer, *, legs: dict[str, Leg] | None = None, provider: str = "") -> None:
    """Raises Halted when a stop covers the client, corridor, assets, destination, provider or any account that is touched."""
    stopped.check(transfer, accounts=[leg.account_code for leg in (legs or {}).values()], provider=provider)
