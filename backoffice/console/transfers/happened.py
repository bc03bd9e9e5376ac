"""The timeline: everything that happened to a transfer, newest first, sorted into money, people, providers and evidence."""

from collections.abc import Iterator

from django.urls import reverse

from approvals.models import ApiKey
from backoffice.access.models import Operator
from backoffice.alerts.models import Alert
from backoffice.console import amounts
from backoffice.console.formats import shortened
from backoffice.console.parts import Badge, TimelineItem, Tone
from backoffice.console.transfers.money import bookings
from backoffice.console.transfers.story import Story
from backoffice.console.words import badge_for
from transfers.models import Quote
from transfers.queries import TimelineEntry, timeline

# Events by the words of their type; what is not named here is about providers.
_EVENTS: dict[str, tuple[str, Tone]] = {
    "Created": ("people", Tone.ACCENT),
    "Approved": ("people", Tone.DONE),
    "Cancelled": ("people", Tone.NEUTRAL),
    "Retried": ("people", Tone.ACCENT),
    "Resumed": ("people", Tone.ACCENT),
    "Expired": ("people", Tone.LOOK),
    "Quoted": ("money", Tone.NEUTRAL),
    "Requoting": ("money", Tone.LOOK),
    "Quote out of bounds": ("money", Tone.LOOK),
    "New bounds proposed": ("people", Tone.LOOK),
    "Funds locked": ("money", Tone.DONE),
    "Confirmed": ("evidence", Tone.DONE),
    "Fiat settled": ("providers", Tone.DONE),
    "Reconciled": ("evidence", Tone.DONE),
    "Failed": ("providers", Tone.DANGER),
    "Payment in doubt": ("evidence", Tone.DANGER),
    "Disputed": ("evidence", Tone.DANGER),
    "Dispute ended": ("evidence", Tone.DONE),
    "Hurried": ("people", Tone.ACCENT),
    "Payout recall ordered": ("people", Tone.LOOK),
    "Payout recall asked": ("providers", Tone.ACCENT),
    "Payout recall accepted": ("providers", Tone.DONE),
    "Payout recall refused": ("providers", Tone.DANGER),
    "Payout recall unanswered": ("providers", Tone.DANGER),
    "Sent on chain": ("providers", Tone.ACCENT),
}
# The votes stand beside it under their own names.
_TITLES = {
    "Approved": "Approvals complete",
    "Hurried": "A higher bid was ordered",
    "Payout recall ordered": "Calling the payout back was approved",
    "Payout recall asked": "The bank looks into sending it back",
    "Payout recall accepted": "The bank agrees to send it back",
    "Payout recall refused": "The bank refuses to send it back",
    "Payout recall unanswered": "The bank never answered whether it sends it back",
}
_CALLS: dict[str, tuple[Badge | None, Tone]] = {
    "intent": (Badge("no answer yet", Tone.ACCENT), Tone.ACCENT),
    "answered": (None, Tone.NEUTRAL),
    "refused": (Badge("refused", Tone.DANGER), Tone.DANGER),
    "unknown": (Badge("outcome unknown", Tone.LOOK), Tone.LOOK),
}


def items(story: Story, *, sees_books: bool) -> list[TimelineItem]:
    """Newest first. Postings link to the ledger for those who may open it."""
    entries = [entry for entry in timeline(story.transfer.pk) if entry.kind != "money"]
    names = _names({entry.actor for entry in entries if entry.actor})
    told = {entry.detail for entry in entries if entry.kind == "event" and entry.status}
    found = [_item(entry, names, told, story) for entry in entries]
    found += [*_postings(story, sees_books=sees_books), *_policy(story), *_alerts(story.alerts), *_matches(story), *_breaks(story)]
    return sorted(found, key=lambda item: item.at, reverse=True)


def _names(actors: set[str]) -> dict[str, str]:
    """Accounts by the names people know: the person of an operator, the title of a key."""
    operators = Operator.objects.filter(username__in=actors).select_related("person")
    names = {operator.username: operator.person.name if operator.person else operator.username for operator in operators}
    keys = ApiKey.objects.filter(prefix__in=actors).values_list("prefix", "name")
    return names | {prefix: f"API key “{name}”" for prefix, name in keys}


