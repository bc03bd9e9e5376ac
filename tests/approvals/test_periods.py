"""`ledger.period`: a month is closed by one other person and reopened by two."""

from datetime import date

import pytest

from approvals.commands import request_period
from approvals.errors import MakerMayNotDecide, NotCarriedOut, RequestAlreadyPending
from approvals.models import ApprovalRequest
from approvals.queries import view_request
from audit.models import AuditEvent
from ledger.commands import close_period, reopen_period
from ledger.errors import PeriodGap, PeriodNotLast, PeriodNotOver, PeriodUnchanged
from ledger.models import Period
from tests.approvals.bookkeeping import decide, fresh
from tests.approvals.conftest import NOON, People, acting_as
from tests.ledger.house import ACME, DAY, deposit, open_house

pytestmark = pytest.mark.django_db
SEPTEMBER, OCTOBER = date(2026, 9, 1), date(2026, 10, 1)


@pytest.fixture(autouse=True)
def _books(people: People) -> None:
    open_house()
    deposit("september", ACME, 5, value_at=DAY.replace(month=9))


def ask(people: People, verb: str, month: date) -> ApprovalRequest:
    with acting_as(people.maker):
        return request_period(verb=verb, month=month, reason=" month end ", maker=people.maker.id)


def _statuses() -> dict[str, str]:
    return {f"{month:%m}": status for month, status in Period.objects.values_list("month", "status")}


def test_one_other_person_closes(people: People) -> None:
    asked = ask(people, "close", date(2026, 9, 17))
    assert _statuses() == {}
    assert (asked.subject_type, asked.subject_id, asked.quorum, asked.role, asked.client_id) == (
        "period",
        "2026-09",
        1,
        "approver",
        "",
    )
    with pytest.raises(MakerMayNotDecide):
        decide(asked, people.maker)
    assert _statuses() == {}
    decide(asked, people.checker)
    closed = Period.objects.get()
    assert (closed.month, closed.status, closed.closed_by, closed.reason) == (SEPTEMBER, "closed", "checker", "month end")
    assert (closed.record["approval_request"], closed.record["postings"]) == (str(asked.id), 1)
    assert fresh(asked).executed_at == NOON
    assert AuditEvent.objects.filter(type="ledger.period_closed").count() == 1


def test_two_reopen(people: People) -> None:
    close_period(month=SEPTEMBER, reason="month end")
    asked = ask(people, "reopen", SEPTEMBER)
    assert [(fact.label, fact.value) for fact in view_request(asked.id).facts] == [
        ("Month", "2026-09"),
        ("What", "Reopen"),
        ("Effect", "Postings can be valued inside it again, so that figures already reported can change."),
        ("Why", "month end"),
    ]
    decide(asked, people.checker)
    assert _statuses() == {"09": "closed"}
    decide(asked, people.second_checker)
    assert _statuses() == {"09": "open"}


def test_a_rejection_leaves_the_month_open(people: People) -> None:
    decide(ask(people, "close", SEPTEMBER), people.checker, "reject")
    assert _statuses() == {}


@pytest.mark.parametrize(
    ("verb", "month", "error"),
    [
        ("close", OCTOBER, PeriodGap),
        ("close", date(2027, 9, 1), PeriodNotOver),
        ("reopen", SEPTEMBER, PeriodUnchanged),
        ("close", date(2026, 7, 1), PeriodUnchanged),
        ("reopen", date(2026, 7, 1), PeriodNotLast),
    ],
)
def test_what_could_not_be_done_is_not_asked_for(people: People, verb: str, month: date, error: type[Exception]) -> None:
    if month.month == 7:
        close_period(month=date(2026, 8, 1), reason="month end")
    before = _statuses()
    with pytest.raises(error):
        ask(people, verb, month)
    assert (_statuses(), ApprovalRequest.objects.count()) == (before, 0)


def test_a_month_is_asked_about_once_at_a_time(people: People) -> None:
    ask(people, "close", SEPTEMBER)
    with pytest.raises(RequestAlreadyPending):
        ask(people, "close", SEPTEMBER)


def test_one_that_is_no_longer_next_ends_in_words(people: People) -> None:
    close_period(month=SEPTEMBER, reason="month end")
    asked = ask(people, "close", OCTOBER)
    reopen_period(month=SEPTEMBER, reason="late invoice")
    with pytest.raises(NotCarriedOut, match="The month 2026-09 is open and has to be closed before 2026-10"):
        decide(asked, people.checker)
    assert (fresh(asked).status, _statuses()) == ("dismissed", {"09": "open"})


def test_one_that_somebody_else_closed_meanwhile_ends_in_words(people: People) -> None:
    asked = ask(people, "close", SEPTEMBER)
    close_period(month=SEPTEMBER, reason="by the night shift")
    with pytest.raises(NotCarriedOut, match="it is so already"):
        decide(asked, people.checker)
    assert (fresh(asked).status, Period.objects.get().reason) == ("dismissed", "by the night shift")
