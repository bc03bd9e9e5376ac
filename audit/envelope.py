"""The part of every event that nobody passes by hand: who acts, in which conversation, at what business time.

`envelope()` is also what a database function of a higher floor takes along when it records its own events in the same round trip.
"""

import json
from typing import Any

import orjson
from django.core.serializers.json import DjangoJSONEncoder
from psycopg.types.json import Jsonb

from audit import clock
from audit.context import current

# Times are left to Django's encoder, whose form is on record since the first event.
_AS_DJANGO = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS
_in_its_words = DjangoJSONEncoder().default


def envelope() -> dict[str, Any]:
    """Actor, correlation, causation, request and business time of the bound context. Raises NoActorBound outside one."""
    context = current()
    actor = context.actor
    return {
        "actor_type": actor.type.value,
        "actor_id": actor.id,
        "person_id": actor.person_id,
        "credential_id": actor.credential_id,
        "on_behalf_of": actor.on_behalf_of,
        "correlation_id": context.correlation_id,
        "causation_id": context.causation_id,
        "request_id": context.request_id,
        "occurred_at": clock.now(),
    }


def as_jsonb(value: Any) -> Any:
    """A parameter of type jsonb; ids, times and decimals inside become strings."""
    return Jsonb(value, dumps=as_json)


def as_json(value: Any) -> bytes:
    """What DjangoJSONEncoder writes, without its white space; it is asked itself where a number is larger than 64 bits."""
    try:
        return orjson.dumps(value, _in_its_words, _AS_DJANGO)
    except TypeError:
        return json.dumps(value, cls=DjangoJSONEncoder).encode()
