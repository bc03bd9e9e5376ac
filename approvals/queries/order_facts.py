"""What an order is judged by, in one read: the client, the destination it names, the policy in force and the corridors.

What a read gives is remembered by each process, with the name of the very rows that it came from (approvals_facts_seen). Whoever
judges by memory hands that name on to the statement that writes, which refuses where a row has changed since, also by SQL. A memory
that refuses by itself is no answer either: the order is then judged by a read.
"""

import json
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from django.db import connection

from approvals.models import Client, Corridor, Destination
from approvals.queries.policy import PolicyInForce

_READ = "SELECT * FROM approvals_order_facts(%s, %s)"
_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """`client`, `destination` and `policy` are None where there is none. `lanes` are the active corridors by id; `seen` names the
    rows of all of it."""

    client: Client | None
    destination: Destination | None
    policy: PolicyInForce | None
    lanes: tuple[Corridor, ...]
    seen: str


_remembered: OrderedDict[tuple[str, str, str], OrderFacts] = OrderedDict()


def order_facts(client_id: str, fingerprint: str) -> OrderFacts:
    """Of the client, and of its destination with this fingerprint (see approvals.destinations), as they are now."""
    database = connection.settings_dict["NAME"]
    with connection.cursor() as cursor:
        cursor.execute(_READ, [client_id, fingerprint])
        name, status, *found, version, digest, seen = cursor.fetchone()
    _, _, policy, rules, corridors = seen.split("/")
    facts = OrderFacts(
        client=None if status is None else Client(id=client_id, name=name, status=status),
        destination=None if found[0] is None else _destination(client_id, fingerprint, *found),
        policy=None if version is None else PolicyInForce(version, bytes(digest), f"{policy}/{rules}"),
        lanes=_lanes(database, corridors),
        seen=seen,
    )
    if facts.destination is not None:
        _remember((database, client_id, fingerprint), facts)
    return facts


def remembered_facts(client_id: str, fingerprint: str) -> OrderFacts:
    """The same as this process last read them, or as they are now: only for who has `seen` checked by the statement that writes."""
    return _remembered.get((connection.settings_dict["NAME"], client_id, fingerprint)) or order_facts(client_id, fingerprint)


def forget_facts() -> None:
    """For tests, whose databases come and go within one process."""
    _remembered.clear()


def _remember(about: tuple[str, str, str], facts: OrderFacts) -> None:
    _remembered[about] = facts
    while len(_remembered) > _KEPT:
        _remembered.popitem(last=False)


def _destination(client_id: str, fingerprint: str, id: UUID, kind: str, details: str, status: str, until: datetime) -> Destination:
    # Django leaves jsonb as text for its own fields to decode.
    kept = json.loads(details)
    return Destination(
        id=id, client_id=client_id, fingerprint=fingerprint, kind=kind, details=kept, status=status, cooling_off_until=until
    )


@lru_cache(maxsize=4)
def _lanes(database: str, seen: str) -> tuple[Corridor, ...]:  # noqa: ARG001 - rows are those of one database
    return tuple(Corridor.objects.filter(active=True).order_by("id"))
