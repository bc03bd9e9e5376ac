"""Everything recorded about one thing, or by one actor, as a timeline."""

from collections.abc import Sequence

from django.urls import reverse

from audit.models import AuditEvent
from backoffice.console.audit import words
from backoffice.console.audit.changes import in_short
from backoffice.console.parts import Badge, TimelineItem, Tone

_TONES = {"refused": Tone.DANGER, "failed": Tone.DANGER, "succeeded": Tone.NEUTRAL}


def items(events: Sequence[AuditEvent], *, of_actor: bool) -> list[TimelineItem]:
    """`of_actor`: on the page of an actor each line names its resource, on the page of a resource its actor."""
    return [_item(event, of_actor=of_actor) for event in events]


def _item(event: AuditEvent, *, of_actor: bool) -> TimelineItem:
    about = f"{event.resource_type.replace('_', ' ')} {event.resource_id}"
    return TimelineItem(
        at=event.recorded_at,
        title=words.title(event.type),
        kind="",
        tone=_TONES[event.outcome],
        by="" if of_actor else event.actor_id,
        note=event.reason,
        detail=in_short(event.diff, event.metadata),
        code=about if of_actor else "",
        badge=None if event.outcome == "succeeded" else Badge(event.outcome, Tone.DANGER),
        url=reverse("console:audit-event", args=[event.id]),
    )
