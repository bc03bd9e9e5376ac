"""Alerts on the console: what is open, who has it, what ended and why, and whether anybody was told."""

from uuid import UUID

import pytest
from django.db.models.functions import Now

from approvals.commands import create_client
from audit import context
from audit.context import Actor
from audit.models import AuditEvent
from backoffice.access.commands import grant_role, see_client
from backoffice.access.models import Operator
from backoffice.alerts.commands import open_alert, resolve
from backoffice.alerts.models import Alert, Delivery
from backoffice.alerts.rules.base import Finding, Severity

pytestmark = pytest.mark.django_db


@pytest.fixture
def alert(settings) -> Alert:
    """About a client's transfer, with one message to the channel `ops`."""
    settings.ALERT_CHANNELS = {"ops": "json://localhost/x"}
    with context.bind(Actor.system("test")):
        create_client(client_id="acme", name="Acme Robotics")
        open_alert("late", _finding("one", Severity.WARNING, "WD-1 is CREATED for over 5 minutes", client_id="acme"))
    return Alert.objects.get()


def _finding(cause: str, severity: Severity, title: str, client_id: str = "") -> Finding:
    return Finding(
        cause_key=cause,
        severity=severity,
        title=title,
        detail="It waits for its quote.",
        link=f"/transfers/{UUID(int=7)}/",
        runbook="transfer-stuck-created",
        client_id=client_id,
    )


def _operator(name: str, role: str, cast) -> Operator:
    with context.bind(Actor.system("test")):
        made = Operator.objects.create_user(name, password="correct horse battery", person=cast.outsider.person)
        grant_role(operator=made, role=role)
    return made


def test_an_open_alert_shows_where_to_go_and_how_it_stands(client, cast, alert):
    client.force_login(cast.maker)
    page = client.get("/alerts/").content.decode()
    for words in ("1 alert open", alert.title, alert.detail, "Acme Robotics", "/runbooks/transfer-stuck-created/", alert.link):
        assert words in page
    assert "ops, opened" in page
    assert "not tried yet" in page


def test_the_worst_comes_first(client, cast, alert):
    with context.bind(Actor.system("test")):
        open_alert("dead", _finding("two", Severity.CRITICAL, "No worker reports"))
    client.force_login(cast.maker)
    assert [row[0].title for row in client.get("/alerts/").context["rows"]] == ["No worker reports", alert.title]


def test_acknowledging_names_who_has_it_and_the_first_one_stays(client, cast, alert):
    client.force_login(cast.maker)
    done = client.post(f"/alerts/{alert.pk}/acknowledge/", follow=True)
    assert "It is yours" in done.content.decode()
    assert "by maker" in done.content.decode()
    client.force_login(_operator("kim", "oncall", cast))
    with context.bind(Actor.system("test")):
        see_client(operator=Operator.objects.get(username="kim"), client=_acme())
    again = client.post(f"/alerts/{alert.pk}/acknowledge/", follow=True)
    assert "maker has it already" in again.content.decode()
    alert.refresh_from_db()
    assert alert.acknowledged_by == "maker"
    assert AuditEvent.objects.filter(type="alert.acknowledged").count() == 1


def _acme():
    from approvals.models import Client

    return Client.objects.get(pk="acme")


def test_one_that_ended_meanwhile_says_why(client, cast, alert):
    with context.bind(Actor.system("test")):
        resolve(alert, "The transfer moved on to QUOTED.")
    client.force_login(cast.maker)
    answer = client.post(f"/alerts/{alert.pk}/acknowledge/", follow=True)
    assert "The alert resolved itself: The transfer moved on to QUOTED." in answer.content.decode()
    alert.refresh_from_db()
    assert alert.acknowledged_at is None
    ended = client.get("/alerts/?show=resolved").content.decode()
    assert "The transfer moved on to QUOTED." in ended
    assert "nobody acknowledged it" in ended
    assert "No alert is open" in client.get("/alerts/").content.decode()


def test_messages_that_nobody_heard_are_loud(client, cast, alert):
    Delivery.objects.update(attempts=3, last_error="the channel did not take it", next_try_at=Now())
    client.force_login(cast.maker)
    page = client.get("/alerts/").content.decode()
    assert "1 message could not be delivered after several tries" in page
    assert "not heard after 3 tries" in page
    assert "the channel did not take it" in page


def test_without_a_channel_the_page_says_that_nobody_is_told(client, cast, alert, settings):
    settings.ALERT_CHANNELS = {}
    client.force_login(cast.maker)
    assert "Alerts reach nobody outside this page" in client.get("/alerts/").content.decode()


def test_a_reader_is_told_why_there_is_no_button(client, cast, alert):
    client.force_login(cast.checker)
    page = client.get("/alerts/").content.decode()
    assert "Your roles do not include acknowledging." in page
    assert "/acknowledge/" not in page
    refused = client.post(f"/alerts/{alert.pk}/acknowledge/")
    assert refused.status_code == 403
    assert "alerts.acknowledge_alert" in refused.content.decode()
    alert.refresh_from_db()
    assert alert.acknowledged_at is None


def test_another_clients_alert_is_not_there(client, cast, alert):
    client.force_login(_operator("stranger", "oncall", cast))
    assert alert.title not in client.get("/alerts/").content.decode()
    assert client.post(f"/alerts/{alert.pk}/acknowledge/").status_code == 404
    alert.refresh_from_db()
    assert alert.acknowledged_at is None


def test_without_the_permission_nothing_is_shown(client, cast):
    client.force_login(cast.outsider)
    response = client.get("/alerts/")
    assert response.status_code == 403
    assert "alerts.view_alert" in response.content.decode()


def test_an_open_page_is_told_of_new_ones(client, cast, alert):
    client.force_login(cast.maker)
    fragment = {"headers": {"HX-Request": "true"}}
    assert client.get("/alerts/?seen=1", **fragment).content.decode().strip() == ""
    assert "1 new" in client.get("/alerts/?seen=0", **fragment).content.decode()
    assert "Some have ended" in client.get("/alerts/?seen=2", **fragment).content.decode()
