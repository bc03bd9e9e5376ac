"""Voting on exactly what the page showed, what is refused and how; and two people lifting a halt."""

from datetime import timedelta

import pytest
from django.urls import reverse

from approvals.commands import place_halt, request_lift
from approvals.models import ApprovalRequest, Halt, Vote
from audit import clock, context
from audit.context import Actor
from audit.models import AuditEvent
from backoffice.access.models import Operator
from tests.console.office import operator_with, text_of, url_of, vote
from tests.transfers import world as worlds

pytestmark = pytest.mark.django_db


def test_an_approval_counts_and_comes_back_to_the_page(checker, cast, transfer):
    response = vote(checker, transfer)
    assert (response.status_code, response["Location"]) == (302, url_of(transfer))
    page = text_of(checker.get(url_of(transfer)))
    assert "You approved it. 1 more approval is needed." in page
    assert "You have voted on it." in page
    kept = Vote.objects.get()
    assert (kept.person, kept.operator, kept.decision) == (cast.checker.person, "checker", "approve")
    assert bytes(kept.digest) == bytes(worlds.request_of(transfer).digest)
    assert kept.page_opened_at is not None


def test_the_last_approval_makes_it_due(client, cast, transfer):
    for who in (cast.checker, cast.second_checker):
        client.force_login(who)
        assert vote(client, transfer).status_code == 302
    transfer.refresh_from_db()
    assert transfer.due_at <= clock.now()
    assert worlds.request_of(transfer).status == "approved"
    page = text_of(client.get(url_of(transfer)))
    assert "It is approved." in page
    assert "data-dialog" not in page


def test_one_rejection_ends_it_and_gives_the_funds_back(checker, transfer):
    assert vote(checker, transfer, "reject", reason="the client phoned").status_code == 302
    transfer.refresh_from_db()
    assert (transfer.status, transfer.failure_code) == ("CANCELLED", "approval_rejected")
    assert worlds.available() == worlds.FUNDS
    assert "the client phoned" in text_of(checker.get(url_of(transfer)))


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
    response = vote(checker, transfer, decision, **changes)
    assert response.status_code == 422
    assert words in text_of(response)
    assert not Vote.objects.exists()


@pytest.mark.parametrize("who", ["maker", "maker_again"])
def test_whoever_made_it_is_refused_and_that_is_on_record(client, cast, transfer, who):
    client.force_login(getattr(cast, who))
    response = vote(client, transfer)
    assert response.status_code == 403
    assert "Your decision was not taken" in text_of(response)
    assert not Vote.objects.exists()
    refusal = AuditEvent.objects.get(type="console.vote_refused")
    assert (refusal.outcome, refusal.resource_id) == ("refused", str(transfer.approval_request_id))
    assert refusal.transaction_id == transfer.pk
    assert refusal.metadata["operator"] == who
    assert "somebody else must decide" in refusal.reason


def test_bytes_that_the_page_did_not_show_are_not_voted_on(checker, transfer):
    response = vote(checker, transfer, digest="ab" * 32)
    assert response.status_code == 409
    assert "Open the request again." in text_of(response)
    assert vote(checker, transfer, revision=2).status_code == 409
    assert not Vote.objects.exists()
    assert AuditEvent.objects.filter(type="console.vote_refused").count() == 2


def test_nobody_votes_twice(checker, transfer):
    vote(checker, transfer)
    for decision in ("approve", "reject"):
        response = vote(checker, transfer, decision)
        assert response.status_code == 409
        assert "You have voted on this request already." in text_of(response)
    assert Vote.objects.count() == 1
    assert worlds.request_of(transfer).status == "pending"


def test_after_the_end_there_is_nothing_to_decide(client, cast, transfer):
    client.force_login(cast.checker)
    vote(client, transfer, "reject")
    client.force_login(cast.second_checker)
    response = vote(client, transfer)
    assert response.status_code == 409
    assert "The transfer is “Cancelled” by now; there is nothing left to decide." in text_of(response)


def test_too_late_is_said(checker, transfer):
    with clock.using(lambda: transfer.not_after + timedelta(seconds=1)):
        response = vote(checker, transfer)
        assert response.status_code == 409
        assert "The time to decide this request is over." in text_of(response)


def test_a_halted_system_takes_no_approval_but_a_rejection(checker, transfer):
    with context.bind(Actor.system("test")):
        place_halt(scope="system", target="", reason="rates look wrong")
    response = vote(checker, transfer)
    assert response.status_code == 423
    assert "rates look wrong" in text_of(response)
    assert not Vote.objects.exists()
    assert vote(checker, transfer, "reject").status_code == 302


@pytest.mark.parametrize("role", ["viewer", "operator", "support", "admin"])
def test_a_role_that_decides_nothing_cannot_post(client, cast, transfer, role):
    client.force_login(operator_with(cast, role, transfer.client))
    assert client.get(url_of(transfer)).status_code == 200
    response = vote(client, transfer)
    assert response.status_code == 403
    assert "approvals.decide_request" in text_of(response)
    assert not Vote.objects.exists()


def test_an_account_of_nobody_cannot_vote(client, cast, transfer):
    nobody = operator_with(cast, "approver", transfer.client)
    Operator.objects.filter(pk=nobody.pk).update(person=None)
    client.force_login(nobody)
    response = vote(client, transfer)
    assert response.status_code == 403
    assert "belongs to no person" in text_of(response)


def test_deciding_is_no_link(checker, transfer):
    assert checker.get(url_of(transfer, "approval-decide")).status_code == 405


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
        page = text_of(client.get(url))
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
    listed = text_of(client.get("/approvals/?show=decided"))
    assert url in listed
    assert "rates look wrong" in listed
