"""Files of orders for the house of `world`: staff that is paid into balances here, and payouts on chain."""

import hashlib
from datetime import timedelta
from typing import Any

from approvals import registry
from approvals.commands import add_destination
from approvals.models import Person
from approvals.registry import DecideInput, VoteOutcome
from audit import clock
from audit.identity import new_id
from tests.transfers import within
from tests.transfers.world import LONG_AGO, PAYEE, USDC, World, acting
from transfers.bulk import json_lines
from transfers.commands.bulk.accept import accept
from transfers.commands.bulk.carry_out import carry_out_due
from transfers.models import BulkOrder, BulkPart, BulkUpload


def staff(count: int) -> list[str]:
    """So many clients with a balance, all on acme's list."""
    within.neighbours()
    names = [f"staff-{number}" for number in range(1, count + 1)]
    for name in names:
        within.open_client(name, USDC)
        details = {"type": "client_account", "client": name}
        add_destination(client_id="acme", kind="client_account", details=details, label=name, cooling_off=timedelta(0))
    return names


def wage(name: str, amount: str = "10.00", **more: str) -> dict[str, Any]:
    return {"source_currency": "USDC", "amount": amount, "destination": {"type": "client_account", "client": name}, **more}


def payout(amount: str = "20.00", **more: str) -> dict[str, Any]:
    return {"source_currency": "USDC", "amount": amount, "destination": PAYEE, **more}


def upload(lines: list[dict[str, Any]]) -> BulkUpload:
    return stored(json_lines.stored(lines), BulkUpload.Format.JSON)


def stored(content: bytes, form: str, name: str = "") -> BulkUpload:
    return BulkUpload.objects.create(
        id=new_id(),
        client_id="acme",
        format=form,
        file_name=name,
        content=content,
        sha256=hashlib.sha256(content).digest(),
        uploaded_by="csk_test",
        uploaded_by_type="api_client",
        uploaded_at=clock.now(),
    )


def order(world: World, lines: list[dict[str, Any]]) -> BulkOrder:
    with acting(world.maker):
        return accept(upload(lines), makers=(world.maker.id,), made_by="csk_test", made_by_type="api_client")


def vote(world: World, given: BulkOrder, person: Person, decision: str = "approve") -> VoteOutcome:
    request = given.approval_request
    ballot = DecideInput(
        request_id=request.id,
        person_id=person.id,
        operator=person.name,
        roles={request.role: LONG_AGO},
        decision=decision,
        digest=bytes(request.digest),
        revision=request.revision,
        reason="not as agreed" if decision == "reject" else "",
    )
    with acting(person):
        return registry.get(request.action).decide(ballot)


def released(world: World, lines: list[dict[str, Any]]) -> BulkOrder:
    given = order(world, lines)
    for person in (world.checker, world.second_checker)[: given.approval_request.quorum]:
        vote(world, given, person)
    given.refresh_from_db()
    assert given.status == "in_progress"
    return given


def carry_out() -> int:
    """Everything that is due, pauses skipped."""
    BulkPart.objects.filter(due_at__isnull=False).update(due_at=LONG_AGO)
    return carry_out_due(1_000)
