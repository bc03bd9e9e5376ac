"""Signing in and out, and the trail that both leave."""

import pytest
from django.core.cache import cache
from django.test import Client

from audit.models import AuditEvent
from backoffice.access.models import Operator

PASSWORD = "correct horse battery"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_limits_from_other_tests():
    cache.clear()


def _sign_in(client: Client, name: str, password: str = PASSWORD, **more: str):
    return client.post("/login/", {"login": name, "password": password, **more})


def _events(type: str) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(type=type))


def test_it_signs_in_and_records_it(client, cast):
    response = _sign_in(client, "checker")
    assert (response.status_code, response.headers["Location"]) == (302, "/")
    assert client.get("/").status_code == 200
    [event] = _events("access.signed_in")
    assert (event.actor_id, event.person_id) == ("checker", cast.checker.person_id)
    assert event.metadata["address"] == "127.0.0.1"


def test_it_goes_where_the_visitor_wanted_to_go(client, cast):
    assert _sign_in(client, "checker", next="/runbooks/").headers["Location"] == "/runbooks/"


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_it_does_not_lead_off_the_site(client, cast, elsewhere):
    assert _sign_in(client, "checker", next=elsewhere).headers["Location"] == "/"


@pytest.mark.parametrize(("name", "password"), [("checker", "wrong"), ("nobody-here", PASSWORD)])
def test_wrong_password_and_unknown_name_look_the_same_and_are_recorded(client, cast, name, password):
    response = _sign_in(client, name, password)
    assert response.status_code == 200
    assert b"not correct" in response.content
    assert "_auth_user_id" not in client.session
    [event] = _events("access.sign_in_refused")
    assert (event.outcome, event.actor_id, event.resource_id) == ("refused", name, name)
    assert password not in str(event.metadata) + event.reason
    assert _events("access.signed_in") == []


def test_after_five_failures_even_the_right_password_waits(client, cast):
    for _ in range(5):
        _sign_in(client, "checker", "wrong")
    response = _sign_in(client, "checker")
    assert "_auth_user_id" not in client.session
    assert b"Too many" in response.content
    assert _events("access.sign_in_refused")[0].reason == "too many failed attempts"
    assert len(_events("access.sign_in_refused")) == 6


def test_failures_of_one_account_do_not_lock_out_another(client, cast):
    for _ in range(5):
        _sign_in(client, "checker", "wrong")
    assert _sign_in(Client(), "second_checker").status_code == 302


def test_a_switched_off_account_stays_out(client, cast):
    Operator.objects.filter(username="checker").update(is_active=False)
    _sign_in(client, "checker")
    assert "_auth_user_id" not in client.session
    assert len(_events("access.sign_in_refused")) == 1


def test_signing_out_is_a_post_and_recorded(client, cast):
    _sign_in(client, "checker")
    assert client.get("/logout/").status_code == 405
    assert client.get("/").status_code == 200
    assert client.post("/logout/").status_code == 302
    assert client.get("/").status_code == 302
    [event] = _events("access.signed_out")
    assert event.actor_id == "checker"


def test_signing_out_needs_the_token_of_the_session(cast):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(cast.checker)
    response = strict.post("/logout/")
    assert response.status_code == 403
    assert b"too old" in response.content
    assert strict.get("/").status_code == 200


@pytest.mark.parametrize("path", ["/signup/", "/accounts/signup/", "/password/reset/"])
def test_there_is_no_other_way_in(client, db, path):
    assert client.get(path).status_code == 404


def test_settings_are_kept_recorded_and_only_what_changed(client, cast):
    client.force_login(cast.checker)
    response = client.post("/account/", {"time_zone": "Europe/Vienna", "theme": "dark"})
    assert response.status_code == 302
    saved = Operator.objects.get(pk=cast.checker.pk)
    assert (saved.time_zone, saved.theme, saved.single_key_shortcuts) == ("Europe/Vienna", "dark", False)
    [event] = _events("access.settings_changed")
    assert set(event.diff) == {"time_zone", "theme", "single_key_shortcuts"}
    assert b'data-theme="dark"' in client.get("/").content
    assert b'data-shortcuts="off"' in client.get("/").content


def test_a_zone_that_does_not_exist_is_refused(client, cast):
    client.force_login(cast.checker)
    response = client.post("/account/", {"time_zone": "Mars/Olympus", "theme": "dark"})
    assert response.status_code == 422
    assert Operator.objects.get(pk=cast.checker.pk).theme == "system"
    assert _events("access.settings_changed") == []


def test_changing_the_password_ends_other_sessions(client, cast):
    other = Client()
    other.force_login(cast.checker)
    client.force_login(cast.checker)
    new = "twelve sleepy badgers"
    response = client.post("/account/password/", {"old_password": PASSWORD, "new_password1": new, "new_password2": new})
    assert response.status_code == 302
    assert client.get("/").status_code == 200
    assert other.get("/").status_code == 302
    assert len(_events("access.password_changed")) == 1


def test_the_pages_work_with_the_privileges_of_the_web_process(client, cast, database_role):
    with database_role("countersign_web"):
        assert _sign_in(client, "checker").status_code == 302
        assert client.get("/").status_code == 200
        assert client.post("/account/", {"time_zone": "UTC", "theme": "dark"}).status_code == 302
        assert client.post("/logout/").status_code == 302
