"""What only four eyes may do to the books is held against what they approved: whatever else typed it is named by the proofs."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from approvals import proofs_four_eyes
from approvals.commands import request_period
from approvals.models import ApprovalRequest
from audit.commands import record
from audit.envelope import as_jsonb, envelope
from ledger.commands import Line
from ledger.commands.overdrafts import receivable_posting, write_off_posting
from ledger.proofs.registry import START
from tests.approvals.bookkeeping import CLAIM, UNIT, adjustment, ask_for, decide, open_books, overdraw, reversal
from tests.approvals.conftest import People, acting_as
from tests.ledger.house import ACME, DAY, FEES, HOT, book, deposit
from tests.ledger.lies import lie

pytestmark = pytest.mark.django_db
Role = Callable[[str], AbstractContextManager[None]]
SEPTEMBER = date(2026, 9, 1)


def _found() -> list[tuple[str, str]]:
    return [(subject, message) for proof in proofs_four_eyes.PROOFS for subject, message in proof.find(START)]


def _typed(function: str, request: dict[str, Any]) -> None:
    """As the process that serves the pages, by SQL."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s)", [as_jsonb(request | {"context": envelope()})])


def _posting(**changes: Any) -> dict[str, Any]:
    usual: dict[str, Any] = {
        "reference": "forged",
        "kind": "fee.reversal",
        "description": "x",
        "transaction_id": None,
        "value_at": DAY.isoformat(),
        "settled_at": None,
        "reverses": "fee-1",
        "adjusts": None,
        "forced_kind": "",
        "metadata": {},
        "lines": [
            {"account": FEES, "debit": str(3 * UNIT), "credit": "0"},
            {"account": ACME, "debit": "0", "credit": str(3 * UNIT)},
        ],
        "holds": [],
    }
    return usual | changes


@pytest.fixture
def approved(people: People) -> ApprovalRequest:
    """Acme's fee was reversed, a claim made and written off, and September closed and reopened; the reversal's request."""
    open_books()
    deposit("september", ACME, 5, value_at=DAY.replace(month=9))
    asked = ask_for(people, reversal("fee-1"))
    decide(asked, people.checker)
    decide(ask_for(people, adjustment(Line.debit(FEES, 1), Line.credit(ACME, 1), of="fee-2")), people.checker)
    overdraw(30)
    claim = receivable_posting(reference="r", account_code=ACME, amount_minor=30 * UNIT, reason="x", value_at=DAY)
    decide(ask_for(people, claim), people.checker)
    lost = ask_for(people, write_off_posting(reference="w", account_code=CLAIM, amount_minor=UNIT, reason="x", value_at=DAY))
    book("cover", Line.debit(HOT, 99_999 * UNIT), Line.credit("house:funding:USDC.ethereum", 99_999 * UNIT))
    for checker in (people.checker, people.second_checker):
        decide(lost, checker)
    for verb, checkers in (("close", [people.checker]), ("reopen", [people.checker, people.second_checker])):
        with acting_as(people.maker):
            month = request_period(verb=verb, month=SEPTEMBER, reason="month end", maker=people.maker.id)
        for checker in checkers:
            decide(month, checker)
    return ApprovalRequest.objects.get(id=asked.id)


def test_what_was_approved_is_proved_also_to_the_roles_that_prove(approved: ApprovalRequest, database_role: Role) -> None:
    for role in ("countersign_web", "countersign_worker"):
        with database_role(role):
            assert _found() == []


def test_a_correction_typed_as_the_web_role_is_named(people: People, database_role: Role) -> None:
    open_books()
    with database_role("countersign_web"), acting_as(people.maker):
        _typed("ledger_post", _posting())
        _typed("ledger_post", _posting(reference="more", kind="fee.adjustment", reverses=None, adjusts="fee-2"))
        _typed("ledger_post", _posting(reference="lost", kind="overdraft.write_off", reverses=None))
    nobody = "nobody approved it, and it is none of the corrections that follow the outside"
    assert sorted(_found()) == [("forged", nobody), ("lost", nobody), ("more", nobody)]


