"""Freeze and halt from the console: one stops, two resume, and every page says so."""

import pytest
from django.test import Client

from approvals.commands import create_client
from approvals.models import ApprovalRequest, Halt
from audit.models import AuditEvent
from backoffice.access.commands import grant_role, see_client
from ledger.chart import AccountKind
from ledger.commands import open_account, register_asset

pytestmark = pytest.mark.django_db
ACME = "client:acme:USDC.ethereum"


@pytest.fixture
def books(as_system):
    usdc = register_asset(
        code="USDC", network="ethereum", contract="0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48", name="USD Coin", exponent=6
    )
    for name in ("acme", "globex"):
        create_client(client_id=name, name=name.title())
        code = f"client:{name}:{usdc.id}"
        open_account(
            code=code, name=f"{name.title()}, client money", kind=AccountKind.CLIENT_MONEY, asset_id=usdc.id, owner=f"client:{name}"
        )


@pytest.fixture
def maker(client: Client, cast) -> Client:
    client.force_login(cast.maker)
    return client


def _halt(browser: Client, confirm: str = "halt everything", reason: str = "rates look wrong"):
    return browser.post("/controls/halt/", {"reason": reason, "confirm": confirm})


def test_one_person_halts_everything_and_every_page_says_so(maker, cast):
    assert _halt(maker).status_code == 302
    halt = Halt.objects.get()
    assert (halt.scope, halt.target, halt.placed_by, halt.placed_by_person_id) == ("system", "", "maker", cast.maker.person_id)
    for path in ("/", "/controls/", "/runbooks/", "/account/", "/nowhere/"):
        page = maker.get(path).content.decode()
        assert "System halted" in page, path
        assert "by maker since" in page, path
        assert "rates look wrong" in page, path


@pytest.mark.parametrize(
    ("confirm", "reason"),
    [("halt", "rates look wrong"), ("", "rates look wrong"), ("halt everything", ""), ("halt everything", "  ")],
)
def test_nothing_stops_without_the_typed_phrase_and_a_reason(maker, confirm, reason):
    response = _halt(maker, confirm, reason)
    assert response.status_code == 422
    assert Halt.objects.count() == 0
    assert not AuditEvent.objects.filter(resource_type="halt").exists()


def test_a_second_halt_of_the_same_is_told_and_not_doubled(maker):
    _halt(maker)
    response = maker.post("/controls/halt/", {"reason": "again", "confirm": "halt everything"}, follow=True)
    assert b"Somebody stopped this before you" in response.content
    assert Halt.objects.count() == 1


def test_an_account_is_frozen_after_its_code_is_typed(maker, books):
    page = maker.get("/controls/freeze/", {"account": ACME})
    assert page.status_code == 200
    assert b"Freeze Acme, client money?" in page.content
    wrong = maker.post(f"/controls/freeze/?account={ACME}", {"reason": "stolen key", "confirm": "client:globex:USDC.ethereum"})
    assert (wrong.status_code, Halt.objects.count()) == (422, 0)
    assert maker.post(f"/controls/freeze/?account={ACME}", {"reason": "stolen key", "confirm": ACME}).status_code == 302
    assert Halt.objects.values_list("scope", "target").get() == ("account", ACME)
    assert f"Account {ACME} frozen".encode() in maker.get("/").content


def test_a_client_that_is_not_yours_is_not_there(client, cast, books):
    from approvals.models import Client as Customer

    grant_role(operator=cast.outsider, role="operator")
    see_client(operator=cast.outsider, client=Customer.objects.get(pk="globex"))
    client.force_login(cast.outsider)
    assert ACME.encode() not in client.get("/controls/freeze/").content
    assert client.get("/controls/freeze/", {"account": ACME}).status_code == 404
    response = client.post(f"/controls/freeze/?account={ACME}", {"reason": "because", "confirm": ACME})
    assert (response.status_code, Halt.objects.count()) == (404, 0)


def test_lifting_asks_two_others_and_lifts_nothing_by_itself(maker, cast):
    _halt(maker)
    halt = Halt.objects.get()
    assert maker.post(f"/controls/{halt.pk}/lift/", {"reason": "rates are right again"}).status_code == 302
    request = ApprovalRequest.objects.get()
    assert (request.action, request.quorum, request.role, request.status) == ("halt.lift", 2, "approver", "pending")
    assert list(request.makers.values_list("person_id", flat=True)) == [cast.maker.person_id]
    halt.refresh_from_db()
    assert halt.lifted_at is None
    assert b"Two approvers are asked" in maker.get("/controls/").content


def test_asking_twice_says_so(maker):
    _halt(maker)
    url = f"/controls/{Halt.objects.get().pk}/lift/"
    maker.post(url, {"reason": "rates are right again"})
    again = maker.post(url, {"reason": "please"})
    assert again.status_code == 422
    assert b"Somebody has asked already" in again.content
    assert ApprovalRequest.objects.count() == 1


def test_the_request_waits_for_the_checkers_and_not_for_its_maker(maker, cast):
    _halt(maker)
    maker.post(f"/controls/{Halt.objects.get().pk}/lift/", {"reason": "rates are right again"})
    assert b"Nothing waits for you" in maker.get("/").content
    for name, waits in (("checker", True), ("second_checker", True), ("maker_again", False)):
        browser = Client()
        browser.force_login(getattr(cast, name))
        assert (b"Nothing waits for you" not in browser.get("/").content) is waits, name
