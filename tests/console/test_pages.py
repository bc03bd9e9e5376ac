"""Home, runbooks, navigation and the pages for when something is wrong."""

import pytest
from django.conf import settings
from django.template.loader import get_template
from django.test import RequestFactory
from django.views.defaults import server_error

from backoffice.console.navigation import GROUPS
from backoffice.console.runbooks import RUNBOOKS
from transfers.failures import FAILURES

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("slug", RUNBOOKS)
def test_a_runbook_says_all_five_things(client, cast, slug):
    client.force_login(cast.auditor)
    page = client.get(f"/runbooks/{slug}/").content.decode()
    for heading in ("Symptoms", "What it means for the money", "Investigate", "Act", "Prevent"):
        after = page.split(f">{heading} <", 1)[-1] if f">{heading} <" in page else page.split(f">{heading}<", 1)[1]
        assert len(after.split("</section>")[0]) > 150, heading


def test_every_failure_that_needs_waiting_has_its_runbook():
    named = {code for runbook in RUNBOOKS.values() for code in runbook.codes}
    assert {code for code, failure in FAILURES.items() if not failure.ends} <= named <= FAILURES.keys()


def test_every_runbook_that_an_alert_names_exists():
    from backoffice.alerts.rules import breaks, processes, time_in_state

    named = set(time_in_state._RUNBOOKS.values()) | {breaks._RUNBOOK, "transfer-stuck-confirmed"}
    named |= {processes._dead("worker", 60.0).runbook}
    assert named <= set(RUNBOOKS)


def test_an_unknown_runbook_is_not_found_in_the_frame(client, cast):
    client.force_login(cast.auditor)
    response = client.get("/runbooks/none-such/")
    assert response.status_code == 404
    assert b"There is nothing here for you" in response.content
    assert b'aria-label="Main"' in response.content


def test_a_visitor_gets_a_plain_not_found(client):
    response = client.get("/none-such/")
    assert response.status_code == 404
    assert b'aria-label="Main"' not in response.content


def test_the_page_for_our_own_failure_needs_nothing(django_assert_num_queries):
    with django_assert_num_queries(0):
        response = server_error(RequestFactory().get("/"))
    assert response.status_code == 500
    assert b"Something failed on our side" in response.content


@pytest.mark.parametrize("name", ["400.html", "403_csrf.html", "429.html", "500.html"])
def test_pages_that_stand_alone_render_without_context(name):
    assert "<h1>" in get_template(name).render({})


def test_navigation_shows_what_one_may_open_and_nothing_else(client, cast):
    for person, sees in ((cast.auditor, True), (cast.checker, False)):
        client.force_login(person)
        assert (b'href="/audit/"' in client.get("/").content) is sees


def test_each_letter_leads_to_one_place():
    letters = [entry.letter for group in GROUPS for entry in group.entries]
    assert len(letters) == len(set(letters))


def test_home_costs_a_bounded_number_of_queries(client, cast, django_assert_max_num_queries):
    client.force_login(cast.checker)
    with django_assert_max_num_queries(40):
        assert client.get("/").status_code == 200


@pytest.mark.parametrize("path", ["/", "/styleguide/", "/controls/", "/runbooks/process-dead/", "/account/"])
def test_no_page_has_inline_script_style_or_anything_from_elsewhere(client, cast, path):
    client.force_login(cast.checker)
    response = client.get(path)
    page = response.content.decode()
    assert " style=" not in page
    assert " onclick=" not in page
    assert "<style" not in page
    assert "http://" not in page.replace("http://testserver", "")
    assert "https://" not in page
    for script in page.split("<script")[1:]:
        assert script.startswith(' src="/static/')
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    assert "unsafe" not in response.headers["Content-Security-Policy"]


def test_the_style_page_is_for_the_sandbox():
    from importlib import reload

    from backoffice.console import urls

    before = settings.ENVIRONMENT
    try:
        settings.ENVIRONMENT = "production"
        assert "styleguide" not in {pattern.name for pattern in reload(urls).urlpatterns}
    finally:
        settings.ENVIRONMENT = before
        reload(urls)
