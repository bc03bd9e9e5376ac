"""The transfer list, one transfer's page, and cancelling it."""

from datetime import timedelta

import pytest
from django.urls import reverse

from approvals.commands import create_client, place_halt
from audit import clock, context
from audit.context import Actor
from audit.models import AuditEvent
from backoffice.access.commands import grant_role, see_client
from backoffice.access.models import Operator
from backoffice.alerts.commands import open_alert
from backoffice.alerts.models import Alert
from backoffice.alerts.rules.base import Finding, Severity
from ledger.models import Hold
from tests.transfers import world as worlds
from tests.transfers.tame import tame_outside
from tests.transfers.world import World, drive_until
from transfers import driver
from transfers.models import ChainTransaction

pytestmark = pytest.mark.django_db


@pytest.fixture
def house() -> World:
    with context.bind(Actor.system("test")):
        return worlds.build()


@pytest.fixture
def maker(client, cast):
    client.force_login(cast.maker)
    return client


def _text(response) -> str:
    return " ".join(response.content.decode().split())


def test_the_list_shows_amount_client_destination_and_state(maker, house):
    transfer = house.order("5000.00")
    page = _text(maker.get("/transfers/"))
    for words in ("5,000.00", "Acme Robotics", "Treasury", "waiting for a person", f"/transfers/{transfer.pk}/", "New withdrawal"):
        assert words in page


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", {"small", "large"}),
        ("?status=CREATED", {"small", "large"}),
        ("?status=RECONCILED", set()),
        ("?client=acme", {"small", "large"}),
        ("?client=globex", set()),
        ("?corridor=US-ETH", {"small", "large"}),
        ("?corridor=US-MX", set()),
        ("?stopped=on", set()),
        ("?status=nonsense", set()),
        ("?after=nonsense", {"small", "large"}),
    ],
)
def test_the_address_holds_the_filter(maker, house, query, shown):
    with context.bind(Actor.system("test")):
        create_client(client_id="globex", name="Globex")
    made = {"small": house.order("12.00"), "large": house.order("5000.00")}
    response = maker.get(f"/transfers/{query}")
    assert response.status_code == 200
    page = response.content.decode()
    assert {name for name, transfer in made.items() if str(transfer.pk) in page} == shown


def test_the_list_goes_on_by_cursor(maker, house, monkeypatch):
    monkeypatch.setattr("backoffice.console.transfers.listing.PAGE", 2)
    made = [house.order(f"{amount}.00") for amount in (11, 12, 13)]
    first = maker.get("/transfers/?client=acme")
    assert [row.transfer.pk for row in first.context["rows"]] == [made[2].pk, made[1].pk]
    older = maker.get(f"/transfers/{first.context['paging'].next_url}")
    assert [row.transfer.pk for row in older.context["rows"]] == [made[0].pk]
    assert older.context["paging"].first_url == "?client=acme"
    assert "hx-trigger" not in older.content.decode()


def test_rows_cost_the_same_number_of_queries_however_many(maker, house, django_assert_max_num_queries):
    for amount in range(11, 17):
        house.order(f"{amount}.00")
    with django_assert_max_num_queries(34):
        assert maker.get("/transfers/").status_code == 200


def test_the_fragment_counts_what_came_since_and_moves_no_row(maker, house):
    house.order("12.00")
    url = maker.get("/transfers/").context["news_url"]
    quiet = maker.get(f"/transfers/{url}", headers={"HX-Request": "true"})
    assert _text(quiet) == ""
    assert "HX-Request" in quiet["Vary"]
    house.order("13.00")
    assert "1 new, press <kbd>.</kbd> to load" in _text(maker.get(f"/transfers/{url}", headers={"HX-Request": "true"}))


@pytest.mark.parametrize("path", ["/transfers/", "/transfers/00000000-0000-0000-0000-000000000000/"])
def test_without_the_permission_the_refusal_says_which(client, cast, house, path):
    client.force_login(cast.outsider)
    response = client.get(path)
    assert response.status_code == 403
    assert "transfers.view_transfer" in response.content.decode()
    assert AuditEvent.objects.filter(type="access.refused").count() == 1


