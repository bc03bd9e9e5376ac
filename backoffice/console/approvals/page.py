"""Everything the approval page says about one request, beside the payload itself."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Max, Sum
from django.urls import reverse

from approvals import queries as control
from approvals.commands import periods
from approvals.corrections import words as correction_words
from approvals.corrections.payload import lines_of, totals
from approvals.models import ApprovalRequest, Client, Destination
from approvals.queries import RequestView
from approvals.registry import Fact
from audit import clock
from backoffice.access.models import RoleGrant
from backoffice.console import amounts
from backoffice.console.approvals.preview import rows_of
from backoffice.console.approvals.queue import destination_number
from backoffice.console.parts import Badge, Decider, LimitBar, Tone
from ledger import chart
from ledger.commands import Line
from ledger.queries import balance
from ledger.queries import periods as months
from transfers.commands import levels, move_payload, rebalance
from transfers.commands import payload as release_payload
from transfers.models import Quote, Transfer, Wallet
from transfers.states import Status
from transfers.wording import verb

RELEASE = "transfer.release"
LIFT = "halt.lift"
CORRECT = "ledger.correct"
PERIOD = "ledger.period"
_ADDRESS_ENDS = 4
_HISTORY = timedelta(days=30)
_PAID = (Status.CONFIRMED, Status.FIAT_SETTLED, Status.RECONCILED)


@dataclass(frozen=True, slots=True)
class History:
    """What this client did before. Amounts in minor units of the asset; `largest` is None when there was nothing."""

    count: int
    total: int
    largest: int | None
    paid_before: int


@dataclass(frozen=True, slots=True)
class FactLine:
    """A line of the payload for reading: either words or a time. `url` leads to the posting or the transfer that it names."""

    label: str
    value: str
    at: datetime | None = None
    url: str = ""


@dataclass(frozen=True, slots=True)
class LookAlike:
    """A destination of the same client that starts and ends like this one, and is another."""

    number: str
    paid: int


_TITLES: dict[str, Callable[[dict[str, Any]], str]] = {
    CORRECT: correction_words.title,
    levels.ACTION: levels.title,
    move_payload.ACTION: rebalance.title,
}


def heading(view: RequestView) -> str:
    """What is asked for, from the stored bytes: the title beside them is only a label."""
    payload, decision = view.payload, view.request.policy_decision
    if view.request.action == RELEASE:
        client = Client.objects.get(pk=payload["client_id"])
        review = "Review: " if decision is not None and decision.outcome == "hold" else ""
        amount = amounts.text(int(payload["source_amount"]), payload["source_asset"])
        return f"{review}{client.name} {verb(payload['route'])} {amount}"
    if view.request.action == LIFT:
        return f"Resume {payload['scope']} {payload['target']}" if payload["target"] else "Resume everything"
    if view.request.action in _TITLES:
        return _TITLES[view.request.action](payload)
    return periods.title(payload) if view.request.action == PERIOD else view.request.title


def lines(facts: list[Fact]) -> list[FactLine]:
    """Times are drawn as on every page, postings and transfers are linked; everything else is words already."""
    return [_line(fact) for fact in facts]


def _line(fact: Fact) -> FactLine:
    if fact.kind == "time":
        return FactLine(fact.label, "", datetime.fromisoformat(fact.value))
    if fact.kind == "posting":
        return FactLine(fact.label, fact.value, url=reverse("console:posting", args=[fact.value]))
    return FactLine(fact.label, fact.value, url=reverse("console:transfer", args=[fact.transfer_id]) if fact.transfer_id else "")


def deciders(view: RequestView, obstacle: str) -> list[Decider]:
    """Who has decided, who may still, and why the viewer cannot when that is so."""
    request = view.request
    lines = [
        Decider(
            Badge("approved", Tone.DONE) if vote.decision == "approve" else Badge("rejected", Tone.DANGER),
            f"{vote.person.name}, {vote.voted_at:%H:%M:%S} UTC",
            note=vote.reason,
        )
        for vote in view.votes
    ]
    missing = request.quorum - view.collected
    if request.status == ApprovalRequest.Status.PENDING and missing > 0:
        lines.append(Decider(Badge("needed", Tone.PERSON), f"{missing} more with the role {request.role}", note=_who_could(view)))
        if obstacle:
            lines.append(Decider(Badge("you cannot"), obstacle, quiet=True))
    makers = ", ".join(person.name for person in view.makers)
    lines.append(Decider(Badge("made by"), makers or "nobody on record", quiet=True))
    return lines


def _who_could(view: RequestView) -> str:
    """Names of the people whose vote would count: role held since before the request, not a maker, not voted."""
    out = {person.id for person in view.makers} | {vote.person_id for vote in view.votes}
    grants = RoleGrant.objects.filter(role=view.request.role, revoked_at=None, granted_at__lte=view.request.made_at)
    people = grants.filter(operator__is_active=True, operator__person__active=True).exclude(operator__person_id__in=out)
    names = sorted(set(people.values_list("operator__person__name", flat=True)))
    return " or ".join(names) if names else "nobody can: ask an admin"


def limit_bars(view: RequestView) -> list[LimitBar]:
    """Each limit that covers it. The day's limits were used when the order was accepted, so that on its day the amount is part of
    their use, unless the request ended and it was given back."""
    payload, request = view.payload, view.request
    amount, asset = int(payload["source_amount"]), payload["source_asset"]
    in_force = request.status in (ApprovalRequest.Status.PENDING, ApprovalRequest.Status.APPROVED)
    is_counted = in_force and request.made_at.astimezone(UTC).date() == clock.now().astimezone(UTC).date()
    bars = []
    for usage in control.limit_usage(payload["client_id"], payload["corridor"], asset):
        before = (max(usage.used - amount, 0) if is_counted else usage.used) if usage.window == "day" else 0
        bars.append(LimitBar(usage.title, before, usage.amount, asset, amount))
    return bars


def history(payload: dict[str, Any]) -> History:
    """The client's withdrawals of the last 30 days that moved money, and how often this destination was paid, ever."""
    paid = Transfer.objects.filter(client_id=payload["client_id"], status__in=_PAID)
    recent = paid.filter(source_asset_id=payload["source_asset"], created_at__gte=clock.now() - _HISTORY)
    sums = recent.aggregate(total=Sum("source_amount"), largest=Max("source_amount"))
    largest = None if sums["largest"] is None else int(sums["largest"])
    times = paid.filter(destination_id=payload["destination_id"]).count() if payload["destination_id"] else 0
    return History(recent.count(), int(sums["total"] or 0), largest, times)


