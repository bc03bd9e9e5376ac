"""The approval queue, the page of one request, and voting on exactly what it showed."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.urls import reverse

from approvals.commands import create_client, place_halt, request_lift
from approvals.models import ApprovalRequest, Halt, Vote
from audit import clock, context
from audit.context import Actor
from audit.models import AuditEvent
from backoffice.access.commands import grant_role, see_client
from backoffice.access.models import Operator
from tests.sandbox.bank_office import TOKEN, open_office
from tests.sandbox.fixtures import chain
from tests.transfers import world as worlds
from tests.transfers.world import World
from transfers.models import Quote, Transfer
from transfers.rails import registry
from transfers.rails.registry import Rails, RailSettings

__all__ = ["chain"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def house() -> World:
    with context.bind(Actor.system("test")):
        return worlds.build()


@pytest.fixture
def transfer(cast, house):
    """5,000 USDC, made by the maker of the cast; two approvers are needed."""
    return house.order("5000.00", makers=(cast.maker.person_id,))


@pytest.fixture
def checker(client, cast):
    client.force_login(cast.checker)
    return client


def _url(transfer: Transfer, name: str = "approval") -> str:
    return reverse(f"console:{name}", args=[transfer.approval_request_id])


def _ballot(transfer: Transfer, decision: str = "approve", **changes: Any) -> dict[str, Any]:
    """The form as the page sends it."""
    request = worlds.request_of(transfer)
    usual = {
        "decision": decision,
        "digest": bytes(request.digest).hex(),
        "revision": request.revision,
        "opened_at": clock.now().isoformat(),
    }
    more = {"confirm": transfer.destination_details["address"][-6:]} if decision == "approve" else {"reason": "not as agreed"}
    return usual | more | changes


def _post(browser, transfer: Transfer, decision: str = "approve", **changes: Any):
    return browser.post(_url(transfer, "approval-decide"), _ballot(transfer, decision, **changes))


def _text(response) -> str:
    return " ".join(response.content.decode().split())


def _operator(cast, role: str, *clients: Any) -> Operator:
    with context.bind(Actor.system("test")):
        made = Operator.objects.create_user(role, password="correct horse battery", person=cast.outsider.person)
        grant_role(operator=made, role=role)
        for client in clients:
            see_client(operator=made, client=client)
    return made


def _tamper(transfer: Transfer) -> None:
    """One digit of the amount, by somebody who owns the database and switches the guards off."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
        cursor.execute("ALTER TABLE approvals_approvalrequest DISABLE TRIGGER ALL")
        cursor.execute("ALTER TABLE approvals_approvalrequest DROP CONSTRAINT approvals_request_digest_is_of_payload")
        cursor.execute(
            "UPDATE approvals_approvalrequest SET payload ="
            " convert_to(replace(convert_from(payload, 'UTF8'), '5000000000', '9000000000'), 'UTF8') WHERE id = %s",
            [transfer.approval_request_id],
        )
        assert cursor.rowcount == 1
        cursor.execute("ALTER TABLE approvals_approvalrequest ENABLE TRIGGER ALL")


# --- The queue --------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("who", "shown", "words"),
    [
        ("checker", {"mine", "pending"}, "waits for you"),
        ("maker", {"pending", "made"}, "You made it, so somebody else must decide it."),
        ("maker_again", {"pending", "made"}, "You made it, so somebody else must decide it."),
        ("auditor", {"pending"}, "This request needs the role approver."),
    ],
)
def test_the_tabs_and_what_stands_in_the_way(client, cast, transfer, who, shown, words):
    client.force_login(getattr(cast, who))
    for tab in ("mine", "pending", "decided", "made"):
        page = _text(client.get(f"/approvals/?show={tab}"))
        assert (_url(transfer) in page) == (tab in shown), tab
    page = _text(client.get("/approvals/?show=pending"))
    for expected in (words, "5,000.00", "Acme Robotics", "From 1,000 USDC two approvers", "0 of 2"):
        assert expected in page, expected


def test_a_role_given_afterwards_does_not_count(client, cast, transfer):
    late = _operator(cast, "approver", transfer.client)
    client.force_login(late)
    assert "after this request was made" in _text(client.get("/approvals/?show=pending"))
    assert _url(transfer) not in _text(client.get("/approvals/?show=mine"))