def test_another_clients_transfer_is_not_found_and_not_listed(client, cast, house):
    transfer = house.order("5000.00")
    with context.bind(Actor.system("test")):
        stranger = Operator.objects.create_user("stranger", password="correct horse battery", person=cast.outsider.person)
        grant_role(operator=stranger, role="operator")
        see_client(operator=stranger, client=create_client(client_id="globex", name="Globex"))
    client.force_login(stranger)
    for path in (f"/transfers/{transfer.pk}/", "/transfers/00000000-0000-0000-0000-000000000000/"):
        assert client.get(path).status_code == 404
        assert client.get(path, headers={"HX-Request": "true"}).status_code == 404
    assert client.post(f"/transfers/{transfer.pk}/cancel/", {"reason": "x"}).status_code == 404
    assert "5,000.00" not in client.get("/transfers/").content.decode()
    transfer.refresh_from_db()
    assert transfer.status == "CREATED"


def test_the_page_says_what_is_the_case(maker, house):
    transfer = house.order("5000.00", reference="INV-42")
    response = maker.get(f"/transfers/{transfer.pk}/")
    page = _text(response)
    assert "<h1>Waiting for approval: 0 of 2</h1>" in page
    for words in (
        transfer.status_text,
        "on hold for it; nothing is booked yet",
        "Fired</dt><dd>From 1,000 USDC two approvers",
        "INV-42",
        transfer.reference,
        reverse("console:approval", args=[transfer.approval_request_id]),
        'class="machine-state machine-current"',
        "Everything that happened",
        "nothing from outside yet",
    ):
        assert words in page, words
    house.vote(transfer, house.checker)
    assert "Waiting for approval: 1 of 2" in _text(maker.get(f"/transfers/{transfer.pk}/"))


def test_a_block_is_told_as_it_was_when_it_confirmed_the_payment(maker, house):
    with context.bind(Actor.system("test")), tame_outside():
        transfer = drive_until(house.order("5.00"), "CONFIRMED")
    sent = ChainTransaction.objects.get(leg__transfer=transfer)
    # The payment is in another block since.
    ChainTransaction.objects.filter(pk=sent.pk).update(block_number=9_876)
    page = _text(maker.get(f"/transfers/{transfer.pk}/"))
    assert f"block {sent.block_number}<" in page
    assert page.count("block 9876") == 1


def test_one_halted_says_by_what_and_one_with_trouble_what_to_do(maker, house):
    stopped, troubled = house.order("12.00"), house.order("13.00")
    driver.advance_one(troubled.pk)
    with context.bind(Actor.system("test")):
        place_halt(scope="corridor", target="US-ETH", reason="rates look wrong")
    driver.advance_one(stopped.pk)
    page = _text(maker.get(f"/transfers/{stopped.pk}/"))
    assert "Stopped before its next step" in page
    assert "rates look wrong" in page
    assert "The last try did not get through" in _text(maker.get(f"/transfers/{troubled.pk}/"))
    assert str(stopped.pk) in maker.get("/transfers/?stopped=on").content.decode()
    assert str(troubled.pk) not in maker.get("/transfers/?stopped=on").content.decode()


def test_the_present_state_is_late_when_it_lasts_too_long(maker, house):
    transfer = house.order("12.00")
    with clock.using(lambda: transfer.created_at + timedelta(minutes=9)):
        page = maker.get(f"/transfers/{transfer.pk}/").content.decode()
    assert '<span class="milestone-late">9 m, expected 5 m</span>' in page


def test_an_ended_one_gives_the_catalogues_four_answers(maker, house):
    transfer = house.order("5000.00")
    house.vote(transfer, house.checker, "reject")
    page = _text(maker.get(f"/transfers/{transfer.pk}/"))
    for label in ("How we know", "The money", "Tell the client", "What to do"):
        assert f"<dt>{label}</dt>" in page
    assert "Cancelled before anything was sent" in page
    assert "It has ended: cancelled." in page
    assert "It has ended: CANCELLED." not in page
    assert "“Created” to “Cancelled”; the hold is released" in page
    assert 'id="cancel-transfer"' not in page


def test_open_alerts_stand_on_the_page_with_their_runbook(maker, house):
    transfer = house.order("12.00")
    finding = Finding(
        cause_key="one",
        severity=Severity.WARNING,
        title="It is late",
        detail="It waits.",
        link=f"/transfers/{transfer.pk}/",
        runbook="transfer-stuck-created",
        client_id="acme",
        transfer_id=transfer.pk,
    )
    with context.bind(Actor.system("test")):
        open_alert("test", finding)
    page = _text(maker.get(f"/transfers/{transfer.pk}/"))
    assert "Nobody has acknowledged it yet." in page
    assert "/runbooks/transfer-stuck-created/" in page
    assert Alert.objects.count() == 1


