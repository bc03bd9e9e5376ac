"""A small book to ask corrections of, and the way people decide on them."""

from typing import Any

from django.db import connection

from approvals import registry
from approvals.commands import request_correction
from approvals.models import ApprovalRequest, Person, Vote
from approvals.registry import DecideInput, VoteOutcome
from audit.models import AuditEvent
from ledger.chart import overdraft_account_code
from ledger.commands import Line
from ledger.commands.corrections import adjustment_posting, reversal_posting
from ledger.models import LedgerTransaction
from ledger.posting import Posting
from tests.approvals.conftest import LONG_HELD, People, acting_as
from tests.ledger.house import ACME, DAY, FEES, HOT, USDC, book, deposit, figures, open_house

UNIT = 1_000_000
CLAIM = overdraft_account_code("client:acme", USDC)


def open_books() -> None:
    """Acme paid in 50,000 USDC; a fee of 3 and one of 20,000 were charged."""
    open_house()
    deposit("deposit-1", ACME, 50_000 * UNIT)
    charge("fee-1", 3)
    charge("fee-2", 20_000)


def charge(reference: str, units: int) -> None:
    book(reference, Line.debit(ACME, units * UNIT), Line.credit(FEES, units * UNIT), kind="fee")


def overdraw(units: int) -> None:
    """The outside takes everything that acme has, and `units` more."""
    all_of_it = figures(ACME)[0] + units * UNIT
    book("chargeback-1", Line.debit(ACME, all_of_it), Line.credit(HOT, all_of_it), forced_kind="chargeback")


def reversal(of: str = "fee-1", **changes: Any) -> Posting:
    usual: dict[str, Any] = {"reference_of": of, "reference": f"reversal/{of}", "reason": "booked twice", "value_at": DAY}
    return reversal_posting(**usual | changes)


def adjustment(*lines: Line, of: str = "fee-1", reference: str = "adjustment/1") -> Posting:
    return adjustment_posting(reference_of=of, reference=reference, lines=lines, reason="wrong tariff", value_at=DAY)


def ask_for(people: People, given: Posting) -> ApprovalRequest:
    with acting_as(people.maker):
        return request_correction(given=given, maker=people.maker.id)


def decide(request: ApprovalRequest, person: Person, decision: str = "approve", **changes: Any) -> VoteOutcome:
    operator = changes.pop("operator", person.name)
    usual: dict[str, Any] = {
        "request_id": request.id,
        "person_id": person.id,
        "operator": operator,
        "roles": {"approver": LONG_HELD},
        "decision": decision,
        "digest": bytes(request.digest),
        "revision": request.revision,
        "reason": "not as agreed" if decision == "reject" else "",
    }
    with acting_as(person, operator):
        return registry.get(request.action).decide(DecideInput(**usual | changes))


def fresh(request: ApprovalRequest) -> ApprovalRequest:
    return ApprovalRequest.objects.get(id=request.id)


def everything() -> tuple[object, ...]:
    """What a refused decision must leave as it was."""
    postings = list(LedgerTransaction.objects.order_by("reference").values_list("reference", flat=True))
    requests = list(ApprovalRequest.objects.order_by("id").values_list("status", "executed_at"))
    executed = AuditEvent.objects.filter(type="approvals.request_executed").count()
    return postings, requests, Vote.objects.count(), executed, figures(ACME), figures(FEES)


def unguarded(*statements: str) -> None:
    """As somebody who owns the database and switches the guards of the requests off."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
        cursor.execute("ALTER TABLE approvals_approvalrequest DISABLE TRIGGER ALL")
        cursor.execute("ALTER TABLE approvals_approvalrequest DROP CONSTRAINT IF EXISTS approvals_request_digest_is_of_payload")
        for statement in statements:
            cursor.execute(statement)
        cursor.execute("ALTER TABLE approvals_approvalrequest ENABLE TRIGGER ALL")