def look_alikes(payload: dict[str, Any]) -> list[LookAlike]:
    """Address poisoning: another destination of this client with the same first and last characters."""
    number = destination_number(payload["destination"])
    if payload["destination"]["type"] != Destination.Kind.CRYPTO_ADDRESS:
        return []
    others = Destination.objects.filter(client_id=payload["client_id"], kind=Destination.Kind.CRYPTO_ADDRESS)
    found = []
    for other in others.exclude(pk=payload["destination_id"]):
        address = other.details["address"]
        if _ends(address) == _ends(number):
            found.append(LookAlike(address, Transfer.objects.filter(destination=other, status__in=_PAID).count()))
    return found


def _ends(address: str) -> tuple[str, str]:
    bare = address.lower().removeprefix("0x")
    return bare[:_ADDRESS_ENDS], bare[-_ADDRESS_ENDS:]


def release_context(view: RequestView) -> dict[str, Any]:
    """What the page of a withdrawal shows; amounts and addresses from the payload, comparisons from the books as they are now."""
    payload = view.payload
    listed = payload["destination_id"]
    destination = Destination.objects.filter(pk=listed).first() if listed else None
    indicative = Quote.objects.filter(transfer_id=payload["transfer_id"], kind=Quote.Kind.INDICATIVE).order_by("-quoted_at").first()
    wallet = Wallet.objects.get(code=payload["chain"]["wallet"]) if "chain" in payload else None
    return {
        "client": Client.objects.get(pk=payload["client_id"]),
        "amount": int(payload["source_amount"]),
        "asset": payload["source_asset"],
        "amount_text": amounts.text(int(payload["source_amount"]), payload["source_asset"]),
        "target_asset": payload["target_asset"],
        "min_target": int(payload["min_target_amount"]),
        "is_conversion": payload["target_asset"] != payload["source_asset"],
        "max_fee": int(payload["max_fee"]),
        "not_after": release_payload.not_after(payload),
        "max_total_debit": int(payload["max_total_debit"]),
        "number": destination_number(payload["destination"]),
        "destination": destination,
        "destination_status": control.destination_status(destination) if listed else "allowed",
        "client_balance": balance(chart.client_account_code(payload["client_id"], payload["source_asset"])),
        "wallet_balance": balance(wallet.token_account_code) if wallet else None,
        "limits": limit_bars(view),
        "history": history(payload),
        "look_alikes": look_alikes(payload),
        "indicative": indicative,
        # Without an exponent, which normalising a round rate would give.
        "rate": f"{indicative.rate.normalize():f}" if indicative and indicative.rate else "",
        "transfer": Transfer.objects.filter(pk=payload["transfer_id"]).first(),
    }


def correction_context(view: RequestView) -> dict[str, Any]:
    """What a correction would do to the balances as they are now, or the posting that it made."""
    is_booked = view.request.executed_at is not None
    return {
        "amount_text": " and ".join(amounts.text(minor, asset_id) for asset_id, minor in totals(view.payload).items()),
        "effect": [] if is_booked else rows_of(lines_of(view.payload)),
        "booked_as": view.payload["reference"] if is_booked else "",
    }


def move_context(view: RequestView) -> dict[str, Any]:
    """What a move of our own money would leave in both wallets as they are now, or the transfer that it made."""
    content, is_made = view.payload, view.request.executed_at is not None
    amount = int(content["source_amount"])
    lines = (Line.debit(content["target"]["account"], amount), Line.credit(content["source"]["account"], amount))
    return {
        "amount_text": amounts.text(amount, content["source_asset"]),
        "effect": [] if is_made else rows_of(lines),
        "made": content["transfer_id"] if is_made else "",
    }


def period_context(view: RequestView) -> dict[str, Any]:
    """The month as it stands now."""
    return {"month": next((one for one in months(now=clock.now()) if one.name == view.payload["month"]), None)}