def test_support_reads_the_transfer_but_not_the_books(client, cast, house):
    transfer = house.order("12.00")
    with context.bind(Actor.system("test")):
        support = Operator.objects.create_user("support", password="correct horse battery", person=cast.outsider.person)
        grant_role(operator=support, role="support")
        see_client(operator=support, client=transfer.client)
    client.force_login(support)
    page = client.get(f"/transfers/{transfer.pk}/").content.decode()
    assert "/ledger/" not in page
    assert "/audit/" not in page
    assert "Your roles do not include cancelling transfers." in page
    assert client.get("/transfers/").content.decode().count("New withdrawal") == 0


def test_an_open_page_is_told_that_it_is_out_of_date(maker, house):
    transfer = house.order("5000.00")
    url = f"/transfers/{transfer.pk}/?mark={maker.get(f'/transfers/{transfer.pk}/').context['mark']}"
    assert _text(maker.get(url, headers={"HX-Request": "true"})) == ""
    house.vote(transfer, house.checker)
    assert "Changed since you opened this page" in _text(maker.get(url, headers={"HX-Request": "true"}))


def test_cancelling_needs_a_reason_and_gives_the_funds_back(maker, house):
    transfer = house.order("5000.00")
    assert 'id="cancel-transfer"' in maker.get(f"/transfers/{transfer.pk}/").content.decode()
    refused = maker.post(f"/transfers/{transfer.pk}/cancel/", {"reason": "  "})
    assert refused.status_code == 422
    assert "Give a reason. Nothing was cancelled." in refused.content.decode()
    assert Hold.objects.get(transaction_id=transfer.pk).status == "placed"
    done = maker.post(f"/transfers/{transfer.pk}/cancel/", {"reason": "The client phoned: wrong amount"}, follow=True)
    assert "The client phoned: wrong amount" in done.content.decode()
    transfer.refresh_from_db()
    assert (transfer.status, transfer.failure_code) == ("CANCELLED", "cancelled_by_operator")
    assert Hold.objects.get(transaction_id=transfer.pk).status == "released"


def test_cancelling_too_late_changes_nothing_and_says_so(maker, house):
    transfer = house.order("5000.00")
    with clock.using(lambda: transfer.not_after + timedelta(minutes=1)):
        driver.advance_one(transfer.pk)
    events = AuditEvent.objects.filter(transaction_id=transfer.pk)
    before = events.count()
    response = maker.post(f"/transfers/{transfer.pk}/cancel/", {"reason": "too late"})
    assert response.status_code == 409
    assert "It was not done" in response.content.decode()
    assert "A transfer that is expired cannot be cancelled." in response.content.decode()
    assert (events.count(), events.get(outcome="refused").type) == (before + 1, "console.refused")


def test_only_who_may_cancel_cancels(client, cast, house):
    transfer = house.order("5000.00")
    client.force_login(cast.checker)
    response = client.post(f"/transfers/{transfer.pk}/cancel/", {"reason": "no"})
    assert response.status_code == 403
    assert "transfers.cancel_transfer" in response.content.decode()
    transfer.refresh_from_db()
    assert transfer.status == "CREATED"


def test_the_audit_trail_shows_one_transfers_events(client, cast, house):
    transfer, other = house.order("12.00"), house.order("13.00")
    client.force_login(cast.auditor)
    assert f"/audit/?transaction_id={transfer.pk}" in client.get(f"/transfers/{transfer.pk}/").content.decode()
    rows = client.get(f"/audit/?transaction_id={transfer.pk}").context["rows"]
    assert rows
    assert {row.event.transaction_id for row in rows} == {transfer.pk}
    assert client.get("/audit/?transaction_id=nonsense").context["rows"] == []
    assert other.pk != transfer.pk


@pytest.mark.parametrize("path", ["/transfers/", "/transfers/{}/", "/search/?q=acme", "/alerts/", "/transfers/new/?client=acme"])
def test_the_web_servers_database_role_may_read_all_that_the_pages_show(maker, house, database_role, path):
    transfer = house.order("5000.00")
    with database_role("countersign_web"):
        assert maker.get(path.format(transfer.pk)).status_code == 200
