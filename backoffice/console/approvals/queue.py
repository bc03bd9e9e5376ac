"""Rows of the approval queue: the amount first, then who, where to, why, who has decided, and how long is left."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from approvals.corrections.payload import totals
from approvals.destinations import OWN_BALANCE
from approvals.errors import PayloadTampered
from approvals.models import SEVERAL_CLIENTS, ApprovalRequest, Client, Vote
from approvals.queries import obstacle_to, payload_of
from audit import clock
from backoffice.access.models import Operator
from backoffice.access.queries import roles_held_since
from backoffice.console.counts import to_decide, visible_requests

_PAGE = 100


@dataclass(frozen=True, slots=True)
class Row:
    """`amount` in minor units of `asset`, None where the request moves no money. `obstacle` is empty for who may decide it."""

    request: ApprovalRequest
    amount: int | None
    asset: str
    client: str
    destination: str
    reasons: tuple[str, ...]
    collected: int
    voters: tuple[str, ...]
    obstacle: str


@dataclass(frozen=True, slots=True)
class Queues:
    """The four views of the queue, each a query that is run when it is counted or shown."""

    mine: QuerySet[ApprovalRequest]
    pending: QuerySet[ApprovalRequest]
    decided: QuerySet[ApprovalRequest]
    made: QuerySet[ApprovalRequest]

    def named(self, name: str) -> QuerySet[ApprovalRequest]:
        found: QuerySet[ApprovalRequest] = getattr(self, name)
        return found


NAMES = ("mine", "pending", "decided", "made")


def queues(operator: Operator) -> Queues:
    """Of the requests this operator may see."""
    seen = visible_requests(operator)
    today = clock.now() - timedelta(hours=24)
    return Queues(
        mine=to_decide(operator),
        pending=seen.filter(status=ApprovalRequest.Status.PENDING).order_by("expires_at", "id"),
        decided=seen.filter(decided_at__gte=today).order_by("-decided_at", "-id"),
        made=_made_by(seen, operator),
    )


def _made_by(seen: QuerySet[ApprovalRequest], operator: Operator) -> QuerySet[ApprovalRequest]:
    """By the person's own id, which says how few they are."""
    if operator.person_id is None:
        return seen.none()
    return seen.filter(makers__person_id=operator.person_id).order_by("-made_at", "-id")


def rows(requests: QuerySet[ApprovalRequest], operator: Operator) -> list[Row]:
    """At most one page of rows; what is left out is the least urgent."""
    found = list(requests.select_related("policy_decision").prefetch_related("makers", "votes__person")[:_PAGE])
    names = dict(Client.objects.filter(pk__in={request.client_id for request in found}).values_list("id", "name"))
    roles = roles_held_since(operator)
    return [_row(request, operator, names, roles) for request in found]


def _row(request: ApprovalRequest, operator: Operator, names: dict[str, str], roles: dict[str, datetime]) -> Row:
    try:
        payload = payload_of(request)
    except PayloadTampered:
        # The page says it loudly; the queue shows nothing that was not vouched for.
        payload = {}
    approvals = [vote.person.name for vote in request.votes.all() if vote.decision == Vote.Decision.APPROVE and vote.person.active]
    amount, asset = _amount(payload)
    return Row(
        request=request,
        amount=amount,
        asset=asset,
        client="Several clients" if request.client_id == SEVERAL_CLIENTS else names.get(request.client_id, request.client_id),
        destination=destination_number(payload.get("destination", {})),
        reasons=reasons(request) or _asked_because(payload),
        collected=len(approvals),
        voters=tuple(approvals),
        obstacle=obstacle_to(request, person_id=operator.person_id, roles=roles),
    )


def _asked_because(payload: dict[str, Any]) -> tuple[str, ...]:
    """Where no rule asked for people: what the maker said."""
    said = payload.get("reason") or payload.get("evidence")
    return (said,) if isinstance(said, str) and said else ()


def _amount(payload: dict[str, Any]) -> tuple[int | None, str]:
    """In minor units, with its asset; None for what moves no money, or several assets."""
    for name in ("source_amount", "principal"):
        if name in payload:
            return int(payload[name]), payload["source_asset"]
    if {"amount", "asset"} <= payload.keys():
        return int(payload["amount"]), payload["asset"]
    moved = list(totals(payload).items()) if "lines" in payload else []
    return (moved[0][1], moved[0][0]) if len(moved) == 1 else (None, "")


def destination_number(details: dict[str, str]) -> str:
    """The address, account number or client that people compare."""
    named = details.get("address") or details.get("iban") or details.get("clabe") or details.get("client")
    return named or ("own balance" if details.get("type") == OWN_BALANCE else "")


def reasons(request: ApprovalRequest) -> tuple[str, ...]:
    """The rules that asked for people, in their own words."""
    decision = request.policy_decision
    # What the policy let go by itself, no rule asked people about.
    if decision is None or decision.outcome == "allow":
        return ()
    return tuple(seen["title"] for seen in decision.kept if seen["fired"] and seen["outcome"] in ("require_approval", "hold"))
