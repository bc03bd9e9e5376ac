"""What stands on the webhook pages: addresses, deliveries and their attempts in words."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.http import Http404
from django.urls import reverse

from backoffice.access.models import Operator
from backoffice.console.parts import Badge, Possible, Tab, Tone
from backoffice.console.transfers.scope import visible_clients
from transfers.models import OutboxEvent, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from transfers.outbox import queries
from transfers.outbox.queries import Tally
from transfers.outbox.replay import NOT_TAKEN

MANAGE, REPLAY = "transfers.manage_webhooks", "transfers.replay_webhooks"
PAGE = 50
State = WebhookDelivery.State
_STATES = {
    State.PENDING: Badge("waiting", Tone.ACCENT),
    State.DELIVERED: Badge("taken", Tone.DONE),
    State.FAILED: Badge("given up", Tone.DANGER),
    State.MISSED: Badge("missed, was switched off", Tone.LOOK),
}
_OFF = {"client": "by the client", "operator": "by us", "failures": "after days of failures", "gone": "it said that it is gone"}
_SHOWN: dict[str, tuple[str, Sequence[str]]] = {
    "": ("All", ()),
    "untaken": ("Not taken", NOT_TAKEN),
    "waiting": ("Waiting", (State.PENDING,)),
}


@dataclass(frozen=True, slots=True)
class EndpointRow:
    endpoint: WebhookEndpoint
    badge: Badge
    tally: Tally


@dataclass(frozen=True, slots=True)
class Told:
    """One event as the client was told of it; `messages` are (address, badge, delivery)."""

    event: OutboxEvent
    messages: list[tuple[str, Badge, WebhookDelivery]]


def endpoint_rows(operator: Operator, client: str = "") -> list[EndpointRow]:
    clients = visible_clients(operator).filter(pk=client) if client else visible_clients(operator)
    found = list(queries.endpoints_of(list(clients.values_list("pk", flat=True))))
    counted = queries.tallies([endpoint.pk for endpoint in found])
    return [EndpointRow(endpoint, endpoint_badge(endpoint), counted.get(endpoint.pk, Tally())) for endpoint in found]


def endpoint_of(operator: Operator, endpoint_id: UUID) -> WebhookEndpoint:
    """Raises Http404, in the same words for another client's and for none."""
    clients = list(visible_clients(operator).values_list("pk", flat=True))
    found = queries.endpoints_of(clients, removed=True).filter(pk=endpoint_id).first()
    if found is None:
        raise Http404("no such webhook")
    return found


def delivery_of(operator: Operator, delivery_id: UUID) -> WebhookDelivery:
    """Raises Http404."""
    clients = visible_clients(operator).values("pk")
    rows = WebhookDelivery.objects.select_related("endpoint__client", "event__transfer")
    found = rows.filter(pk=delivery_id, endpoint__client_id__in=clients).first()
    if found is None:
        raise Http404("no such delivery")
    return found


def endpoint_badge(endpoint: WebhookEndpoint) -> Badge:
    if endpoint.deleted_at is not None:
        return Badge("removed")
    if endpoint.status == WebhookEndpoint.Status.DISABLED:
        tone = Tone.NEUTRAL if endpoint.disabled_by in ("client", "operator") else Tone.DANGER
        return Badge(f"off, {_OFF.get(endpoint.disabled_by, 'for a reason that is not kept')}", tone)
    return Badge("failing", Tone.LOOK) if endpoint.failures else Badge("on", Tone.DONE)


def delivery_badge(delivery: WebhookDelivery) -> Badge:
    if delivery.state == State.PENDING and delivery.tries:
        return Badge(f"tried {_times(delivery.tries)}, waiting", Tone.LOOK)
    return _STATES[State(delivery.state)]


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def tabs(endpoint: WebhookEndpoint, shown: str, tally: Tally) -> list[Tab]:
    counts = {"": None, "untaken": tally.untaken, "waiting": tally.waiting}
    where = reverse("console:webhook", args=[endpoint.pk])
    return [Tab(title, f"{where}?show={key}" if key else where, counts[key], key == shown) for key, (title, _) in _SHOWN.items()]


def states_of(shown: str) -> Sequence[str]:
    return _SHOWN.get(shown, _SHOWN[""])[1]


def possibilities(endpoint: WebhookEndpoint, operator: Operator, tally: Tally) -> list[Possible]:
    """What can be done with an address, and for what cannot, why."""
    if endpoint.deleted_at is not None:
        return [Possible("Nothing", "It was removed; what was delivered stays as evidence.")]
    is_on = endpoint.status == WebhookEndpoint.Status.ENABLED
    manages, replays = operator.has_perm(MANAGE), operator.has_perm(REPLAY)
    ours = "" if manages else "Your roles do not include changing webhooks."
    replay_not = "" if replays else "Your roles do not include replaying."
    replay_not = (
        replay_not or ("" if is_on else "Switch it on first.") or ("" if tally.untaken else "Everything was taken, or waits.")
    )
    untaken = f"{tally.untaken:,} message{'' if tally.untaken == 1 else 's'} not taken; ids stay the same."
    return [
        _may("Replay what was not taken", "replay", untaken, replay_not),
        _may("Rotate the secret", "rotate", "A new secret; the old one signs too for a while.", ours),
        _may("Switch off", "disable", "What happens meanwhile is kept as missed.", ours)
        if is_on
        else _may("Switch on", "enable", "Events from then on are sent; what was missed can be replayed.", ours),
        _may("Remove", "remove", "For good; deliveries stay as evidence.", ours),
    ]


def _may(title: str, dialog: str, says: str, refused: str) -> Possible:
    return Possible(title, refused or says, dialog="" if refused else dialog)


def message_text(event: OutboxEvent) -> str:
    """As it is sent, set out for reading; empty when it has not been written yet."""
    return json.dumps(json.loads(bytes(event.body)), indent=2, ensure_ascii=False) if event.body else ""


def attempt_badge(attempt: WebhookAttempt) -> Badge:
    if attempt.status is None:
        return Badge("no answer", Tone.DANGER)
    return Badge(str(attempt.status), Tone.DONE if 200 <= attempt.status < 300 else Tone.DANGER)


def told(transfer_id: UUID) -> list[Told]:
    """For the page of a transfer."""
    return [
        Told(event, [(row.endpoint.url, delivery_badge(row), row) for row in deliveries])
        for event, deliveries in queries.told_of(transfer_id)
    ]
