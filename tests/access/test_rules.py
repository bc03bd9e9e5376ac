"""A view says who may use it, and is closed until it does."""

import pytest
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.urls import get_resolver
from django.urls.resolvers import URLResolver
from django.views import View

from audit import context
from audit.models import AuditEvent
from backoffice.access import rules
from backoffice.access.middleware import AccessMiddleware, actor_of


def _open(request: HttpRequest) -> HttpResponse:
    return HttpResponse("open")


def _leaves(patterns, prefix=""):
    for pattern in patterns:
        path = f"{prefix}{pattern.pattern}"
        if isinstance(pattern, URLResolver):
            yield from _leaves(pattern.url_patterns, path)
        else:
            yield path, pattern.callback


EVERY_VIEW = list(_leaves(get_resolver().url_patterns))


@pytest.mark.parametrize(("path", "view"), EVERY_VIEW, ids=[path or "/" for path, _ in EVERY_VIEW])
def test_every_url_declares_who_may_use_it(path, view):
    assert rules.rule_of(view) is not None


def test_a_view_without_a_rule_is_refused_loudly_where_developers_look(settings):
    settings.UNDECLARED_VIEWS_RAISE = True
    with pytest.raises(ImproperlyConfigured, match="_open"):
        AccessMiddleware(_open).process_view(RequestFactory().get("/"), _open, (), {})


def test_a_view_without_a_rule_is_forbidden_in_production(settings):
    settings.UNDECLARED_VIEWS_RAISE = False
    with pytest.raises(PermissionDenied):
        AccessMiddleware(_open).process_view(RequestFactory().get("/"), _open, (), {})


def test_an_undeclared_view_answers_403_over_http(client, cast, settings):
    settings.UNDECLARED_VIEWS_RAISE = False
    settings.ROOT_URLCONF = "tests.access.undeclared_urls"
    client.force_login(cast.checker)
    assert client.get("/undeclared/").status_code == 403


@pytest.mark.parametrize("given", [(), ("approve",)])
def test_requires_takes_full_permission_names(given):
    with pytest.raises(ValueError, match=r"app\.codename"):
        rules.requires(*given)


def test_public_needs_a_reason():
    with pytest.raises(ValueError, match="why"):
        rules.public("")


def test_a_class_based_view_is_guarded_as_a_whole(cast):
    @rules.requires("approvals.decide_request")
    class Page(View):
        def get(self, _: HttpRequest) -> HttpResponse:
            return HttpResponse("in")

    view = Page.as_view()
    assert str(rules.rule_of(view)) == "approvals.decide_request"
    request = RequestFactory().get("/")
    request.resolver_match = None
    request.user = cast.checker
    assert view(request).status_code == 200
    request.user = cast.outsider
    with context.bind(actor_of(cast.outsider)), pytest.raises(PermissionDenied):
        view(request)


def test_an_api_view_declares_in_words_on_its_class():
    class Endpoint(View):
        access_rule = "scope:transfers:read"

    view = Endpoint.as_view()
    assert rules.rule_of(view) == "scope:transfers:read"


def test_a_visitor_is_sent_to_sign_in_and_back(client, db):
    response = client.get("/audit/?type=ledger.posted")
    assert response.status_code == 302
    assert response.headers["Location"] == "/login/?next=/audit/%3Ftype%3Dledger.posted"


def test_a_fragment_request_of_a_visitor_reloads_the_page(client, db):
    response = client.get("/audit/", headers={"HX-Request": "true"})
    assert (response.status_code, response.headers["HX-Refresh"]) == (204, "true")


def test_a_refused_attempt_is_recorded_once_with_what_was_missing(client, cast):
    client.force_login(cast.outsider)
    response = client.get("/audit/")
    assert response.status_code == 403
    assert b"audit.view_auditevent" in response.content
    [event] = AuditEvent.objects.filter(type="access.refused")
    assert (event.outcome, event.actor_id, event.resource_id) == ("refused", "outsider", "console:audit")
    assert event.person_id == cast.outsider.person_id
    assert event.request_id == response.headers["Request-Id"]
