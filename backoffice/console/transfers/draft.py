"""An order before it is given: what it would cost, what is there to pay it, and what the policy would say. Nothing is written."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from approvals.models import Corridor, Destination
from approvals.policy.evaluate import evaluate
from approvals.policy.facts import TransferFacts
from approvals.queries import active_set, destination_status, destinations_of, limit_usage, sentence_of
from approvals.queries.halts import halt_covering
from approvals.queries.policy import rules_of
from audit import clock
from backoffice.access.models import Operator
from backoffice.console.approvals.queue import destination_number
from backoffice.console.parts import Badge, LimitBar, Tone
from backoffice.console.transfers.reasons import PolicySummary, summary
from backoffice.console.words import badge_for
from ledger import chart
from ledger.errors import UnknownAccount
from ledger.queries import AccountBalance, balance, unit
from transfers.bounds import minimum_target
from transfers.commands import pricing
from transfers.commands.orders import Understood, WithdrawalOrder, lanes_to, understand
from transfers.commands.quotes import named_quote
from transfers.errors import Refused
from transfers.pricing.valuation import valuations
from transfers.rails.base import RailError
from transfers.states import CONVERTING


@dataclass(frozen=True, slots=True)
class Choice:
    """A destination of the client, and whether it can be used now. `corridors` are the lanes that reach it."""

    destination: Destination
    number: str
    badge: Badge
    is_usable: bool
    note: str
    corridors: list[Corridor]


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """Amounts are minor units: `fee` and `total` (the most that is debited) of the source asset, `target` of the target asset,
    None where no price is to be had now. `obstacle` says why it would be refused; empty when it would be accepted."""

    understood: Understood
    number: str
    label: str
    fee: int
    total: int
    funds: AccountBalance | None
    limits: list[LimitBar]
    policy: PolicySummary
    quorum: int
    role: str
    is_conversion: bool
    target: int | None
    least_target: int | None
    obstacle: str

    @property
    def after(self) -> int:
        """What would be left available if all of it were debited; below zero where it is not covered."""
        return (self.funds.available if self.funds else 0) - self.total


def choices(client_id: str) -> list[Choice]:
    """Usable ones first, then by age."""
    found = [_choice(destination) for destination in destinations_of(client_id)]
    return sorted(found, key=lambda choice: not choice.is_usable)


def _choice(destination: Destination) -> Choice:
    status = destination_status(destination)
    corridors = lanes_to(destination)
    note = ""
    if status == "cooling_off":
        note = f"can be used from {destination.cooling_off_until:%Y-%m-%d %H:%M} UTC"
    elif status == "blocked":
        note = "may not be used; compliance knows why"
    elif not corridors:
        note = "no active corridor reaches it"
    badge = badge_for(status) if corridors or status != "allowed" else Badge("not reachable", Tone.LOOK)
    usable = status == "allowed" and bool(corridors)
    return Choice(destination, destination_number(destination.details), badge, usable, note, corridors)


def order_of(
    *, client_id: str, destination: Destination, amount: str, corridor: str, reference: str, operator: Operator
) -> WithdrawalOrder:
    """The order these fields mean. Raises Refused when the corridor is not clear, and for an account without a person."""
    if operator.person_id is None:
        raise Refused(
            "invalid_request", "Your account belongs to no person, so nobody could tell who may approve it. Ask an admin."
        )
    lane = _lane(lanes_to(destination), corridor)
    return WithdrawalOrder(
        client_id=client_id,
        source_currency=lane.source_asset_id,
        target_currency=lane.target_asset_id,
        amount=amount,
        destination=destination.details,
        corridor=lane.pk,
        reference=reference,
        makers=(operator.person_id,),
        made_by=operator.get_username(),
        made_by_type="operator",
    )


def _lane(lanes: Iterable[Corridor], chosen: str) -> Corridor:
    fitting = [lane for lane in lanes if chosen in ("", lane.pk)]
    if len(fitting) == 1:
        return fitting[0]
    if not fitting:
        raise Refused("unsupported_currency", "No active corridor reaches that destination.", {"destination": "Out of reach."})
    names = ", ".join(lane.pk for lane in fitting)
    raise Refused("corridor_ambiguous", "More than one corridor reaches it: choose one.", {"corridor": f"One of {names}."})


def review(order: WithdrawalOrder) -> Review:
    """What would happen to it now. Raises Refused where it is clear already that it would not be accepted."""
    understood = understand(order)
    corridor, amount = understood.corridor, understood.amount
    fee = pricing.fee_of(corridor, amount)
    funds = _funds(understood)
    usage = limit_usage(understood.client.pk, corridor.pk, corridor.source_asset_id)
    limits = [
        LimitBar(one.title, one.used if one.window == "day" else 0, one.amount, corridor.source_asset_id, amount) for one in usage
    ]
    policy, quorum, role = _policy(understood, order)
    target = _indicative(understood, order.quote_id)
    return Review(
        understood=understood,
        number=destination_number(understood.details),
        label=_label(understood),
        fee=fee,
        total=amount + fee,
        funds=funds,
        limits=limits,
        policy=policy,
        quorum=quorum,
        role=role,
        is_conversion=understood.route in CONVERTING,
        target=target,
        least_target=None if target is None else minimum_target(target, slippage_bps=corridor.slippage_bps),
        obstacle=_obstacle(understood, amount + fee, funds, limits, policy),
    )


def _label(understood: Understood) -> str:
    """What the client calls the destination: nothing is judged by it, so what is read for judging leaves it out."""
    if understood.destination is None:
        return ""
    return Destination.objects.values_list("label", flat=True).get(pk=understood.destination.pk)


def _touched(understood: Understood) -> dict[str, list[str]]:
    """What the order would touch, by the scope of a halt: as accepting it checks."""
    client, corridor = understood.client.pk, understood.corridor
    return {
        "client": [client],
        "account": [chart.client_account_code(client, corridor.source_asset_id)],
        "asset": [corridor.source_asset_id, corridor.target_asset_id],
        "corridor": [corridor.pk],
        "destination": [understood.destination_id],
    }


def _funds(understood: Understood) -> AccountBalance | None:
    try:
        return balance(chart.client_account_code(understood.client.pk, understood.corridor.source_asset_id))
    except UnknownAccount:
        return None


def _policy(understood: Understood, order: WithdrawalOrder) -> tuple[PolicySummary, int, str]:
    """The active set on the facts of this order; it is asked again, and binds, when the order is given."""
    policy_set = active_set()
    if policy_set is None:
        return summary("deny", 0, []), 0, ""
    asset, rules = unit(understood.corridor.source_asset_id), rules_of(policy_set)
    facts = TransferFacts(
        client_id=understood.client.pk,
        route=understood.route,
        corridor_id=understood.corridor.pk,
        asset_id=asset.id,
        amount=understood.amount,
        destination_kind=understood.wanted.kind,
        destination_id=understood.destination_id,
        destination_status=understood.destination_status,
        country=understood.country,
        made_by_type=order.made_by_type,
        asset_exponent=asset.exponent,
        values=valuations(rules, asset.id),
    )
    decision = evaluate(facts, rules)
    return summary(decision.outcome, policy_set.version, decision.trace), decision.quorum, decision.role


def _indicative(understood: Understood, quote_id: UUID | None) -> int | None:
    """What the destination would get: on chain the amount itself, else what the named quote or the desk says now."""
    if understood.route not in CONVERTING:
        return understood.amount
    if quote_id is not None:
        return int(named_quote(quote_id, understood).target_amount)
    try:
        return pricing.price(understood.corridor, understood.amount).target_amount
    except RailError:
        return None


def _is_unvalued(seen: dict[str, Any]) -> bool:
    """A band that no reference rate was there for."""
    return "value" in seen and not seen["value"]["rate"]


def _obstacle(
    understood: Understood, total: int, funds: AccountBalance | None, limits: list[LimitBar], policy: PolicySummary
) -> str:
    if halt := halt_covering(_touched(understood)):
        return sentence_of(halt)
    if policy.outcome == "deny":
        if understood.destination is not None and understood.destination_status == "cooling_off":
            left = understood.destination.cooling_off_until - clock.now()
            return f"The destination is cooling off for another {max(int(left.total_seconds() // 60), 1)} minutes."
        unvalued = next((seen["why"] for rule in policy.rules for seen in rule["criteria"] if _is_unvalued(seen)), "")
        return f"The policy denies it: {unvalued}" if unvalued else "The policy denies it."
    if funds is None:
        return "The client has no balance in this asset."
    if funds.available < total:
        return "The available balance does not cover amount and fee."
    over = next((limit for limit in limits if limit.used + limit.this > limit.amount), None)
    return f"It would exceed a limit: {over.title}." if over else ""
