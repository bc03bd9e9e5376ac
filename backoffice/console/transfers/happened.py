"""The timeline: everything that happened to a transfer, newest first, sorted into money, people, providers and evidence."""

from collections.abc import Iterator

from django.urls import reverse

from approvals.models import ApiKey
from backoffice.access.models import Operator
from backoffice.alerts.models import Alert
from backoffice.console.parts import Badge, TimelineItem, Tone
from backoffice.console.transfers.story import Story
from backoffice.console.words import badge_for
from transfers.queries import TimelineEntry, timeline

# Events by the words of their type; what is not named here is about providers.
_EVENTS: dict[str, tuple[str, Tone]] = {
    "Created": ("people", Tone.ACCENT),
    "Approved": ("people", Tone.DONE),
    "Cancelled": ("people", Tone.NEUTRAL),
    "Expired": ("people", Tone.LOOK),
    "Quoted": ("money", Tone.NEUTRAL),
    "Requoting": ("money", Tone.LOOK),
    "Quote out of bounds": ("money", Tone.LOOK),
    "Funds locked": ("money", Tone.DONE),
    "Confirmed": ("evidence", Tone.DONE),
    "Fiat settled": ("providers", Tone.DONE),
    "Reconciled": ("evidence", Tone.DONE),
    "Failed": ("providers", Tone.DANGER),
    "Payment in doubt": ("evidence", Tone.DANGER),
    "Sent on chain": ("providers", Tone.ACCENT),
}
_CALLS: dict[str, tuple[Badge | None, Tone]] = {
    "intent": (Badge("no answer yet", Tone.ACCENT), Tone.ACCENT),
    "answered": (None, Tone.NEUTRAL),
    "refused": (Badge("refused", Tone.DANGER), Tone.DANGER),
    "unknown": (Badge("outcome unknown", Tone.LOOK), Tone.LOOK),
}


def items(story: Story, *, sees_books: bool) -> list[TimelineItem]:
    """Newest first. Postings link to the ledger for those who may open it."""
    entries = timeline(story.transfer.pk)
    names = _names({entry.actor for entry in entries if entry.actor})
    found = [_item(entry, names, sees_books=sees_books) for entry in entries]
    found += [*_policy(story), *_alerts(story.alerts), *_matches(story), *_breaks(story)]
    return sorted(found, key=lambda item: item.at, reverse=True)


def _names(actors: set[str]) -> dict[str, str]:
    """Accounts by the names people know: the person of an operator, the title of a key."""
    operators = Operator.objects.filter(username__in=actors).select_related("person")
    names = {operator.username: operator.person.name if operator.person else operator.username for operator in operators}
    keys = ApiKey.objects.filter(prefix__in=actors).values_list("prefix", "name")
    return names | {prefix: f"API key “{name}”" for prefix, name in keys}


def _item(entry: TimelineEntry, names: dict[str, str], *, sees_books: bool) -> TimelineItem:
    if entry.kind == "money":
        url = reverse("console:posting", args=[entry.raw]) if sees_books and entry.raw else ""
        detail = entry.detail if sees_books else ""
        return TimelineItem(entry.at, entry.title, "money", Tone.DONE, note="booked", detail=detail, url=url)
    if entry.kind == "people":
        tone = Tone.DANGER if entry.title.startswith("Rejected") else Tone.DONE
        return TimelineItem(entry.at, entry.title, "people", tone, detail=entry.detail)
    if entry.kind == "provider":
        badge, tone = _CALLS.get(entry.status, (badge_for(entry.status), Tone.NEUTRAL))
        return TimelineItem(entry.at, entry.title.capitalize(), "providers", tone, detail=entry.detail, badge=badge)
    if entry.kind == "message":
        badge = None if entry.status == "processed" else badge_for(entry.status)
        return TimelineItem(
            entry.at, entry.title, "providers", note="a hint; the truth is asked for", detail=entry.detail, badge=badge
        )
    kind, tone = _EVENTS.get(entry.title, ("providers", Tone.NEUTRAL))
    by = names.get(entry.actor, entry.actor)
    return TimelineItem(entry.at, entry.title, kind, tone, by="" if by == "driver" else by, detail=entry.detail)


def _policy(story: Story) -> Iterator[TimelineItem]:
    decision = story.transfer.policy_decision
    fired = [seen["title"] for seen in decision.trace if seen["fired"]]
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
