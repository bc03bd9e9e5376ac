"""Accepting an order: decided, limited, held and recorded in one database transaction, or refused without a trace of money.

Locks in their order: idempotency key, halts (shared), limit buckets, accounts. The indicative quote is asked before, outside of it.
An order that the policy lets go by itself and that needs no price is accepted in one statement (create_at_once).
"""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from uuid import UUID

from django.db import OperationalError, connection, transaction

from approvals.commands.requests import open_request
from approvals.models import ApprovalRequest, PolicyDecision
from approvals.queries.order_facts import OrderFacts, order_facts, remembered_facts
from audit import clock, context
from audit.asking import unasked
from audit.commands import record, record_refusal
from audit.identity import new_id, new_reference
from audit.rows import new_row
from ledger.money import Money
from ledger.queries import unit
from transfers import locks
from transfers.commands import gates, payload, pricing
from transfers.commands.deadlines import accepted_deadline
from transfers.commands.drawing_up import ordered
from transfers.commands.orders import Understood, WithdrawalOrder, understand
from transfers.commands.placing import Answered, Claim, Placed, place
from transfers.commands.quotes import Shown, price_for
from transfers.commands.wake import tell_clients_after_commit, wake_after_commit
from transfers.crashpoints import crashpoint
from transfers.errors import Refused
from transfers.machines import CURRENT_VERSION
from transfers.models import IdempotencyKey, Quote, Transfer
from transfers.states import CONVERTING, MoneyState, Route, Status
from transfers.synthetic import is_party
from transfers.wording import status_text, verb

# How long an order, and with it its approval, stays good.
ORDER_LIFETIME = timedelta(hours=4)
RELEASE_ACTION = "transfer.release"
# Who reviews what the policy holds: ordinary approvers cannot let it go.
REVIEW_ROLE = "compliance"


def create_withdrawal(order: WithdrawalOrder) -> Transfer:
    """The accepted transfer; for an idempotency key that already led to one, that one.

    Raises Refused (permanent; its code is public, nothing was changed, the attempt is on the audit trail) and Unavailable (try
    again).
    """
    try:
        return _create(order)
    except Refused as refusal:
        _record_refusal(order, refusal)
        raise


def create_at_once(order: WithdrawalOrder, claim: Claim) -> Answered | None:
    """The accepted transfer with its key and its answer, in one statement that is its own transaction.

    None where it takes more than that, or comes to something else: a price, people, a refusal, a key that is known or in use. Then
    nothing was done and nothing is on record, and the order goes the long way. So it does where the connection was lost: then
    nobody knows whether it was made, and the long way finds out by its key. That is why the connection is not asked first.
    """
    try:
        with unasked():
            placed, made = _at_once(order, claim, remembered_facts)
            if placed is Placed.STALE:
                placed, made = _at_once(order, claim, order_facts)
    except Refused:
        return None
    except OperationalError:
        if not _was_lost():
            raise
        return None
    if made is None or placed is not Placed.MADE:
        return None
    _committed()
    wake_after_commit(made.transfer.id)
    tell_clients_after_commit()
    return made


def _was_lost() -> bool:
    """Whether the connection went down under a statement that was alone; it is given up then."""
    raw = connection.connection
    if raw is None or not raw.closed or connection.in_atomic_block:
        return False
    connection.close()
    return True


def _at_once(order: WithdrawalOrder, claim: Claim, read: Callable[[str, str], OrderFacts]) -> tuple[Placed | None, Answered | None]:
    understood = understand(order, read)
    if order.quote_id is not None or understood.route in CONVERTING:
        return None, None
    transfer = _drawn_up(order, understood, Shown(None))
    decision = gates.decide(order, understood, transfer)
    if decision.outcome != "allow":
        return None, None
    _complete(transfer, decision, None)
    made = Answered(transfer, claim, claim.written(transfer), understood)
    return place(transfer, decision, data=ordered(transfer), answered=made), made


def _create(order: WithdrawalOrder) -> Transfer:
    understood = understand(order)
    shown = price_for(understood, order.quote_id)
    with transaction.atomic():
        earlier = None if order.key_is_new else _already_made(order.idempotency_key_id)
        if earlier is not None:
            return earlier
        transfer = _accept(order, understood, shown)
        if order.idempotency_key_id and not order.key_is_new:
            IdempotencyKey.objects.filter(pk=order.idempotency_key_id).update(transfer=transfer)
        wake_after_commit(transfer.id)
        tell_clients_after_commit()
    _committed()
    return transfer


