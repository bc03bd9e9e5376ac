"""Who may use a view, said at the view.

Every view carries an `access_rule`: a permission, any signed-in operator, or public with a reason. The decorators enforce the rule
themselves, so a view is safe wherever it is mounted; `AccessMiddleware` only refuses views that carry none. They work on
functions and on class-based views. API views set `access_rule = "..."` on the class, in words, and enforce through REST
framework's own permissions.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.decorators import method_decorator
from django.views import View

from backoffice.access.models import Operator
from backoffice.access.refusals import refuse

ViewFunction = Callable[..., HttpResponseBase]


@dataclass(frozen=True, slots=True)
class AccessRule:
    """What a view asks of its visitor. With several permissions all are needed; with none, being signed in is enough."""

    permissions: tuple[str, ...] = ()
    is_public: bool = False
    reason: str = ""

    def __str__(self) -> str:
        if self.is_public:
            return f"public: {self.reason}"
        return " and ".join(self.permissions) or "any operator"

    def missing(self, user: Any) -> tuple[str, ...]:
        """The permissions that `user` lacks."""
        return tuple(name for name in self.permissions if not user.has_perm(name))


def requires(*permissions: str) -> Callable[[Any], Any]:
    """Only operators who hold every one of `permissions` ("app.codename")."""
    if not permissions or any("." not in name for name in permissions):
        raise ValueError("requires() takes permissions as 'app.codename', at least one")
    return _declare(AccessRule(permissions))


def any_operator(view: Any) -> Any:
    """Every signed-in operator, whatever their role."""
    return _declare(AccessRule())(view)


def public(reason: str) -> Callable[[Any], Any]:
    """Anybody, signed in or not; the reason is part of the declaration and shows in the access review."""
    if not reason:
        raise ValueError("a public view says why it is public")
    return _declare(AccessRule(is_public=True, reason=reason))


def rule_of(view: Any) -> AccessRule | str | None:
    """The declaration of a resolved view: on the function itself, or on the class behind it."""
    for holder in (view, getattr(view, "cls", None), getattr(view, "view_class", None)):
        declared: AccessRule | str | None = getattr(holder, "access_rule", None)
        if declared:
            return declared
    return None


def operator_of(request: HttpRequest) -> Operator:
    """The signed-in operator. Views run behind an access rule, so anything else is a mistake in the code, not of the visitor."""
    if not isinstance(request.user, Operator):
        raise TypeError("this view needs an access rule that asks for an operator")
    return request.user


def _declare(rule: AccessRule) -> Callable[[Any], Any]:
    def decorate(view: Any) -> Any:
        if isinstance(view, type) and issubclass(view, View):
            view.access_rule = rule  # type: ignore[attr-defined]
            return method_decorator(functools.partial(_enforced, rule), name="dispatch")(view)
        return _enforced(rule, view)

    return decorate


def _enforced(rule: AccessRule, view: ViewFunction) -> ViewFunction:
    @functools.wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if rule.is_public:
            return view(request, *args, **kwargs)
        if not request.user.is_authenticated:
            return _sign_in_first(request)
        if missing := rule.missing(request.user):
            refuse(request, missing)
            raise PermissionDenied(f"This needs the permission {' and '.join(missing)}, which your roles do not give you.")
        return view(request, *args, **kwargs)

    guarded.access_rule = rule  # type: ignore[attr-defined]
    return guarded


def _sign_in_first(request: HttpRequest) -> HttpResponseBase:
    """Off to the login page. A fragment request is told to move the whole page, or the login form would land inside a panel."""
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    # A form that was posted while signed out cannot be replayed: come back to where it was shown.
    where = request.get_full_path() if request.method in ("GET", "HEAD") else "/"
    return redirect_to_login(where)
