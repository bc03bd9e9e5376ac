"""Addresses of clients: made, switched, given new secrets, removed; each in one transaction with its record on the trail."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from audit import context
from transfers.errors import Conflict, NotFound, Refused
from transfers.models import WebhookEndpoint
from transfers.outbox import secrets, vocabulary
from transfers.outbox.destinations import DestinationRefused, Rules, look_over
from transfers.outbox.switching import Status, Why, keep, set_aside, switch_off, switch_on, tell

MOST_PER_CLIENT = 10


def rules() -> Rules:
    """As the settings allow: HTTPS to the open internet, and in a sandbox also this machine."""
    return Rules(frozenset(settings.WEBHOOK_PORTS), loopback=settings.WEBHOOK_ALLOW_LOOPBACK)


def add(*, client_id: str, url: str, events: Sequence[str], reason: str = "") -> tuple[WebhookEndpoint, str]:
    """A new address, and its secret, which is never seen again. Raises Refused with the field that is wrong, Unavailable.

    Doing it twice is refused (`webhook_exists`) and not repeated: a secret that was shown once is not kept to be shown again.
    """
    wanted = _events(events)
    _check_url(url)
    try:
        with transaction.atomic():
            return _add(client_id, url, wanted, reason)
    except IntegrityError:
        raise _exists() from None


def _add(client_id: str, url: str, events: list[str], reason: str) -> tuple[WebhookEndpoint, str]:
    _check_room(client_id, url)
    endpoint = WebhookEndpoint(client_id=client_id, url=url, events=events, created_at=Now(), created_by=context.current().actor.id)
    endpoint.change_reason = reason
    endpoint.save(force_insert=True)
    secret = secrets.make(endpoint)
    endpoint.refresh_from_db()
    tell(endpoint, vocabulary.ADDED, reason=reason, events=events)
    return endpoint, secret


@transaction.atomic
def remove(*, endpoint_id: UUID, client_id: str, reason: str = "") -> None:
    """Nothing is sent any more, for good; repeating it changes nothing. Raises NotFound."""
    endpoint = find(endpoint_id, client_id, locked=True)
    if endpoint.deleted_at is not None:
        return
    keep(endpoint, reason, deleted_at=Now())
    secrets.in_force(endpoint.pk).update(expires_at=Now())
    tell(endpoint, vocabulary.REMOVED, reason=reason, missed=set_aside(endpoint))


@transaction.atomic
def rotate_secret(
    *, endpoint_id: UUID, client_id: str, reason: str = "", overlap: timedelta = secrets.OVERLAP, instead_of: UUID | None = None
) -> str:
    """A new secret. Those before it sign too for as long as `overlap`, so that the receiver can change over without losing any.

    Raises NotFound, Refused, Unavailable; Conflict when the newest secret is not the one that it was to come `instead_of`.
    """
    endpoint = _present(endpoint_id, client_id)
    if instead_of is not None and secrets.newest(endpoint.pk) != instead_of:
        raise Conflict(
            "The secret was rotated since this page was opened, and the new one was shown then. If it is lost, rotate it again."
        )
    secret = secrets.rotate(endpoint, overlap=overlap)
    tell(endpoint, vocabulary.SECRET_ROTATED, reason=reason, overlap_s=int(overlap.total_seconds()))
    return secret


@transaction.atomic
def disable(*, endpoint_id: UUID, client_id: str, why: Why, reason: str) -> None:
    """Raises NotFound. Of one that is switched off already only who answers for it changes."""
    endpoint = _present(endpoint_id, client_id)
    if endpoint.status == Status.ENABLED or endpoint.disabled_by != why:
        switch_off(endpoint, why, reason)


def enable(*, endpoint_id: UUID, client_id: str, reason: str) -> None:
    """Raises NotFound; Refused when the address may no longer be called."""
    _check_url(_present(endpoint_id, client_id, locked=False).url)
    with transaction.atomic():
        endpoint = _present(endpoint_id, client_id)
        if endpoint.status != Status.ENABLED:
            switch_on(endpoint, reason)


def find(endpoint_id: UUID, client_id: str, *, locked: bool = False) -> WebhookEndpoint:
    """One of this client's, removed ones too. Raises NotFound, in the same words for another client's."""
    rows = WebhookEndpoint.objects.select_for_update() if locked else WebhookEndpoint.objects.all()
    found = rows.filter(pk=endpoint_id, client_id=client_id).first()
    if found is None:
        raise NotFound(f"There is no webhook {endpoint_id}.")
    return found


def _present(endpoint_id: UUID, client_id: str, *, locked: bool = True) -> WebhookEndpoint:
    endpoint = find(endpoint_id, client_id, locked=locked)
    if endpoint.deleted_at is not None:
        raise NotFound(f"There is no webhook {endpoint_id}.")
    return endpoint


def _events(events: Sequence[str]) -> list[str]:
    if not events:
        raise Refused("invalid_request", "Name the events to send.", {"events": "Name at least one event, or * for all."})
    unknown = sorted(set(events) - {vocabulary.EVERYTHING, *vocabulary.CLIENT_EVENTS})
    if unknown:
        known = ", ".join(vocabulary.CLIENT_EVENTS)
        raise Refused("invalid_request", f"We send no event {unknown[0]}.", {"events": f"Choose among {known}, or * for all."})
    return [vocabulary.EVERYTHING] if vocabulary.EVERYTHING in events else sorted(set(events))


def _check_url(url: str) -> None:
    try:
        look_over(url, rules())
    except DestinationRefused as refused:
        raise Refused("invalid_webhook_url", str(refused), {"url": str(refused)}) from refused


def _check_room(client_id: str, url: str) -> None:
    """The client's row is not locked: two at once may make one more than the most, and never the same address twice."""
    present = WebhookEndpoint.objects.filter(client_id=client_id, deleted_at=None)
    if present.filter(url=url).exists():
        raise _exists()
    if present.count() >= MOST_PER_CLIENT:
        raise Refused("too_many_webhooks", f"{MOST_PER_CLIENT} addresses are registered; remove one first.")


def _exists() -> Refused:
    detail = "This address is registered already. Rotate its secret if you have lost it, or remove it first."
    return Refused("webhook_exists", detail, {"url": "Registered already."})
