"""Bank accounts on pages: when they pay, and asking that a calendar read otherwise."""

from typing import Any

import pytest

from approvals.models import ApprovalRequest
from audit import context
from audit.context import Actor
from backoffice.sandbox.demo.company import CALENDARS
from tests.console.office import operator_with, text_of
from tests.transfers.levels import vote_on
from tests.transfers.world import LONG_AGO
from transfers.commands.calendars import set_calendar
from transfers.models import BankAccount, BankCalendar

pytestmark = pytest.mark.django_db
PAGE = "/terminal/bank-accounts/nordbank-mxn/"
FORM = f"{PAGE}calendar/"
GIVEN = {
    "cut_off": "16:30",
    "also_closed": "12-12\n2099-12-24",
    "also_open": "",
    "from_day": "",
    "reason": "their letter of Monday",
}


@pytest.fixture
def treasury(client: Any, cast: Any, house: Any) -> Any:
    with context.bind(Actor.system("test")):
        set_calendar(next(one for one in CALENDARS if one.code == "mexico"), valid_from=LONG_AGO)
    BankAccount.objects.update(calendar_code="mexico")
    client.force_login(operator_with(cast, "treasury"))
    return client


def test_the_pages_say_when_it_pays(treasury: Any) -> None:
    for path in ("/terminal/bank-accounts/", PAGE, FORM):
        page = text_of(treasury.get(path))
        for words in ("Mexican banks", "worked on"):
            assert words in page, (path, words)
    assert "its first reading" in text_of(treasury.get(PAGE))


def test_a_change_is_asked_for_decided_by_another_and_shown_with_its_history(treasury: Any, house: Any) -> None:
    answer = treasury.post(FORM, GIVEN, follow=True)
    assert "one other person decides" in text_of(answer)
    request = ApprovalRequest.objects.get()
    assert (request.action, request.subject_id, request.quorum) == ("config.change", "mexico", 1)
    assert "A change waits for approval" in text_of(treasury.get(PAGE))
    vote_on(request, house.checker)
    page = text_of(treasury.get(PAGE))
    for words in ("16:30", "17:30", "their letter of Monday", "checker", "in force"):
        assert words in page, words


def test_the_approver_sees_the_change(treasury: Any, client: Any, cast: Any) -> None:
    treasury.post(FORM, GIVEN)
    client.force_login(cast.checker)
    page = text_of(client.get(f"/approvals/{ApprovalRequest.objects.get().pk}/"))
    assert "16:30; until now 17:30" in page


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"also_closed": "soon"}, "“soon” is no day."),
        ({"cut_off": "20:00"}, "After 09:00, and not after 18:00."),
        ({"from_day": "2020-01-01"}, "A day after today, or empty."),
        ({"reason": ""}, "This field is required."),
        ({"cut_off": "17:30", "also_closed": "12-12"}, "Change this, or one of the days."),
    ],
)
def test_what_makes_no_sense_is_said_at_its_field(treasury: Any, changes: dict[str, str], words: str) -> None:
    answer = treasury.post(FORM, GIVEN | changes)
    assert answer.status_code == 422
    assert words in text_of(answer)
    assert not ApprovalRequest.objects.exists()
    assert BankCalendar.objects.count() == 1


def test_a_second_request_hears_of_the_first(treasury: Any) -> None:
    treasury.post(FORM, GIVEN)
    assert "that request waits for approval" in text_of(treasury.post(FORM, GIVEN | {"cut_off": "15:00"}))
    assert ApprovalRequest.objects.count() == 1


def test_an_account_without_a_calendar_has_none_to_change(treasury: Any) -> None:
    BankAccount.objects.update(calendar_code="")
    assert "Open at any time" in text_of(treasury.get(PAGE))
    assert treasury.get(FORM).status_code == 404
