"""What an order must pass to be accepted, in the caller's transaction and in the order of the locks: halts, policy, limits,
funds."""

from approvals.commands.limits import consume_limits
from approvals.commands.policy import decide_policy
from approvals.errors import Halted, LimitExceeded, PolicyMissing
from approvals.models import PolicyDecision
from approvals.policy.facts import TransferFacts
from ledger import chart
from ledger.commands import PlaceHold, apply_holds
from ledger.errors import AccountClosed, InsufficientFunds, UnknownAccount
from ledger.money import Money
from ledger.queries import unit
from transfers.commands import stopped
from transfers.commands.orders import Understood, WithdrawalOrder
from transfers.errors import Refused
from transfers.models import Transfer


def no_halt(transfer: Transfer) -> None:
    """No stop covers the sender, the receiver, or anything the order touches. Raises Refused."""
    try:
        stopped.check(transfer)
    except Halted as halted:
        raise Refused(halted.code, halted.sentence) from halted


def decide(order: WithdrawalOrder, understood: Understood, transfer: Transfer) -> PolicyDecision:
    """What the policy says, stored. Raises Refused when it denies."""
    facts = TransferFacts(
        client_id=transfer.client_id,
        route=transfer.route,
        corridor_id=transfer.corridor_id or "",
        asset_id=transfer.source_asset_id,
        amount=transfer.source_amount,
        destination_kind=understood.wanted.kind,
        destination_id=understood.destination_id,
        destination_status=understood.destination_status,
        country=understood.country,
        made_by_type=order.made_by_type,
    )
    try:
        decision = decide_policy(subject_type="transfer", subject_id=str(transfer.id), facts=facts)
    except PolicyMissing as error:
        raise Refused("policy_denied", str(error)) from error
    if decision.outcome == "deny":
        raise _denied(understood)
    return decision


def _denied(understood: Understood) -> Refused:
    if understood.destination is not None and understood.destination_status == "cooling_off":
        until = understood.destination.cooling_off_until
        return Refused(
            "invalid_destination",
            f"This destination is new and can be used from {until:%Y-%m-%d %H:%M} UTC.",
            {"destination": f"In its cooling-off until {until:%Y-%m-%dT%H:%M:%SZ}."},
        )
    return Refused("policy_denied", "Our policy does not allow this transfer. Please contact support if you expected it to.")


def within_limits(transfer: Transfer) -> None:
    """Count it against every limit that covers it. Raises Refused."""
    try:
        consume_limits(
            client_id=transfer.client_id,
            corridor_id=transfer.corridor_id or "",
            asset_id=transfer.source_asset_id,
            amount=transfer.source_amount,
            subject_id=str(transfer.id),
        )
    except LimitExceeded as error:
        asset = unit(transfer.source_asset_id)
        left = Money(max(error.capacity - error.used, 0), asset).format()
        raise Refused(
            "limit_exceeded", f"{error.limit}: {left} {asset.code} are left.", {"amount": f"At most {left} now."}
        ) from error


def hold(transfer: Transfer) -> None:
    """Reserve the most that may be debited: the check and the reservation are one step in the ledger, under the account's lock.
    Raises Refused."""
    account = chart.client_account_code(transfer.client_id, transfer.source_asset_id)
    try:
        apply_holds(PlaceHold(transfer.hold_reference, account, transfer.max_total_debit), transaction_id=transfer.id)
    except InsufficientFunds as error:
        asset = unit(transfer.source_asset_id)
        have, need = Money(max(error.available, 0), asset).format(), Money(transfer.max_total_debit, asset).format()
        raise Refused(
            "insufficient_funds",
            f"{have} {asset.code} are available; amount and fee need {need}.",
            {"amount": f"{have} available."},
        ) from error
    except (UnknownAccount, AccountClosed) as error:
        code = unit(transfer.source_asset_id).code
        raise Refused(
            "insufficient_funds", f"There is no open {code} balance to pay this from.", {"source_currency": "No balance."}
        ) from error