def _committed() -> None:
    """What was written stands; where a caller's transaction is open, it stands with that."""
    crashpoint("create.after_commit")


def _already_made(key_id: UUID | None) -> Transfer | None:
    return locks.idempotency_key(key_id).transfer if key_id else None


def _accept(order: WithdrawalOrder, understood: Understood, shown: Shown) -> Transfer:
    transfer = _drawn_up(order, understood, shown)
    decision = gates.decide(order, understood, transfer)
    if decision.outcome == "deny":
        # Whoever is stopped hears of that first.
        gates.no_halt(transfer)
        raise gates.denied(understood, decision)
    request = None if decision.outcome == "allow" else _open(order, understood, transfer, decision)
    _complete(transfer, decision, request)
    place(transfer, decision, data=ordered(transfer))
    if shown.price is not None:
        pricing.store(shown.price, transfer=transfer, kind=Quote.Kind.INDICATIVE)
    return transfer


def _drawn_up(order: WithdrawalOrder, understood: Understood, shown: Shown) -> Transfer:
    """The row as it will be inserted, with the bounds that approvers sign."""
    corridor, now = understood.corridor, clock.now()
    max_fee = max(pricing.fee_of(corridor, understood.amount), shown.price.fee if shown.price else 0)
    return new_row(
        Transfer,
        id=new_id(),
        reference=new_reference(),
        client_id=understood.client.pk,
        is_synthetic=is_party(order.client_id),
        route=understood.route,
        machine_version=CURRENT_VERSION[understood.route],
        status=Status.CREATED,
        version=1,
        money_state=MoneyState.RESERVED,
        corridor_id=corridor.pk,
        source_asset_id=corridor.source_asset_id,
        target_asset_id=corridor.target_asset_id,
        source_amount=understood.amount,
        max_fee=max_fee,
        max_total_debit=understood.amount + max_fee,
        min_target_amount=shown.least(understood),
        named_quote_id=shown.named.pk if shown.named else None,
        not_after=now + ORDER_LIFETIME,
        destination_id=understood.destination.pk if understood.destination else None,
        destination_details=understood.details,
        receiver_id=understood.receiver.pk if understood.receiver else None,
        client_reference=order.reference,
        metadata=dict(order.metadata),
        correlation_id=context.current().correlation_id,
        made_by=order.made_by,
        made_by_type=order.made_by_type,
        created_at=now,
        updated_at=now,
        state_entered_at=now,
    )


def _complete(transfer: Transfer, decision: PolicyDecision, request: ApprovalRequest | None) -> None:
    """What follows from the decision. Without a request for approval the driver may begin at once."""
    transfer.policy_decision_id = decision.pk
    if request:
        transfer.approval_request = request
    transfer.due_at = transfer.not_after if request else clock.now()
    transfer.deadline_at = accepted_deadline(transfer)
    transfer.hold_reference = payload.hold_reference(transfer.reference)
    awaits = decision.outcome == "require_approval"
    transfer.status_text = status_text(Route(transfer.route), Status.CREATED, awaiting_approval=awaits)


def _open(order: WithdrawalOrder, understood: Understood, transfer: Transfer, decision: PolicyDecision) -> ApprovalRequest:
    held = decision.outcome == "hold"
    asset = unit(transfer.source_asset_id)
    amount = Money(transfer.source_amount, asset).format()
    return open_request(
        action=RELEASE_ACTION,
        subject_type="transfer",
        subject_id=str(transfer.id),
        client_id=transfer.client_id,
        title=f"{'Review: ' if held else ''}{understood.client.name} {verb(transfer.route)} {amount} {asset.code}",
        payload=payload.build(transfer, revision=1, policy_set=decision.set_id, makers=order.makers),
        quorum=max(decision.quorum, 1),
        role=REVIEW_ROLE if held else decision.role,
        expires_at=transfer.good_until,
        makers=order.makers,
        policy_decision=decision,
    )


def _record_refusal(order: WithdrawalOrder, refusal: Refused) -> None:
    """In a transaction of its own; or in the caller's, where the client API stores its refusal under the idempotency key."""
    is_with_callers = transaction.get_connection().in_atomic_block
    keep = partial(record, outcome="refused") if is_with_callers else record_refusal
    keep(
        type="transfer.refused",
        resource_type="client",
        resource_id=order.client_id,
        reason=f"{refusal.code}: {refusal.detail}",
        metadata={
            "source_currency": order.source_currency,
            "target_currency": order.target_currency,
            "amount": order.amount,
            "corridor": order.corridor or "",
            "client_reference": order.reference,
            "fields": refusal.fields,
        },
    )
