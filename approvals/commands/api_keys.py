"""Keys of clients: `csk_<prefix>_<secret>`. The secret is shown once and kept as its SHA-256; 256 random bits need no slow hash."""

import hashlib
import hmac
import ipaddress
import re
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from approvals import events
from approvals.errors import ApiKeyInvalid, Unknown
from approvals.models import ApiKey, Client, Person
from audit import clock
from audit.commands import record

_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
_PREFIX_LENGTH = 10
_SECRET_BYTES = 32
# Of what somebody sends in the place of a key, no more is looked at.
LONGEST_KEY, _LONGEST_PREFIX = 200, 40
_SCOPE = re.compile(r"[a-z][a-z0-9_.:-]{0,59}")
_RAW = re.compile(r"csk_([a-z0-9]+)_([A-Za-z0-9_-]+)", re.ASCII)
# Compared against when no key has the prefix, so that a wrong prefix takes as long as a wrong secret.
_NO_HASH = bytes(32)
# How stale `last_used_at` may be: busy keys are not written on every call.
_TOUCH_EVERY = timedelta(minutes=1)


@transaction.atomic
def issue_api_key(
    *,
    client_id: str,
    name: str,
    scopes: Sequence[str],
    controllers: Sequence[UUID],
    allowed_networks: Sequence[str] = (),
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:
    """A new key and its text, which is never seen again. `controllers` are the people who hold it: makers of all that it makes.

    Raises Unknown (client, person) and ApiKeyInvalid.
    """
    if not Client.objects.filter(id=client_id).exists():
        raise Unknown("client", client_id)
    people = _controllers(controllers)
    prefix = "".join(secrets.choice(_ALPHABET) for _ in range(_PREFIX_LENGTH))
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    key = ApiKey.objects.create(
        client_id=client_id,
        name=name,
        prefix=prefix,
        secret_hash=_hash(secret),
        scopes=_scopes(scopes),
        allowed_networks=_networks(allowed_networks),
        created_at=clock.now(),
        expires_at=expires_at,
    )
    key.controllers.set(people)
    metadata = {
        "client_id": client_id,
        "name": name,
        "prefix": prefix,
        "scopes": key.scopes,
        "controllers": [str(p.id) for p in people],
    }
    record(type=events.API_KEY_ISSUED, resource_type="api_key", resource_id=str(key.id), metadata=metadata)
    return key, f"csk_{prefix}_{secret}"


@transaction.atomic
def revoke_api_key(*, key_id: UUID, reason: str) -> None:
    """The key is refused from the commit on; repeating it changes nothing. Raises Unknown."""
    if not ApiKey.objects.filter(id=key_id).exists():
        raise Unknown("API key", key_id)
    if ApiKey.objects.filter(id=key_id, revoked_at=None).update(revoked_at=clock.now()):
        record(type=events.API_KEY_REVOKED, resource_type="api_key", resource_id=str(key_id), reason=reason)


def authenticate_key(raw: str, remote_addr: str | None, find: Callable[[str, bytes], ApiKey | None] | None = None) -> ApiKey | None:
    """The key behind a bearer text, or None: unknown, wrong, revoked, expired, from elsewhere, or of a client that is not active.

    Why it was refused is nobody's business outside; the caller records the attempt. `find` reads the key with its client, given its
    prefix and the hash of the secret; what it finds is judged here all the same.
    """
    match = _RAW.fullmatch(raw)
    prefix, secret = match.groups() if match else ("", "")
    hashed = _hash(secret)
    key = (find or _with_prefix)(prefix, hashed) if match else None
    is_right = hmac.compare_digest(hashed, bytes(key.secret_hash) if key else _NO_HASH)
    if key is None or not is_right or not _is_usable(key, remote_addr):
        return None
    _touch(key)
    return key


def prefix_of(raw: str) -> str:
    """The public part of what looks like a key, empty for anything else."""
    match = _RAW.fullmatch(raw[:LONGEST_KEY])
    return match[1][:_LONGEST_PREFIX] if match else ""


def _with_prefix(prefix: str, _hashed: bytes) -> ApiKey | None:
    return ApiKey.objects.select_related("client").filter(prefix=prefix).first()


def _is_usable(key: ApiKey, remote_addr: str | None) -> bool:
    now = clock.now()
    if key.revoked_at is not None or (key.expires_at is not None and key.expires_at <= now):
        return False
    return key.client.status == Client.Status.ACTIVE and _is_from_allowed_network(key, remote_addr)


def _is_from_allowed_network(key: ApiKey, remote_addr: str | None) -> bool:
    if not key.allowed_networks:
        return True
    try:
        address = ipaddress.ip_address(remote_addr or "")
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return any(address in ipaddress.ip_network(network) for network in key.allowed_networks)


def _touch(key: ApiKey) -> None:
    now = clock.now()
    if key.last_used_at is not None and key.last_used_at >= now - _TOUCH_EVERY:
        return
    is_stale = Q(last_used_at=None) | Q(last_used_at__lt=now - _TOUCH_EVERY)
    ApiKey.objects.filter(is_stale, id=key.id).update(last_used_at=now)


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def _controllers(person_ids: Sequence[UUID]) -> list[Person]:
    people = list(Person.objects.filter(id__in=person_ids, active=True).order_by("id"))
    missing = set(person_ids) - {person.id for person in people}
    if missing:
        raise Unknown("active person", sorted(map(str, missing))[0])
    if not people:
        raise ApiKeyInvalid("A key needs at least one person who controls it: what it makes must have a maker.")
    return people


def _scopes(scopes: Sequence[str]) -> list[str]:
    if not scopes or not all(isinstance(scope, str) and _SCOPE.fullmatch(scope) for scope in scopes):
        raise ApiKeyInvalid("Scopes are words such as transfers:write; a key has at least one.")
    return sorted(set(scopes))


def _networks(networks: Sequence[str]) -> list[str]:
    try:
        return [str(ipaddress.ip_network(network)) for network in networks]
    except ValueError as error:
        raise ApiKeyInvalid(f"Allowed networks are CIDR ranges: {error}.") from error
