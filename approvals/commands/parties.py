"""People, clients, corridors and destinations: the rows that everything else is decided about."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from approvals import events
from approvals.commands.api_keys import authenticate_key, issue_api_key, revoke_api_key
from approvals.destinations import normalise
from approvals.errors import AlreadyExists, DestinationInvalid, Unknown
from approvals.models import Client, Corridor, Destination, Person
from audit import clock, context
from audit.commands import record

__all__ = [
    "add_destination",
    "authenticate_key",
    "block_destination",
    "create_client",
    "create_corridor",
    "create_person",
    "deactivate_person",
    "issue_api_key",
    "revoke_api_key",
    "set_client_status",
]


@transaction.atomic
def create_person(*, name: str, email: str = "") -> Person:
    """Somebody with two eyes. Operator accounts and API keys point here; two accounts of one person are still one person."""
    person = Person.objects.create(name=name, email=email, created_at=clock.now())
    record(type=events.PERSON_CREATED, resource_type="person", resource_id=str(person.id), metadata={"name": name})
    return person


@transaction.atomic
def deactivate_person(*, person_id: UUID, reason: str) -> None:
    """The person's votes on pending requests stop counting, and no new ones are taken. Raises Unknown."""
    if not Person.objects.filter(id=person_id).exists():
        raise Unknown("person", person_id)
    if Person.objects.filter(id=person_id, active=True).update(active=False):
        diff = {"active": [True, False]}
        record(type=events.PERSON_DEACTIVATED, resource_type="person", resource_id=str(person_id), reason=reason, diff=diff)


@transaction.atomic
def create_client(*, client_id: str, name: str) -> Client:
    """Take on a client. Repeating it with the same name is a no-op; raises AlreadyExists with another one."""
    client, is_new = Client.objects.get_or_create(id=client_id, defaults={"name": name, "created_at": clock.now()})
    if not is_new:
        if client.name != name:
            raise AlreadyExists("client", client_id)
        return client
    record(type=events.CLIENT_CREATED, resource_type="client", resource_id=client_id, metadata={"name": name})
    return client


@transaction.atomic
def set_client_status(*, client_id: str, status: str, reason: str) -> Client:
    """Suspend, close or reactivate; a client that is not active is refused by `authenticate_key`. Raises Unknown."""
    client = Client.objects.select_for_update().filter(id=client_id).first()
    if client is None:
        raise Unknown("client", client_id)
    before, client.status = client.status, Client.Status(status)
    if before != client.status:
        client.change_reason = reason
        client.save(update_fields=["status"])
        diff = {"status": [before, client.status]}
        record(type=events.CLIENT_STATUS_CHANGED, resource_type="client", resource_id=client_id, reason=reason, diff=diff)
    return client


@transaction.atomic
def create_corridor(
    *,
    corridor_id: str,
    name: str,
    route: str,
    source_asset_id: str,
    target_asset_id: str,
    country: str = "",
    network: str = "",
    fee_bps: int = 0,
    fee_minimum: int = 0,
    slippage_bps: int = 50,
    outlier_bps: int = 200,
) -> Corridor:
    """Open a corridor; `fee_minimum` in minor units of the source asset. Repeating it with the same content is a no-op; raises
    AlreadyExists with other content."""
    content = {
        "name": name,
        "route": route,
        "source_asset_id": source_asset_id,
        "target_asset_id": target_asset_id,
        "country": country,
        "network": network,
        "fee_bps": fee_bps,
        "fee_minimum": fee_minimum,
        "slippage_bps": slippage_bps,
        "outlier_bps": outlier_bps,
    }
    corridor, is_new = Corridor.objects.get_or_create(id=corridor_id, defaults=content)
    if not is_new:
        if any(getattr(corridor, field) != value for field, value in content.items()):
            raise AlreadyExists("corridor", corridor_id)
        return corridor
    described = {**content, "fee_minimum": str(fee_minimum)}
    record(type=events.CORRIDOR_CREATED, resource_type="corridor", resource_id=corridor_id, metadata=described)
    return corridor


@transaction.atomic
def add_destination(
    *, client_id: str, kind: str, details: Mapping[str, Any] | str, label: str, cooling_off: timedelta, network: str | None = None
) -> Destination:
    """Put a destination on the client's list; it may be paid once `cooling_off` has passed.

    Adding one that is there already returns it untouched: neither its cooling-off nor a block starts over. Raises Unknown (the
    client, or the one that receives), DestinationInvalid.
    """
    normal = normalise(details, network=network)
    if normal.kind != kind:
        raise DestinationInvalid({"type": f"This is a {normal.kind}, not a {kind}."})
    for known in (client_id, *_receiver(normal.details, client_id)):
        if not Client.objects.filter(id=known).exists():
            raise Unknown("client", known)
    now = clock.now()
    destination, is_new = Destination.objects.get_or_create(
        client_id=client_id,
        fingerprint=normal.fingerprint,
        defaults={
            "kind": normal.kind,
            "details": normal.details,
            "label": label,
            "cooling_off_until": now + cooling_off,
            "added_by": context.current().actor.id,
            "created_at": now,
        },
    )
    if is_new:
        metadata = {"client_id": client_id, "kind": kind, "cooling_off_until": destination.cooling_off_until.isoformat()}
        record(type=events.DESTINATION_ADDED, resource_type="destination", resource_id=str(destination.id), metadata=metadata)
    return destination


def _receiver(details: Mapping[str, str], client_id: str) -> tuple[str, ...]:
    """The other client that such a destination names, if any. Raises DestinationInvalid for the client itself."""
    if details["type"] != Destination.Kind.CLIENT_ACCOUNT:
        return ()
    if details["client"] == client_id:
        raise DestinationInvalid({"client": "A client does not pay itself: there is one balance for each asset."})
    return (details["client"],)


@transaction.atomic
def block_destination(*, destination_id: UUID, reason: str) -> Destination:
    """Nothing goes there any more. Raises Unknown."""
    destination = Destination.objects.select_for_update().filter(id=destination_id).first()
    if destination is None:
        raise Unknown("destination", destination_id)
    if destination.status != Destination.Status.BLOCKED:
        diff = {"status": [destination.status, "blocked"]}
        destination.status = Destination.Status.BLOCKED
        destination.change_reason = reason
        destination.save(update_fields=["status"])
        record(
            type=events.DESTINATION_BLOCKED, resource_type="destination", resource_id=str(destination_id), reason=reason, diff=diff
        )
    return destination
