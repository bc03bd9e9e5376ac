"""What we add to allauth's sign-in: no sign-up, and every success and failure in the audit trail."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.http import HttpRequest, HttpResponse

from audit import context
from audit.commands import record, record_refusal
from backoffice.access.middleware import actor_of
from backoffice.access.models import Operator


class OperatorAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Accounts are made by administrators; people only sign in and out."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Silent: the page after signing in says by itself that one is signed in."""

    def login(self, request: HttpRequest, user: AbstractBaseUser) -> None:
        """Start the session and say so in the trail, together or not at all."""
        with transaction.atomic():
            super().login(request, user)
            with _acting_as(user, request):
                record(
                    type="access.signed_in",
                    resource_type="operator",
                    resource_id=user.get_username(),
                    metadata=self._where(request),
                )

    def logout(self, request: HttpRequest) -> None:
        """End the session and say so in the trail."""
        user = request.user
        with transaction.atomic():
            if user.is_authenticated:
                with _acting_as(user, request):
                    record(
                        type="access.signed_out",
                        resource_type="operator",
                        resource_id=user.get_username(),
                        metadata=self._where(request),
                    )
            super().logout(request)

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """A wrong password or an unknown name. What was typed as the name is kept up to 150 characters; the password never."""
        tried = str(credentials.get("username") or credentials.get("email") or "")[:150]
        self._record_refused(request, tried, "user name and password do not match an active account")

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Too many failures are refused before the password is looked at."""
        try:
            super().pre_authenticate(request, **credentials)
        except Exception:
            self._record_refused(request, str(credentials.get("username", ""))[:150], "too many failed attempts")
            raise

    def respond_user_inactive(self, request: HttpRequest, user: AbstractBaseUser) -> HttpResponse:
        self._record_refused(request, user.get_username(), "the account is not active")
        response: HttpResponse = super().respond_user_inactive(request, user)
        return response

    def _record_refused(self, request: HttpRequest, tried: str, reason: str) -> None:
        # Nobody is authenticated here: the actor is whoever sits at the keyboard, under the name they typed.
        nobody = context.Actor(context.ActorType.OPERATOR, tried or "(no name typed)")
        with context.bind(nobody, request_id=getattr(request, "request_id", "")):
            record_refusal(
                type="access.sign_in_refused",
                resource_type="operator",
                resource_id=tried,
                reason=reason,
                metadata=self._where(request),
            )

    def _where(self, request: HttpRequest) -> dict[str, str]:
        return {"address": str(self.get_client_ip(request)), "browser": str(self.get_http_user_agent(request))[:300]}


def _acting_as(user: AbstractBaseUser, request: HttpRequest) -> Any:
    if not isinstance(user, Operator):
        raise TypeError("only operators sign in to the console")
    return context.bind(actor_of(user), request_id=getattr(request, "request_id", ""))
