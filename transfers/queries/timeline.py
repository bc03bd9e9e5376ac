"""One list of everything that happened to a transfer: its events, postings, votes, calls to providers and messages from outside."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from approvals.models import Vote
from ledger.money import Money
from ledger.queries import entries_of, unit
from transfers.models import InboundWebhook, Provider, ProviderCall, Transfer, TransferEvent


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """`kind` is event, money, people, provider or message; `detail` is one plain line, `raw` the evidence as it was stored, `data`
    what the event itself kept of that moment."""

    at: datetime
    kind: str
    title: str
    actor: str = ""
    detail: str = ""
    status: str = ""
    raw: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)


def timeline(transfer_id: UUID) -> list[TimelineEntry]:
    """Oldest first; a fixed number of queries."""
    names = dict(Provider.objects.values_list("code", "name"))
    found = [*_events(transfer_id), *_money(transfer_id), *_votes(transfer_id)]
    found += [*_calls(transfer_id, names), *_messages(transfer_id, names)]
    return sorted(found, key=lambda entry: entry.at)


def _events(transfer_id: UUID) -> Iterator[TimelineEntry]:
    for event in TransferEvent.objects.filter(transfer_id=transfer_id).order_by("seq"):
        moved = event.from_status != event.to_status
        name = event.type.removeprefix("transfer.").replace("_", " ")
        yield TimelineEntry(
            at=event.recorded_at,
            kind="event",
            title=name.capitalize(),
            actor=event.actor_id,
            detail=event.reason or event.status_text,
            status=event.to_status if moved else "",
            data=event.data,
        )


def _money(transfer_id: UUID) -> Iterator[TimelineEntry]:
    """One entry per posting, its lines in major units."""
    lines: dict[UUID, list[str]] = {}
    postings = {}
    for entry in entries_of(transfer_id):
        asset = unit(entry.asset_id)
        side, amount = ("Dr", entry.debit) if entry.debit else ("Cr", entry.credit)
        words = f"{side} {entry.account.code} {Money(int(amount), asset).format()} {asset.code}"
        lines.setdefault(entry.transaction_id, []).append(words)
        postings[entry.transaction_id] = entry.transaction
    for posting_id, posting in postings.items():
        title = posting.description or posting.kind
        yield TimelineEntry(posting.booked_at, "money", title, detail="; ".join(lines[posting_id]), raw=posting.reference)


def _votes(transfer_id: UUID) -> Iterator[TimelineEntry]:
    request_id = Transfer.objects.values_list("approval_request_id", flat=True).get(pk=transfer_id)
    for vote in Vote.objects.filter(request_id=request_id).select_related("person") if request_id else ():
        title = "Approved" if vote.decision == Vote.Decision.APPROVE else "Rejected"
        yield TimelineEntry(vote.voted_at, "people", f"{title} by {vote.person.name}", vote.operator, vote.reason)


def _calls(transfer_id: UUID, names: Mapping[str, str]) -> Iterator[TimelineEntry]:
    for call in ProviderCall.objects.filter(transfer_id=transfer_id).order_by("intent_at"):
        yield TimelineEntry(
            at=call.answered_at or call.intent_at,
            kind="provider",
            title=f"{names.get(call.provider, call.provider)}: {call.operation}",
            detail=call.summary or "No answer yet.",
            status=call.outcome,
            raw=f"{call.request}\n\n{call.response}".strip(),
        )


def _messages(transfer_id: UUID, names: Mapping[str, str]) -> Iterator[TimelineEntry]:
    for message in InboundWebhook.objects.filter(transfer_id=transfer_id).order_by("received_at"):
        title = f"Message from {names.get(message.source, message.source)}"
        yield TimelineEntry(message.received_at, "message", title, detail=message.detail, status=message.status)
