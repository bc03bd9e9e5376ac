"""Finds the key behind a request and counts the request against the key's rate, in one statement: see transfers_admit().

Where a statement will write anyway, both can be left to it: a key that this process has found before is then judged by memory, and
the statement refuses unless the database says the same at that moment. Nothing is answered by memory alone.
"""

import hmac
import json
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from approvals.models import ApiKey, Client
from audit import clock
from transfers.rates import rate_of_keys

_ADMIT = "SELECT * FROM transfers_admit(%s, %s, %s, %s, %s)"
_KEPT = 10_000
# Older memories are not used, so that a busy key is found for real, and seen to be used, now and then.
_KNOWN_FOR = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class _Known:
    key: ApiKey
    controllers: tuple[UUID, ...]


_known: OrderedDict[tuple[str, str], _Known] = OrderedDict()


class Door:
    """`later` names the scope that a key needs to be judged by memory; empty: it is not. Afterwards `controllers` are the people
    who hold the key, `is_counted` says whether there was a place in its rate (None: nobody has asked), and `left_to_write` is what
    the writing statement needs."""

    def __init__(self, later: str = "") -> None:
        self._later = later
        self.controllers: tuple[UUID, ...] = ()
        self.is_counted: bool | None = None
        self.left_to_write: Mapping[str, Any] | None = None

    def find(self, prefix: str, hashed: bytes) -> ApiKey | None:
        known = _known.get((connection.settings_dict["NAME"], prefix)) if self._later else None
        if known is None or not self._may_wait(known.key, hashed):
            return self._ask(prefix, hashed)
        self.controllers = known.controllers
        rate = rate_of_keys()
        self.left_to_write = {
            "prefix": prefix,
            "hash": hashed.hex(),
            "key_id": str(known.key.pk),
            "scope": self._later,
            "now": clock.now().isoformat(),
            "interval_s": rate.interval_s,
            "tolerance_s": rate.tolerance_s,
        }
        return known.key

    def _may_wait(self, key: ApiKey, hashed: bytes) -> bool:
        is_fresh = key.last_used_at is not None and key.last_used_at > clock.now() - _KNOWN_FOR
        return is_fresh and self._later in key.scopes and hmac.compare_digest(hashed, bytes(key.secret_hash))

    def _ask(self, prefix: str, hashed: bytes) -> ApiKey | None:
        rate = rate_of_keys()
        with connection.cursor() as cursor:
            cursor.execute(_ADMIT, [prefix, hashed, clock.now(), rate.interval_s, rate.tolerance_s])
            key_id, client_id, status, secret, scopes, networks, used, expires, revoked, held_by, self.is_counted = (
                cursor.fetchone()
            )
        if key_id is None:
            return None
        self.controllers = tuple(held_by)
        key = ApiKey(
            id=key_id,
            client=Client(id=client_id, status=status),
            prefix=prefix,
            secret_hash=bytes(secret),
            # Django leaves jsonb as text for its own fields to decode.
            scopes=json.loads(scopes),
            allowed_networks=json.loads(networks),
            last_used_at=used,
            expires_at=expires,
            revoked_at=revoked,
        )
        if self.is_counted:
            _remember(_Known(key, self.controllers))
        else:
            # Over its rate: it is stopped at the door, not after the work.
            _known.pop((connection.settings_dict["NAME"], prefix), None)
        return key


def _remember(known: _Known) -> None:
    """What the database has let in: the secret was right, the key in force and bound to no network, and within its rate."""
    _known[connection.settings_dict["NAME"], known.key.prefix] = known
    while len(_known) > _KEPT:
        _known.popitem(last=False)
