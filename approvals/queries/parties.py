"""Reading clients, corridors, destinations and keys, and what an operator may see of them."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import QuerySet
from guardian.shortcuts import get_objects_for_user

from approvals.errors import Unknown
from approvals.models import ApiKey, Client, Corridor, Destination, Person
from audit import clock

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

VIEW_CLIENT = "approvals.view_client"


def client_scope(user: "AbstractBaseUser | AnonymousUser") -> QuerySet[Client]:
    """The clients this operator may see: all with the global permission, otherwise those granted one by one, to them or their
    groups."""
    if not user.is_authenticated or not user.is_active:
        return Client.objects.none()
    visible: Any = get_objects_for_user(user, VIEW_CLIENT, klass=Client, accept_global_perms=True)
    return Client.objects.filter(id__in=visible.values("id")).order_by("id")


def get_client(client_id: str) -> Client:
    """Raises Unknown."""
    client = Client.objects.filter(id=client_id).first()
    if client is None:
        raise Unknown("client", client_id)
    return client


def get_person(person_id: UUID) -> Person:
    """Raises Unknown."""
    person = Person.objects.filter(id=person_id).first()
    if person is None:
        raise Unknown("person", person_id)
    return person


def get_corridor(corridor_id: str) -> Corridor:
    """Raises Unknown."""
    corridor = Corridor.objects.filter(id=corridor_id).first()
    if corridor is None:
        raise Unknown("corridor", corridor_id)
    return corridor


def corridors(*, source_asset_id: str = "", target_asset_id: str = "") -> list[Corridor]:
    """Corridors that are open, narrowed to the assets that are given."""
    rows = Corridor.objects.filter(active=True)
    if source_asset_id:
        rows = rows.filter(source_asset_id=source_asset_id)
    if target_asset_id:
        rows = rows.filter(target_asset_id=target_asset_id)
    return list(rows.order_by("id"))


def find_destination(client_id: str, fingerprint: str) -> Destination | None:
    return Destination.objects.filter(client_id=client_id, fingerprint=fingerprint).first()


def destinations_of(client_id: str) -> list[Destination]:
    return list(Destination.objects.filter(client_id=client_id).order_by("-created_at", "id"))


def destination_status(destination: Destination | None) -> str:
    """As policy facts name it: unknown, blocked, cooling_off or allowed."""
    if destination is None:
        return "unknown"
    if destination.status == Destination.Status.BLOCKED:
        return "blocked"
    return "cooling_off" if clock.now() < destination.cooling_off_until else "allowed"


def api_keys_of(client_id: str) -> list[ApiKey]:
    return list(ApiKey.objects.filter(client_id=client_id).prefetch_related("controllers").order_by("-created_at"))


def controllers_of(key: ApiKey) -> tuple[UUID, ...]:
    """The people who count as makers of everything the key makes."""
    return tuple(key.controllers.order_by("id").values_list("id", flat=True))
