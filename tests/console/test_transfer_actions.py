"""The panel of what can be done with a transfer, and doing it from the page."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import reverse

from approvals.models import ApprovalRequest
from audit import context
from audit.context import Actor
from ledger.money import Money
from ledger.queries import unit
from tests.console.office import operator_with, text_of
from tests.transfers import uncertain
from tests.transfers import world as worlds
from tests.transfers.tame import Tame, tame_outside
from tests.transfers.world import Books, World
from transfers.models import Transfer
from transfers.queries import available_actions
from transfers.queries.actions import RULES

pytestmark = pytest.mark.django_db
EVIDENCE = "Nordbank's operations desk confirmed by phone to Ana at 14:05 that the order is final."
ALL = frozenset(rule.permission for rule in RULES)


@pytest.fixture
def tame() -> Iterator[Tame]:
    with tame_outside() as outside:
        yield outside


@pytest.fixture
def house() -> World:
    with context.bind(Actor.system("test")):
        return worlds.build()


@pytest.fixture
def lost(house: World, tame: Tame, monkeypatch: pytest.MonkeyPatch) -> Transfer:
    with context.bind(Actor.system("test")):
        return uncertain.payout(house, tame, monkeypatch)


@pytest.fixture
def operator(client: Any, cast: Any) -> Any:
    client.force_login(cast.maker)
    return client


def _url(transfer: Transfer, name: str, view: str = "verdict") -> str:
    return reverse(f"console:transfer-{view}", args=[transfer.pk, name])


def _allowed(transfer: Transfer, permissions: frozenset[str] = ALL) -> set[str]:
    return {action.name for action in available_actions(transfer, permissions) if action.allowed}


def test_each_state_allows_what_makes_sense_and_gives_a_reason_for_the_rest(lost: Transfer, house: World) -> None:
    with context.bind(Actor.system("test")):
        waiting = house.order("5000.00")
    assert _allowed(waiting) == {"decide", "cancel"}
    assert _allowed(lost) == {"retry", "recall_payout", "paid", "not_paid", "lost"}
    assert _allowed(lost, frozenset()) == set()
    for transfer in (waiting, lost):
        assert all(action.reason for action in available_actions(transfer, ALL))


def test_the_actions_are_found_without_a_query_per_action(lost: Transfer, django_assert_max_num_queries: Any) -> None:
    found = Transfer.objects.select_related("approval_request").prefetch_related("legs").get(pk=lost.pk)
    with django_assert_max_num_queries(4):
        available_actions(found, ALL)


def test_the_page_offers_each_action_with_its_dialog_and_the_others_with_their_reason(operator: Any, lost: Transfer) -> None:
    page = text_of(operator.get(f"/transfers/{lost.pk}/"))
    for words in ("Declare lost…", "Override: paid…", "Retry…", "Ask to declare it lost?", "can no longer be cancelled"):
        assert words in page


def test_asking_opens_a_request_for_two_others_and_changes_nothing(operator: Any, lost: Transfer) -> None:
    before = Books.now()
    response = operator.post(_url(lost, "lost"), {"reason": EVIDENCE}, follow=True)
    assert "Two approvers other than you decide" in text_of(response)
    request = ApprovalRequest.objects.get(action="transfer.declare_lost")
    assert (request.quorum, request.subject_id) == (2, str(lost.pk))
    assert Books.now().entries == before.entries
    page = text_of(operator.get(f"/transfers/{lost.pk}/"))
    assert "Somebody has asked already" in page
    assert "Declare lost…" not in page


def test_a_payout_is_called_back_by_asking_with_a_reason(operator: Any, lost: Transfer) -> None:
    url = reverse("console:transfer-call-back", args=[lost.pk, "recall_payout"])
    assert operator.post(url, {"reason_code": "", "reason": "twice"}).status_code == 422
    assert operator.post(url, {"reason_code": "DUPL", "reason": ""}).status_code == 422
    assert not ApprovalRequest.objects.filter(action="transfer.recall_payout").exists()
    page = text_of(operator.get(reverse("console:transfer", args=[lost.pk])))
    assert "It was paid twice" in page
    assert operator.post(url, {"reason_code": "DUPL", "reason": "twice"}).status_code == 302
    request = ApprovalRequest.objects.get(action="transfer.recall_payout")
    assert (request.status, request.quorum) == ("pending", 1)
    assert operator.post(url, {"reason_code": "DUPL", "reason": "again"}).status_code == 409


def test_the_approver_reads_the_evidence(operator: Any, lost: Transfer, cast: Any) -> None:
    operator.post(_url(lost, "lost"), {"reason": EVIDENCE})
    request = ApprovalRequest.objects.get(action="transfer.declare_lost")
    operator.force_login(cast.checker)
    answer = operator.get(reverse("console:approval", args=[request.pk]))
    page = text_of(answer)
    assert "operations desk confirmed by phone" in page
    assert "the house bears the loss" in page
    assert ("State", "confirmed") in {(fact.label, fact.value) for fact in answer.context["facts"]}


def test_the_queue_says_how_much_it_is_about_and_the_request_leads_to_the_transfer(
    operator: Any, lost: Transfer, cast: Any
) -> None:
    operator.post(_url(lost, "lost"), {"reason": EVIDENCE})
    request = ApprovalRequest.objects.get(action="transfer.declare_lost")
    operator.force_login(cast.checker)
    queue = text_of(operator.get("/approvals/"))
    amount = Money(int(lost.source_amount), unit(lost.source_asset_id)).format()
    assert (amount in queue, "confirmed by phone to Ana" in queue, "no amount" in queue) == (True, True, False)
    page = operator.get(reverse("console:approval", args=[request.pk])).content.decode()
    assert f'href="{reverse("console:transfer", args=[lost.pk])}">{lost.reference}</a>' in page


@pytest.mark.parametrize("reason", ["", "gone"])
def test_without_evidence_nothing_is_asked(operator: Any, lost: Transfer, reason: str) -> None:
    response = operator.post(_url(lost, "lost"), {"reason": reason})
    assert response.status_code == 422
    assert "Nothing was asked for" in text_of(response)
    assert not ApprovalRequest.objects.filter(action="transfer.declare_lost").exists()


def test_retrying_from_the_page_makes_it_due(operator: Any, lost: Transfer) -> None:
    response = operator.post(_url(lost, "retry", "nudge"), {"reason": "the bank is back"}, follow=True)
    assert "Its step is taken again now" in text_of(response)
    assert "Retried" in text_of(response)


def test_what_cannot_be_done_by_now_is_said_on_the_page(operator: Any, house: World) -> None:
    with context.bind(Actor.system("test")):
        waiting = house.order("5000.00")
    before = Books.now()
    for url in (_url(waiting, "retry", "nudge"), _url(waiting, "lost")):
        response = operator.post(url, {"reason": EVIDENCE})
        assert response.status_code == 409
        assert "It was not done" in text_of(response)
    assert Books.now() == before


def test_an_action_that_does_not_exist_is_not_found(operator: Any, lost: Transfer) -> None:
    for url in (_url(lost, "explode", "nudge"), _url(lost, "explode")):
        assert operator.post(url, {"reason": EVIDENCE}).status_code == 404


def test_readers_may_do_none_of_it(client: Any, cast: Any, lost: Transfer) -> None:
    client.force_login(operator_with(cast, "viewer", lost.client))
    for url in (_url(lost, "retry", "nudge"), _url(lost, "lost")):
        assert client.post(url, {"reason": EVIDENCE}).status_code == 403
    assert not ApprovalRequest.objects.filter(action="transfer.declare_lost").exists()
