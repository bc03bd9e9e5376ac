"""Who calls: `Authorization: Bearer csk_...`, checked by the control plane, which owns the keys."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpRequest
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated
from rest_framework.request import Request

from approvals.commands.api_keys import LONGEST_KEY, authenticate_key
from approvals.commands.refused_keys import note_refused_key
from approvals.models import ApiKey
from audit.context import Actor, ActorType
from transfers.api.door import Door


@dataclass(frozen=True, slots=True)
class Caller:
    """The client behind a request, in place of a user; the client of the API is not an operator. `controllers` are the people who
    hold the key. `is_counted` says whether the request had a place in the key's rate, None while nobody has asked; `door` is what a
    statement that writes needs in order to ask both, where that was left to it."""

    client_id: str
    key_id: UUID
    key_prefix: str
    scopes: frozenset[str]
    controllers: tuple[UUID, ...] = ()
    is_counted: bool | None = None
    door: Mapping[str, Any] | None = None
    is_authenticated: bool = True
    actor_type: ClassVar[ActorType] = ActorType.API_CLIENT

    def actor(self) -> Actor:
        """How the audit trail names it. The prefix is public, the secret never leaves the header."""
        return Actor(self.actor_type, self.key_prefix, credential_id=str(self.key_id), on_behalf_of=self.client_id)


class BearerKey(BaseAuthentication):
    """Sets `request.user` to the Caller and `request.auth` to the ApiKey."""

    def authenticate(self, request: Request) -> tuple[Caller, ApiKey]:
        """Raises NotAuthenticated without a bearer key, AuthenticationFailed with one that cannot be used from here."""
        view: Any = request.parser_context["view"]
        return self.ask(request, later=view.scopes[request.method] if request.method in view.admits_later else "")

    def ask(self, request: Request, *, later: str = "") -> tuple[Caller, ApiKey]:
        """The same. With the scope `later` a key that this process knows to have it is judged by memory: the caller has it judged
        again, and counted, by the statement that writes, or asks once more."""
        scheme, _, raw = request.headers.get("Authorization", "").partition(" ")
        raw = raw.strip()
        if scheme.lower() != "bearer" or not raw:
            raise NotAuthenticated
        door = Door(later)
        key = authenticate_key(raw, _address(request), door.find) if len(raw) <= LONGEST_KEY else None
        if key is None:
            note_refused_key(raw, _address(request))
            # One answer for unknown, expired, revoked and wrong network: nobody learns which keys exist.
            raise AuthenticationFailed("This API key is not accepted.")
        return Caller(
            key.client_id, key.pk, key.prefix, frozenset(key.scopes), door.controllers, door.is_counted, door.left_to_write
        ), key

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002
        return 'Bearer realm="countersign"'


class _BearerKeyInSchema(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Read by drf-spectacular's registry: how the scheme is written in the OpenAPI document."""

    target_class = BearerKey
    name = "ApiKey"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:  # noqa: ARG002
        return {"type": "http", "scheme": "bearer", "description": "An API key of the client: `csk_...`."}


def _address(request: HttpRequest | Request) -> str:
    return str(request.META.get("REMOTE_ADDR", ""))