def test_a_vote_moves_the_request_on(client, cast, house, transfer):
    client.force_login(cast.checker)
    _post(client, transfer)
    assert _url(transfer) not in _text(client.get("/approvals/?show=mine"))
    pending = _text(client.get("/approvals/?show=pending"))
    assert "1 of 2" in pending
    assert "Checker; You have voted on it." in pending
    client.force_login(cast.second_checker)
    _post(client, transfer)
    assert _url(transfer) not in _text(client.get("/approvals/?show=pending"))
    assert _url(transfer) in _text(client.get("/approvals/?show=decided"))


@pytest.mark.parametrize(
    ("seen", "words"), [("0", "1 new since you opened this page"), ("1", ""), ("2", "has changed"), ("%C2%B2", "")]
)
def test_the_fragment_counts_and_moves_nothing(checker, transfer, seen, words):
    fragment = checker.get(f"/approvals/?show=mine&seen={seen}", headers={"HX-Request": "true"})
    assert fragment.status_code == 200
    assert words in _text(fragment) if words else _text(fragment) == ""
    assert "HX-Request" in fragment["Vary"]


def test_an_empty_queue_says_why(checker, house):
    assert "Nothing waits for you" in _text(checker.get("/approvals/?show=nonsense"))
    assert "No request is pending" in _text(checker.get("/approvals/?show=pending"))


def test_another_clients_request_is_neither_listed_nor_found(client, cast, transfer):
    with context.bind(Actor.system("test")):
        globex = create_client(client_id="globex", name="Globex")
    client.force_login(_operator(cast, "approver", globex))
    assert _url(transfer) not in _text(client.get("/approvals/?show=pending"))
    assert client.get(_url(transfer)).status_code == 404
    assert _post(client, transfer).status_code == 404
    assert not Vote.objects.exists()


# --- The page ---------------------------------------------------------------------------------------------------------------------
def test_the_page_says_everything_from_the_stored_bytes(checker, transfer):
    # What is beside the bytes is only a label.
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; ALTER TABLE approvals_approvalrequest DISABLE TRIGGER ALL")
        cursor.execute("UPDATE approvals_approvalrequest SET title = 'Acme Robotics withdraws 5.00 USDC'")
        cursor.execute("ALTER TABLE approvals_approvalrequest ENABLE TRIGGER ALL")
    page = _text(checker.get(_url(transfer)))
    assert "<h1>Acme Robotics withdraws 5,000.00 USDC</h1>" in page
    assert "withdraws 5.00 USDC" not in page
    for words in (
        "From 1,000 USDC two approvers",
        "Below 1,000 USDC alone",
        "not fired",
        "wallet:hot-1:USDC.ethereum",
        "995,000.00",
        "994,999.50",
        "never: this is the first time",
        "2 more with the role approver",
        "Checker or Second Checker",
        "0 of 2",
        transfer.reference,
        'data-dialog="approve"',
        bytes(worlds.request_of(transfer).digest).hex(),
    ):
        assert words in page, words


@pytest.fixture
def priced(request, tmp_path):
    """The sandbox's chain and desk, for conversions."""
    with open_office(tmp_path) as office:
        settings = RailSettings(
            chain_rpc_url=request.getfixturevalue("chain").url,
            bank_url=office.url,
            bank_token=TOKEN,
            desk_url=office.url,
            desk_token=TOKEN,
        )
        used = Rails(settings)
        before = registry.use(used)
        yield
        registry.use(before)
        used.close()


def test_an_off_ramp_says_what_they_get_and_where_the_tokens_go(checker, cast, house, priced):
    transfer = house.off_ramp("5000.00", makers=(cast.maker.person_id,))
    page = _text(checker.get(_url(transfer)))
    rate = f"{Quote.objects.get(transfer=transfer).rate.normalize():f}"
    for words in (
        "<h1>Acme Robotics withdraws 5,000.00 USDC</h1>",
        "They get",
        f" at {rate}</span>",
        "Tokens go to",
        "our settlement wallet at the liquidity partner",
        "position:USDC.ethereum/MXN:MXN",
        "Acme Robotics, MX",
    ):
        assert words in page, words


