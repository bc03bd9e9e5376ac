"""Who calls: `Authorization: Bearer csk_...`, checked by the control plane, which owns the keys."""

import json
from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.http import HttpRequest
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated
from rest_framework.request import Request

from approvals.commands.api_keys import authenticate_key
from approvals.models import ApiKey, Client
from audit import clock
from audit.context import Actor, ActorType
from transfers.rates import rate_of_keys

_MAX_KEY_LENGTH = 200
_ADMIT = "SELECT * FROM transfers_admit(%s, %s, %s, %s, %s)"


@dataclass(frozen=True, slots=True)
class Caller:
    """The client behind a request, in place of a user; the client of the API is not an operator. `controllers` are the people who
    hold the key. `is_counted` says whether the request had a place in the key's rate, None while nobody has asked."""

    client_id: str
    key_id: UUID
    key_prefix: str
    scopes: frozenset[str]
    controllers: tuple[UUID, ...] = ()
    is_counted: bool | None = None
    is_authenticated: bool = True

    def actor(self) -> Actor:
        """How the audit trail names it. The prefix is public, the secret never leaves the header."""
        return Actor(ActorType.API_CLIENT, self.key_prefix, credential_id=str(self.key_id), on_behalf_of=self.client_id)


class BearerKey(BaseAuthentication):
    """Sets `request.user` to the Caller and `request.auth` to the ApiKey."""

    def authenticate(self, request: Request) -> tuple[Caller, ApiKey]:
        """Raises NotAuthenticated without a bearer key, AuthenticationFailed with one that cannot be used from here."""
        scheme, _, raw = request.headers.get("Authorization", "").partition(" ")
        raw = raw.strip()
        if scheme.lower() != "bearer" or not raw:
            raise NotAuthenticated
        door = _Door()
        key = authenticate_key(raw, _address(request), door.find) if len(raw) <= _MAX_KEY_LENGTH else None
        if key is None:
            # One answer for unknown, expired, revoked and wrong network: nobody learns which keys exist.
            raise AuthenticationFailed("This API key is not accepted.")
        return Caller(key.client_id, key.pk, key.prefix, frozenset(key.scopes), door.controllers, door.is_counted), key

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002
        return 'Bearer realm="countersign"'


class _Door:
    """Finds a key and counts the request against its rate, in one statement: see transfers_admit()."""

    def __init__(self) -> None:
        self.controllers: tuple[UUID, ...] = ()
        self.is_counted: bool | None = None

    def find(self, prefix: str, hashed: bytes) -> ApiKey | None:
        rate = rate_of_keys()
        with connection.cursor() as cursor:
            cursor.execute(_ADMIT, [prefix, hashed, clock.now(), rate.interval_s, rate.tolerance_s])
            key_id, client_id, status, secret, scopes, networks, used, expires, revoked, held_by, self.is_counted = (
                cursor.fetchone()
            )
        if key_id is None:
            return None
        self.controllers = tuple(held_by)
        return ApiKey(
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


class _BearerKeyInSchema(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Read by drf-spectacular's registry: how the scheme is written in the OpenAPI document."""

    target_class = BearerKey
    name = "ApiKey"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:  # noqa: ARG002
        return {"type": "http", "scheme": "bearer", "description": "An API key of the client: `csk_...`."}


def _address(request: HttpRequest | Request) -> str:
    return str(request.META.get("REMOTE_ADDR", ""))