def _item(entry: TimelineEntry, names: dict[str, str], told: set[str], story: Story) -> TimelineItem:
    if entry.kind == "people":
        tone = Tone.DANGER if entry.title.startswith("Rejected") else Tone.DONE
        return TimelineItem(entry.at, entry.title, "people", tone, detail=entry.detail)
    if entry.kind == "provider":
        badge, tone = _CALLS.get(entry.status, (badge_for(entry.status), Tone.NEUTRAL))
        return TimelineItem(entry.at, entry.title, "providers", tone, detail=entry.detail, badge=badge)
    if entry.kind == "message":
        badge = None if entry.status == "processed" else badge_for(entry.status)
        return TimelineItem(
            entry.at, entry.title, "providers", note="a hint; the truth is asked for", detail=entry.detail, badge=badge
        )
    return _event(entry, names.get(entry.actor, entry.actor), told, story)


def _event(entry: TimelineEntry, by: str, told: set[str], story: Story) -> TimelineItem:
    """What the client was told stands once, at the change of state that said it."""
    kind, tone = _EVENTS.get(entry.title, ("providers", Tone.NEUTRAL))
    repeats = not entry.status and entry.detail in told
    return TimelineItem(
        entry.at,
        _TITLES.get(entry.title, entry.title),
        kind,
        tone,
        by="" if by == "driver" else by,
        note=_note(entry, story),
        detail="" if repeats else entry.detail,
    )


def _note(entry: TimelineEntry, story: Story) -> str:
    """The one number that matters about an event, as it was when it happened: a payment may be in another block since."""
    transfer, kept = story.transfer, entry.data
    if entry.title == "Quoted" and (quote := _quote_before(entry, story)):
        got = amounts.text(int(quote.target_amount), quote.target_asset_id)
        return (
            f"{got}, fee {amounts.text(int(quote.fee_amount), quote.source_asset_id)}, good until {quote.expires_at:%H:%M:%S} UTC"
        )
    if entry.title == "Funds locked":
        return f"hold {amounts.text(int(transfer.source_amount) + int(transfer.fee_amount), transfer.source_asset_id)}"
    if entry.title == "Sent on chain" and "nonce" in kept:
        return f"nonce {kept['nonce']}, {shortened(kept['tx_hash'])}"
    if entry.title == "Confirmed" and kept.get("block_number"):
        return f"block {kept['block_number']}"
    return ""


def _quote_before(entry: TimelineEntry, story: Story) -> Quote | None:
    firm = [quote for quote in story.quotes if quote.kind == Quote.Kind.FIRM and quote.quoted_at <= entry.at]
    return firm[-1] if firm else None


def _postings(story: Story, *, sees_books: bool) -> Iterator[TimelineItem]:
    for booked in bookings(story):
        url = reverse("console:posting", args=[booked.reference]) if sees_books else ""
        yield TimelineItem(booked.booked_at, f"{booked.title} booked", "money", Tone.DONE, note=booked.moved, url=url)


def _policy(story: Story) -> Iterator[TimelineItem]:
    decision = story.transfer.policy_decision
    if decision is None:
        return
    fired = [seen["title"] for seen in story.trace if seen["fired"]]
    title = f"Policy set {decision.set_id}: {badge_for(decision.outcome).text}"
    yield TimelineItem(decision.decided_at, title, "people", detail="; ".join(fired))


def _alerts(alerts: list[Alert]) -> Iterator[TimelineItem]:
    for alert in alerts:
        badge = Badge(f"acknowledged by {alert.acknowledged_by}", Tone.LOOK) if alert.acknowledged_by else badge_for(alert.severity)
        yield TimelineItem(alert.opened_at, "Alert", "people", Tone.LOOK, detail=alert.title, badge=badge)
        if alert.resolved_at:
            yield TimelineItem(alert.resolved_at, "Alert resolved", "people", Tone.DONE, detail=alert.resolution)


def _matches(story: Story) -> Iterator[TimelineItem]:
    for match in story.matches:
        note = f"{match.role}, rule {match.rule}, {match.confidence} %"
        yield TimelineItem(match.matched_at, "Matched with " + match.item.source.name, "evidence", Tone.DONE, note=note)


def _breaks(story: Story) -> Iterator[TimelineItem]:
    for found in story.breaks:
        yield TimelineItem(
            found.opened_at, found.title, "evidence", Tone.DANGER, badge=badge_for(found.status), detail=found.explanation
        )