@pytest.mark.parametrize(
    ("who", "words"),
    [
        ("maker", "You made it, so somebody else must decide it."),
        ("auditor", "This request needs the role approver."),
    ],
)
def test_who_may_not_decide_sees_why_in_place_of_the_buttons(client, cast, transfer, who, words):
    client.force_login(getattr(cast, who))
    page = _text(client.get(_url(transfer)))
    assert words in page
    assert "data-dialog" not in page
    assert "<form" not in page.split("<main", 1)[1]


def test_a_changed_byte_shows_nothing_to_decide(checker, transfer):
    _tamper(transfer)
    for response in (checker.get(_url(transfer)), _post(checker, transfer, confirm="")):
        assert response.status_code == 409
        page = _text(response)
        assert "This request was changed outside the system" in page
        assert "data-dialog" not in page
        assert "9,000.00" not in page
    assert not Vote.objects.exists()
    assert "9,000.00" not in _text(checker.get("/approvals/?show=pending"))


# --- Voting -----------------------------------------------------------------------------------------------------------------------
def test_an_approval_counts_and_comes_back_to_the_page(checker, cast, transfer):
    response = _post(checker, transfer)
    assert (response.status_code, response["Location"]) == (302, _url(transfer))
    page = _text(checker.get(_url(transfer)))
    assert "You approved it. 1 more approval is needed." in page
    assert "You have voted on it." in page
    vote = Vote.objects.get()
    assert (vote.person, vote.operator, vote.decision) == (cast.checker.person, "checker", "approve")
    assert bytes(vote.digest) == bytes(worlds.request_of(transfer).digest)
    assert vote.page_opened_at is not None


def test_the_last_approval_makes_it_due(client, cast, transfer):
    for who in (cast.checker, cast.second_checker):
        client.force_login(who)
        assert _post(client, transfer).status_code == 302
    transfer.refresh_from_db()
    assert transfer.due_at <= clock.now()
    assert worlds.request_of(transfer).status == "approved"
    page = _text(client.get(_url(transfer)))
    assert "It is approved." in page
    assert "data-dialog" not in page


def test_one_rejection_ends_it_and_gives_the_funds_back(checker, transfer):
    assert _post(checker, transfer, "reject", reason="the client phoned").status_code == 302
    transfer.refresh_from_db()
    assert (transfer.status, transfer.failure_code) == ("CANCELLED", "approval_rejected")
    assert worlds.available() == worlds.FUNDS
    assert "the client phoned" in _text(checker.get(_url(transfer)))


@pytest.mark.parametrize(
    ("decision", "changes", "words"),
    [
        ("approve", {"confirm": "abcdef0"}, "Nothing was decided."),
        ("approve", {"confirm": ""}, "Nothing was decided."),
        ("reject", {"reason": "   "}, "Say why"),
        ("maybe", {}, "Nothing was decided"),
        ("approve", {"digest": "xyz"}, "Nothing was decided"),
        ("approve", {"revision": "0"}, "Nothing was decided"),
    ],
)
def test_a_form_that_is_not_right_decides_nothing(checker, transfer, decision, changes, words):
    response = _post(checker, transfer, decision, **changes)
    assert response.status_code == 422
    assert words in _text(response)
    assert not Vote.objects.exists()


@pytest.mark.parametrize("who", ["maker", "maker_again"])
def test_whoever_made_it_is_refused_and_that_is_on_record(client, cast, transfer, who):
    client.force_login(getattr(cast, who))
    response = _post(client, transfer)
    assert response.status_code == 403
    assert "Your decision was not taken" in _text(response)
    assert not Vote.objects.exists()
    refusal = AuditEvent.objects.get(type="console.vote_refused")
    assert (refusal.outcome, refusal.resource_id) == ("refused", str(transfer.approval_request_id))
    assert refusal.transaction_id == transfer.pk
    assert refusal.metadata["operator"] == who
    assert "somebody else must decide" in refusal.reason


