"""Deposits that the sandbox's bank takes back: a debit that names what it returns, as a real bank's statement would."""

from decimal import Decimal

import httpx
import pytest

from reconciliation.importers.camt import read
from tests.sandbox.bank_office import MXN, Office
from tests.sandbox.test_bank_faults import arm
from tests.sandbox.test_bank_payments import booked


def _paid_in(http: httpx.Client, amount: str, text: str) -> str:
    given = {"iban": MXN, "amount": amount, "name": "Eve", "remittance": text, "end_to_end_id": f"E-{text}"}
    return str(http.post("/sandbox/incoming", json=given).json()["bank_reference"])


@pytest.mark.parametrize("only", ["", "first"])
def test_the_newest_or_the_one_that_is_meant_is_taken_back_once(office: Office, http: httpx.Client, only: str) -> None:
    names = {text: _paid_in(http, amount, text) for text, amount in (("first", "10.00"), ("second", "20.00"))}
    before = booked(http, MXN)
    arm(http, "take_back", code="DUPL", **({"only": only} if only else {}))
    office.pass_time(1)
    office.pass_time(1)
    taken = only or "second"
    amount = {"first": "10.00", "second": "20.00"}[taken]
    assert Decimal(before) - Decimal(booked(http, MXN)) == Decimal(amount)
    http.post(f"/statements/{MXN}/close")
    content = http.get(f"/statements/{MXN}").json()["data"][-1]["content"].encode()
    (line,) = [line for line in read(content).statements[0].lines if line.direction == "debit"]
    assert (str(line.amount), line.counterparty) == (amount, "Eve")
    assert {name: line.references[name] for name in ("return_reason", "return_text", "end_to_end_id")} == {
        "return_reason": "DUPL",
        "return_text": names[taken],
        "end_to_end_id": f"E-{taken}",
    }


def test_an_order_waits_for_what_comes_in(office: Office, http: httpx.Client) -> None:
    arm(http, "take_back")
    office.pass_time(1)
    before = booked(http, MXN)
    _paid_in(http, "5.00", "late")
    office.pass_time(1)
    assert booked(http, MXN) == before
