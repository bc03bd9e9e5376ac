"""What an order is judged by, in one read: the client, the destination it names, the policy in force and the corridors.

What hardly ever changes is remembered by each process, under the versions of the very rows that the read reports: a change, also
one made by SQL, is seen by the next order.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from django.db import connection

from approvals.models import Client, Corridor, Destination
from approvals.queries.policy import PolicyInForce

_READ = "SELECT * FROM approvals_order_facts(%s, %s)"


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """`client`, `destination` and `policy` are None where there is none. `lanes` are the active corridors by id."""

    client: Client | None
    destination: Destination | None
    policy: PolicyInForce | None
    lanes: tuple[Corridor, ...]


def order_facts(client_id: str, fingerprint: str) -> OrderFacts:
    """Of the client, and of its destination with this fingerprint (see approvals.destinations)."""
    with connection.cursor() as cursor:
        cursor.execute(_READ, [client_id, fingerprint])
        name, status, *found, version, digest, rules, corridors = cursor.fetchone()
    return OrderFacts(
        client=None if status is None else Client(id=client_id, name=name, status=status),
        destination=None if found[0] is None else _destination(client_id, fingerprint, *found),
        policy=None if version is None else PolicyInForce(version, bytes(digest), rules or ""),
        lanes=_lanes(connection.settings_dict["NAME"], corridors or ""),
    )


def _destination(client_id: str, fingerprint: str, id: UUID, kind: str, details: str, status: str, until: datetime) -> Destination:
    # Django leaves jsonb as text for its own fields to decode.
    kept = json.loads(details)
    return Destination(
        id=id, client_id=client_id, fingerprint=fingerprint, kind=kind, details=kept, status=status, cooling_off_until=until
    )


@lru_cache(maxsize=4)
def _lanes(database: str, seen: str) -> tuple[Corridor, ...]:  # noqa: ARG001 - rows are those of one database
    return tuple(Corridor.objects.filter(active=True).order_by("id"))
