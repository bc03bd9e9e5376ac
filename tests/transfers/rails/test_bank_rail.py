"""The bank rail: what each failure means for the money, and the real conversation with the sandbox bank."""

import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import httpx
import pytest

from tests.sandbox.bank_office import DELAY, INTERVAL, MXN, TOKEN, Office, open_office
from transfers.rails.bank import BankRail, CreditTransfer
from transfers.rails.base import RetryableError, TerminalError, UnknownOutcome


def order(**changes: object) -> CreditTransfer:
    values: dict[str, object] = {
        "message_id": "M1",
        "end_to_end_id": "E1",
        "uetr": str(uuid.uuid4()),
        "debtor_iban": MXN,
        "debtor_bic": "TESTSESSXXX",
        "debtor_name": "House",
        "creditor": {"clabe": "032180000118359719", "name": "Ana", "country": "MX"},
        "amount_minor": 10_000,
        "currency": "MXN",
        "exponent": 2,
        "execution_date": date(2026, 9, 21),
        "remittance": "rent",
    }
    return CreditTransfer(**{**values, **changes})  # type: ignore[arg-type]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with open_office(tmp_path) as opened:
        yield opened


class Rails:
    """Makes rails and closes them when the test is over."""

    def __init__(self) -> None:
        self.made: list[BankRail] = []

    def to(self, office: Office) -> BankRail:
        return self._keep(BankRail(office.url, TOKEN))

    def answering(self, handler: Callable[[httpx.Request], httpx.Response]) -> BankRail:
        return self._keep(BankRail("http://bank.test", "token", transport=httpx.MockTransport(handler)))

    def failing(self, error: type[httpx.TransportError]) -> BankRail:
        def handler(request: httpx.Request) -> httpx.Response:
            raise error("cut", request=request)

        return self.answering(handler)

    def _keep(self, rail: BankRail) -> BankRail:
        self.made.append(rail)
        return rail


@pytest.fixture
def rails() -> Iterator[Rails]:
    made = Rails()
    yield made
    for rail in made.made:
        rail.close()


def test_an_order_goes_from_taken_to_settled_and_shows_up_in_a_statement(rails: Rails, office: Office) -> None:
    rail = rails.to(office)
    taken = rail.submit(order())
    assert (taken.status, taken.reason, taken.bank_reference) == ("ACTC", "", "NBP0000000001")
    assert "<EndToEndId>E1</EndToEndId>" in taken.raw_request
    assert "<TxSts>ACTC</TxSts>" in taken.raw_response
    office.pass_time(DELAY / 2)
    assert rail.status("E1").status == "ACSP"
    office.pass_time(DELAY / 2)
    assert rail.status("E1").status == "ACSC"
    office.pass_time(INTERVAL)
    ((sequence, name, content),) = rail.statements(MXN, 0)
    assert (sequence, name) == (1, f"{MXN}-000001.camt.053.xml")
    assert b"<EndToEndId>E1</EndToEndId>" in content
    assert rail.statements(MXN, 1) == []


def test_sending_again_under_the_same_message_id_pays_once(rails: Rails, office: Office) -> None:
    rail = rails.to(office)
    uetr = str(uuid.uuid4())
    assert rail.submit(order(uetr=uetr)).status == "ACTC"
    assert rail.submit(order(uetr=uetr)).status == "ACTC"
    office.pass_time(DELAY)
    office.pass_time(DELAY)
    assert httpx.get(f"{office.url}/accounts", headers={"Authorization": f"Bearer {TOKEN}"}).json()["data"][0]["booked"] == "900.00"


@pytest.mark.parametrize("change", [{"amount_minor": 20_000}, {"message_id": "M2"}])
def test_a_rejected_repeat_is_never_taken_for_a_rejected_payment(rails: Rails, office: Office, change: dict[str, object]) -> None:
    """The first order is on its way: giving the money back now would pay twice."""
    rail = rails.to(office)
    rail.submit(order())
    with pytest.raises(UnknownOutcome, match="has had this order before"):
        rail.submit(order(**change))
    assert rail.status("E1").status == "ACTC"


def test_a_rejection_is_an_answer_with_its_reason(rails: Rails, office: Office) -> None:
    answer = rails.to(office).submit(order(amount_minor=100_001))
    assert (answer.status, answer.reason) == ("RJCT", "AM04: the account does not hold enough")


def test_an_order_that_never_arrived_is_not_found(rails: Rails, office: Office) -> None:
    assert rails.to(office).status("E1").status == "NOTFOUND"


