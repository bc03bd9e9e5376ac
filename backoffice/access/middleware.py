"""Two middlewares of the console: who acts in this request, and no view without a declared access rule."""

import zoneinfo
from collections.abc import Callable
from functools import cache
from typing import Any

import structlog
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from audit import context
from backoffice.access.models import Operator
from backoffice.access.rules import rule_of

log = structlog.get_logger(__name__)
Next = Callable[[HttpRequest], HttpResponseBase]


def actor_of(operator: Operator) -> context.Actor:
    """The operator as the audit trail knows them: the account, and the person behind it."""
    return context.Actor(context.ActorType.OPERATOR, operator.get_username(), person_id=operator.person_id)


class OperatorContextMiddleware:
    """Acts as the signed-in operator for the length of the request, in their time zone. Anonymous requests bind nobody: what
    records on their behalf (a failed sign-in, an API call) binds its own actor."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        operator = request.user
        if not isinstance(operator, Operator):
            return self.get_response(request)
        bound = context.bind(
            actor_of(operator),
            correlation_id=getattr(request, "correlation_id", ""),
            request_id=getattr(request, "request_id", ""),
        )
        with bound, timezone.override(zone_of(operator)):
            return self.get_response(request)


# Asking opens every file of the time zone database.
_known_zones = cache(zoneinfo.available_timezones)


def zone_of(operator: Operator) -> zoneinfo.ZoneInfo:
    """Their chosen zone; UTC when the system no longer knows it (tzdata drops names now and then)."""
    return zoneinfo.ZoneInfo(operator.time_zone if operator.time_zone in _known_zones() else "UTC")


class AccessMiddleware:
    """Refuses every view that does not say who may use it. Loud where developers look, closed everywhere."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any) -> None:  # noqa: ARG002
        if rule_of(view) is not None:
            return
        name = f"{getattr(view, '__module__', '?')}.{getattr(view, '__qualname__', type(view).__name__)}"
        log.error("view without access rule", view=name, path=request.path)
        if getattr(settings, "UNDECLARED_VIEWS_RAISE", settings.DEBUG):
            raise ImproperlyConfigured(f"{name} declares no access rule: decorate it with requires(), any_operator or public().")
        raise PermissionDenied("This page does not say who may use it, so nobody may.")
