"""Django's admin behind our own rules: staff accounts only, signed in through our sign-in with its rate limits and its trail."""

from collections.abc import Iterator
from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import URLPattern, URLResolver

from backoffice.access.rules import AccessRule, public, rule_of

STAFF = AccessRule(reason="staff accounts, as Django's admin itself checks")


@public("only leads to our own sign-in")
def to_sign_in(request: HttpRequest, extra_context: object = None) -> HttpResponseBase:  # noqa: ARG001
    return redirect_to_login(request.GET.get("next", "/admin/"))


@public("only leads to the page where a change leaves its event")
def to_own_password(request: HttpRequest, extra_context: object = None) -> HttpResponseBase:  # noqa: ARG001
    return redirect("access:password")


class RuledAdminSite(AdminSite):
    """Its views say who may use them like every other view. Nothing is registered yet; what will be is for reading."""

    site_header = site_title = "Countersign"

    def get_urls(self) -> list[Any]:
        patterns: list[Any] = super().get_urls()
        for pattern in _leaves(patterns):
            if rule_of(pattern.callback) is None:
                pattern.callback.access_rule = STAFF  # type: ignore[attr-defined]
        return patterns

    login = staticmethod(to_sign_in)
    password_change = staticmethod(to_own_password)


def _leaves(patterns: list[Any]) -> Iterator[URLPattern]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from _leaves(pattern.url_patterns)
        else:
            yield pattern


site = RuledAdminSite(name="admin")