def test_a_correction_that_names_a_request_is_the_one_that_was_asked_for(approved: ApprovalRequest, database_role: Role) -> None:
    names = {"metadata": {"approval_request": str(approved.id)}, "reverses": "fee-2"}
    lines = [{"account": FEES, "debit": "20000000000", "credit": "0"}, {"account": ACME, "debit": "0", "credit": "20000000000"}]
    lie("UPDATE ledger_ledgertransaction SET adjusts_id = NULL WHERE adjusts_id IS NOT NULL", about=("ledger_ledgertransaction",))
    with database_role("countersign_web"):
        _typed("ledger_post", _posting(**names, lines=lines))
        _typed("ledger_post", _posting(reference="x", kind="gift", reverses=None, metadata={"approval_request": str(UUID(int=7))}))
    found = dict(_found())
    assert found["forged"] == f"its request for approval {approved.reference} asks for another posting"
    assert found["x"] == "it names a request for approval that there is not"


def test_a_name_of_the_machine_needs_what_the_machine_tells(people: People, database_role: Role) -> None:
    open_books()
    transfer = str(UUID(int=9))
    with database_role("countersign_web"), acting_as(people.maker):
        _typed("ledger_post", _posting(reference="reorg/fee-1", transaction_id=transfer))
    said = "it is called as one that follows the outside, and nothing is told of that in its database transaction"
    assert _found() == [("reorg/fee-1", said)]
    record(type="transfer.reorged", resource_type="transfer", resource_id=transfer, transaction_id=UUID(transfer))
    assert _found() == []


_REQUEST = "UPDATE approvals_approvalrequest SET"
_BYTES = "has other bytes than its digest is of, asks for another posting"
WRONG = {
    f"{_REQUEST} executed_at = NULL": "was not approved and carried out",
    f"{_REQUEST} action = 'ledger.period'": "asks for something else",
    f"{_REQUEST} quorum = 3": "was approved by fewer others than this needs",
    "UPDATE approvals_requestmaker SET person_id = (SELECT id FROM approvals_person WHERE name = 'checker')": (
        "was approved by fewer others than this needs"
    ),
    f"{_REQUEST} payload = convert_to(replace(convert_from(payload, 'UTF8'), 'twice', 'once'), 'UTF8')": _BYTES,
    f"{_REQUEST} payload = 'no JSON'": _BYTES,
    "UPDATE audit_event SET txid = txid - 1": "is not told to have been carried out by that database transaction",
}
_TABLES = ("approvals_approvalrequest", "approvals_requestmaker", "audit_event")
_WHOSE = {
    "approvals_approvalrequest": "id = '{0}'",
    "approvals_requestmaker": "request_id = '{0}'",
    "audit_event": "type = 'approvals.request_executed' AND resource_id = '{0}'",
}


@pytest.mark.parametrize("statement", WRONG)
def test_an_approval_that_was_changed_afterwards_stands_for_nothing(approved: ApprovalRequest, statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE approvals_approvalrequest DROP CONSTRAINT approvals_request_digest_is_of_payload")
    lie(f"{statement} WHERE {_WHOSE[statement.split()[1]].format(approved.id)}", about=_TABLES)
    said = f"its request for approval {approved.reference} {WRONG[statement]}"
    assert _found() == [("reversal/fee-1", said)]


def test_a_month_that_was_closed_by_sql_is_named(people: People, database_role: Role) -> None:
    open_books()
    deposit("september", ACME, 5, value_at=DAY.replace(month=9))
    with database_role("countersign_web"), acting_as(people.maker):
        for status in ("closed", "open"):
            _typed("ledger_set_period", {"month": "2026-09-01", "status": status, "by": "me", "reason": "because", "record": {}})
    found = _found()
    assert {subject for subject, _ in found} == {"2026-09"}
    assert [message.split()[3] for _, message in sorted(found)] == ["closed", "reopened"]
    assert all(message.endswith("by maker was approved by nobody") for _, message in found)


def test_a_request_closes_its_month_for_its_reason_alone(approved: ApprovalRequest, people: People, database_role: Role) -> None:
    closing = ApprovalRequest.objects.filter(action="ledger.period").earliest("made_at")
    record = {"approval_request": str(closing.id)}
    with database_role("countersign_web"), acting_as(people.maker):
        _typed("ledger_set_period", {"month": "2026-09-01", "status": "closed", "by": "me", "reason": "because", "record": record})
    ((subject, message),) = _found()
    assert subject == "2026-09"
    assert message.endswith(f"is not what was approved: request {closing.reference} asks for another month or reason")
