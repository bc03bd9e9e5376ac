"""What an order must pass to be accepted, and the words of each refusal. Limits and funds are looked at where they are taken
(transfers.commands.placing)."""

from approvals.commands.policy import judged
from approvals.errors import Halted, LimitExceeded, PolicyMissing
from approvals.models import PolicyDecision
from approvals.policy.facts import TransferFacts
from ledger.errors import InsufficientFunds
from ledger.money import Money
from ledger.queries import unit
from transfers.commands import stopped
from transfers.commands.orders import Understood, WithdrawalOrder
from transfers.errors import Refused, Stopped, Waiting
from transfers.models import Transfer
from transfers.pricing.valuation import unvalued, valuations


def no_halt(transfer: Transfer) -> None:
    """No stop covers the sender, the receiver, or anything the order touches. Raises Stopped."""
    try:
        stopped.check(transfer)
    except Halted as halted:
        raise Stopped(halted.code, halted.sentence) from halted


def decide(order: WithdrawalOrder, understood: Understood, transfer: Transfer) -> PolicyDecision:
    """What the policy in force says, not stored yet. Raises Refused where there is none."""
    policy = understood.policy
    if policy is None:
        raise Refused("policy_denied", str(PolicyMissing()))
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
        asset_exponent=unit(transfer.source_asset_id).exponent,
        values=valuations(policy.rules(), transfer.source_asset_id),
    )
    subject = {"subject_type": "transfer", "subject_id": str(transfer.id)}
    return judged(**subject, facts=facts, version=policy.version, rules=policy.rules())


def denied(understood: Understood, decision: PolicyDecision) -> Refused | Waiting:
    """The refusal where the policy denies; something to wait for where it does because it cannot tell what the order is worth."""
    if waiting := unvalued(TransferFacts.from_json(decision.facts)):
        return waiting
    if understood.destination is not None and understood.destination_status == "cooling_off":
        until = understood.destination.cooling_off_until
        return Refused(
            "invalid_destination",
            f"This destination is new and can be used from {until:%Y-%m-%d %H:%M} UTC.",
            {"destination": f"In its cooling-off until {until:%Y-%m-%dT%H:%M:%SZ}."},
        )
    return Refused("policy_denied", "Our policy does not allow this transfer. Please contact support if you expected it to.")


def over_limit(error: LimitExceeded, transfer: Transfer) -> Refused:
    asset = unit(transfer.source_asset_id)
    left = Money(max(error.capacity - error.used, 0), asset).format()
    return Refused("limit_exceeded", f"{error.limit}: {left} {asset.code} are left.", {"amount": f"At most {left} now."})


def unfunded(error: InsufficientFunds, transfer: Transfer) -> Refused:
    asset = unit(transfer.source_asset_id)
    have, need = Money(max(error.available, 0), asset).format(), Money(transfer.max_total_debit, asset).format()
    return Refused(
        "insufficient_funds",
        f"{have} {asset.code} are available; amount and fee need {need}.",
        {"amount": f"{have} available."},
    )


def without_balance(transfer: Transfer) -> Refused:
    code = unit(transfer.source_asset_id).code
    return Refused("insufficient_funds", f"There is no open {code} balance to pay this from.", {"source_currency": "No balance."})