def test_bytes_that_the_page_did_not_show_are_not_voted_on(checker, transfer):
    response = _post(checker, transfer, digest="ab" * 32)
    assert response.status_code == 409
    assert "Open the request again." in _text(response)
    assert _post(checker, transfer, revision=2).status_code == 409
    assert not Vote.objects.exists()
    assert AuditEvent.objects.filter(type="console.vote_refused").count() == 2


def test_nobody_votes_twice(checker, transfer):
    _post(checker, transfer)
    for decision in ("approve", "reject"):
        response = _post(checker, transfer, decision)
        assert response.status_code == 409
        assert "You have voted on this request already." in _text(response)
    assert Vote.objects.count() == 1
    assert worlds.request_of(transfer).status == "pending"


def test_after_the_end_there_is_nothing_to_decide(client, cast, transfer):
    client.force_login(cast.checker)
    _post(client, transfer, "reject")
    client.force_login(cast.second_checker)
    response = _post(client, transfer)
    assert response.status_code == 409
    assert "there is nothing left to decide" in _text(response)


def test_too_late_is_said(checker, transfer):
    with clock.using(lambda: transfer.not_after + timedelta(seconds=1)):
        response = _post(checker, transfer)
        assert response.status_code == 409
        assert "The time to decide this request is over." in _text(response)


def test_a_halted_system_takes_no_approval_but_a_rejection(checker, transfer):
    with context.bind(Actor.system("test")):
        place_halt(scope="system", target="", reason="rates look wrong")
    response = _post(checker, transfer)
    assert response.status_code == 423
    assert "rates look wrong" in _text(response)
    assert not Vote.objects.exists()
    assert _post(checker, transfer, "reject").status_code == 302


@pytest.mark.parametrize("role", ["viewer", "operator", "support", "admin"])
def test_a_role_that_decides_nothing_cannot_post(client, cast, transfer, role):
    client.force_login(_operator(cast, role, transfer.client))
    assert client.get(_url(transfer)).status_code == 200
    response = _post(client, transfer)
    assert response.status_code == 403
    assert "approvals.decide_request" in _text(response)
    assert not Vote.objects.exists()


def test_an_account_of_nobody_cannot_vote(client, cast, transfer):
    nobody = _operator(cast, "approver", transfer.client)
    Operator.objects.filter(pk=nobody.pk).update(person=None)
    client.force_login(nobody)
    response = _post(client, transfer)
    assert response.status_code == 403
    assert "belongs to no person" in _text(response)


def test_deciding_is_no_link(checker, transfer):
    assert checker.get(_url(transfer, "approval-decide")).status_code == 405


# --- Lifting a halt ---------------------------------------------------------------------------------------------------------------
def _lift(cast, scope: str, target: str) -> ApprovalRequest:
    with context.bind(Actor.system("oncall")):
        halt = place_halt(scope=scope, target=target, reason="rates look wrong")
        return request_lift(halt_id=halt.pk, reason="the feed was repaired", maker=cast.maker.person_id)


@pytest.mark.parametrize(
    ("scope", "target", "heading", "stopped"),
    [("system", "", "Resume everything", "everything"), ("corridor", "US-MX", "Resume corridor US-MX", "corridor US-MX")],
)
def test_a_lift_is_readable_and_two_people_decide_it(client, cast, house, scope, target, heading, stopped):
    request = _lift(cast, scope, target)
    url, typed = reverse("console:approval", args=[request.pk]), bytes(request.digest).hex()
    for who, left in ((cast.checker, 2), (cast.second_checker, 1)):
        client.force_login(who)
        page = _text(client.get(url))
        for words in (
            f"<h1>{heading}</h1>",
            "rates look wrong",
            "the feed was repaired",
            f">{stopped}<",
            f"{left} more with the role",
        ):
            assert words in page, words
        assert f'datetime="{clock.now():%Y-%m-%d}' in page.split("Since", 1)[1]
        assert "+00:00</dd>" not in page
        form = {"decision": "approve", "digest": typed, "revision": 1, "confirm": typed[-6:]}
        assert client.post(f"{url}decide/", form).status_code == 302
    assert Halt.objects.get().lifted_at is not None
    listed = _text(client.get("/approvals/?show=decided"))
    assert url in listed
    assert "rates look wrong" in listed
