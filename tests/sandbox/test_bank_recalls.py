"""Recalls at the sandbox bank, asked by the client that production uses: stopped, given back, refused, lost, never answered."""

from collections.abc import Iterator
from datetime import date

import httpx
import pytest

from backoffice.sandbox.bank.recalls import THINKS_S
from tests.sandbox.bank_office import DELAY, MXN, TOKEN, Office
from tests.sandbox.orders import order
from tests.sandbox.test_bank_faults import arm, settle
from tests.sandbox.test_bank_payments import booked, status_of, submit
from transfers.rails.bank import BankRail, RecallRequest
from transfers.rails.base import UnknownOutcome


@pytest.fixture
def rail(office: Office) -> Iterator[BankRail]:
    made = BankRail(office.url, TOKEN)
    yield made
    made.close()


def _request(end_to_end_id: str = "E1") -> RecallRequest:
    return RecallRequest(
        recall_id="R1",
        message_id="M1",
        end_to_end_id=end_to_end_id,
        uetr="11111111-1111-4111-8111-111111111111",
        amount_minor=10_000,
        currency="MXN",
        exponent=2,
        execution_date=date(2026, 9, 21),
        debtor_name="House",
        bank_bic="TESTSESSXXX",
        reason_code="DUPL",
        words="twice",
    )


def test_what_is_not_paid_yet_is_stopped(office: Office, http: httpx.Client, rail: BankRail) -> None:
    arm(http, "settle_late", seconds="600")
    submit(http, order())
    assert rail.recall(_request()).answer == "pending"
    assert rail.recall(_request()).answer == "pending"
    office.pass_time(THINKS_S)
    assert rail.recall_status("R1").answer == "accepted"
    assert (status_of(http, "E1"), booked(http, MXN)) == ("RJCT", "1000.00")
    office.pass_time(700)
    assert booked(http, MXN) == "1000.00"


def test_what_is_paid_is_given_back(office: Office, http: httpx.Client, rail: BankRail) -> None:
    submit(http, order())
    settle(office)
    assert booked(http, MXN) == "900.00"
    rail.recall(_request())
    office.pass_time(THINKS_S)
    answer = rail.recall_status("R1")
    assert (answer.answer, booked(http, MXN), status_of(http, "E1")) == ("accepted", "1000.00", "ACSC")
    office.pass_time(DELAY)
    assert booked(http, MXN) == "1000.00"


def test_a_beneficiary_may_refuse(office: Office, http: httpx.Client, rail: BankRail) -> None:
    submit(http, order())
    settle(office)
    arm(http, "recall_refused", code="LEGL")
    rail.recall(_request())
    office.pass_time(THINKS_S)
    answer = rail.recall_status("R1")
    assert (answer.answer, answer.reason) == ("refused", "LEGL: the beneficiary does not agree")
    assert booked(http, MXN) == "900.00"


def test_nobody_may_ever_answer(office: Office, http: httpx.Client, rail: BankRail) -> None:
    submit(http, order())
    arm(http, "recall_unanswered")
    rail.recall(_request())
    office.pass_time(10_000)
    assert rail.recall_status("R1").answer == "pending"


def test_a_lost_recall_is_unknown_and_one_whose_answer_is_lost_is_known(office: Office, http: httpx.Client, rail: BankRail) -> None:
    submit(http, order())
    arm(http, "recall_lost")
    with pytest.raises(UnknownOutcome):
        rail.recall(_request())
    assert rail.recall_status("R1").answer == "NOTFOUND"
    arm(http, "recall_timeout")
    with pytest.raises(UnknownOutcome):
        rail.recall(_request())
    assert rail.recall_status("R1").answer == "pending"


def test_a_payment_that_was_never_taken_cannot_be_recalled(office: Office, rail: BankRail) -> None:
    answer = rail.recall(_request("E9"))
    assert (answer.answer, answer.reason) == ("refused", "NOOR: no such payment was received")