def test_many_statements_are_fetched_over_all_pages(rails: Rails, office: Office) -> None:
    with httpx.Client(base_url=office.url, headers={"Authorization": f"Bearer {TOKEN}"}) as client:
        for _ in range(51):
            client.post(f"/statements/{MXN}/close")
    assert [row[0] for row in rails.to(office).statements(MXN, 0)] == list(range(1, 52))


@pytest.mark.parametrize(
    "error", [httpx.ReadTimeout, httpx.WriteTimeout, httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError]
)
def test_a_line_that_broke_after_sending_leaves_the_outcome_unknown(rails: Rails, error: type[httpx.TransportError]) -> None:
    with pytest.raises(UnknownOutcome):
        rails.failing(error).submit(order())


@pytest.mark.parametrize("error", [httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout])
def test_a_line_that_was_never_open_is_safe_to_try_again(rails: Rails, error: type[httpx.TransportError]) -> None:
    with pytest.raises(RetryableError):
        rails.failing(error).submit(order())


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (400, TerminalError),
        (413, TerminalError),
        (422, TerminalError),
        (401, RetryableError),
        (403, RetryableError),
        (429, RetryableError),
        (202, UnknownOutcome),
        (302, UnknownOutcome),
        (404, UnknownOutcome),
        (409, UnknownOutcome),
        (500, UnknownOutcome),
        (502, UnknownOutcome),
        (503, UnknownOutcome),
    ],
)
def test_each_http_status_says_whether_the_money_may_have_moved(rails: Rails, status: int, expected: type[Exception]) -> None:
    with pytest.raises(expected):
        rails.answering(lambda _: httpx.Response(status, text="{}")).submit(order())


@pytest.mark.parametrize("body", [b"", b"<html/>", b"OK"])
def test_an_order_taken_with_an_unreadable_answer_is_unknown(rails: Rails, body: bytes) -> None:
    with pytest.raises(UnknownOutcome, match="cannot be read"):
        rails.answering(lambda _: httpx.Response(200, content=body)).submit(order())


def test_an_answer_about_another_message_is_not_believed(rails: Rails, office: Office) -> None:
    stray = rails.to(office).submit(order(message_id="M2", end_to_end_id="E2")).raw_response
    with pytest.raises(UnknownOutcome, match="M2"):
        rails.answering(lambda _: httpx.Response(200, text=stray)).submit(order())
    with pytest.raises(RetryableError, match="says nothing about E1"):
        rails.answering(lambda _: httpx.Response(200, text=stray)).status("E1")


@pytest.mark.parametrize(
    "response",
    [
        httpx.Response(404, text="not here"),
        httpx.Response(404, json={"code": "no_such_address"}),
        httpx.Response(404, json=["payment_unknown"]),
        httpx.Response(500),
        httpx.Response(401),
        httpx.Response(200, text="{}"),
    ],
)
def test_only_the_bank_itself_can_say_that_an_order_never_arrived(rails: Rails, response: httpx.Response) -> None:
    """A NOTFOUND makes us send again: a proxy's 404 must never pass for one."""
    with pytest.raises(RetryableError):
        rails.answering(lambda _: response).status("E1")


@pytest.mark.parametrize("error", [httpx.ReadTimeout, httpx.ConnectError, httpx.RemoteProtocolError])
def test_a_question_may_always_be_asked_again(rails: Rails, error: type[httpx.TransportError]) -> None:
    rail = rails.failing(error)
    with pytest.raises(RetryableError):
        rail.status("E1")
    with pytest.raises(RetryableError):
        rail.statements(MXN, 0)


@pytest.mark.parametrize(
    "body",
    [
        "nothing",
        "[]",
        '{"data": [{"sequence": "x", "name": "n", "content": ""}], "has_more": false}',
        '{"data": [{"sequence": 0, "name": "n", "content": ""}], "has_more": true}',
    ],
)
def test_a_list_of_statements_that_makes_no_sense_is_not_taken(rails: Rails, body: str) -> None:
    with pytest.raises(RetryableError):
        rails.answering(lambda _: httpx.Response(200, text=body)).statements(MXN, 0)


def test_an_order_that_cannot_be_written_never_leaves(rails: Rails) -> None:
    calls: list[httpx.Request] = []
    rail = rails.answering(lambda request: calls.append(request) or httpx.Response(200))  # type: ignore[func-returns-value]
    with pytest.raises(TerminalError):
        rail.submit(order(amount_minor=0))
    assert calls == []


def test_the_bank_dates_what_we_send(rails: Rails, office: Office) -> None:
    sent = rails.to(office).submit(order()).raw_request
    created = datetime.fromisoformat(sent.split("<CreDtTm>")[1].split("</CreDtTm>")[0])
    assert abs((datetime.now(UTC) - created).total_seconds()) < 60
