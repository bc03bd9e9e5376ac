"""What is refused to whoever calls the ledger's functions by hand, with the rights of the web process: the callers in Python refuse
it too, and are not there."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from ledger.commands import ExpireHold, Line, PlaceHold, SettleHold, apply_holds
from ledger.errors import HoldNotDue
from ledger.models import Account, Hold, LedgerTransaction, Period
from ledger.proofs.registry import START
from ledger.proofs.running import prove
from tests.ledger.house import ACME, HOT, USDC, book, deposit, figures
from tests.ledger.lies import lie

CONTEXT = {"actor_type": "system", "actor_id": "somebody", "correlation_id": "c", "occurred_at": "2026-11-20T00:00:00Z"}
SETTLE = {"op": "settle", "reference": "hold", "amount": "5000000"}
POSTING = {
    "reference": "by hand",
    "kind": "k",
    "description": "",
    "value_at": "2026-11-20T00:00:00Z",
    "forced_kind": "",
    "metadata": {},
    "lines": [{"account": HOT, "debit": "1", "credit": "0"}, {"account": ACME, "debit": "0", "credit": "1"}],
}
BATCH = {"postings": [POSTING], "holds": [], "one_by_one": False}
LOOSE = {"code": "client:acme:loose", "name": "x", "asset_id": USDC, "owner": "client:acme"}
MONTH = {"month": "2025-01-01", "by": "me", "reason": "over", "record": {}}

CALLS: dict[str, tuple[str, dict[str, Any], str]] = {
    "a hold settled without a posting": ("ledger_apply_holds", {"holds": [SETTLE]}, "settled by the posting that takes its money"),
    "a hold settled by a batch of which nobody knows what it takes": (
        "ledger_post_batch",
        BATCH | {"holds": [SETTLE], "one_by_one": True},
        "settled by the posting that takes its money",
    ),
    "an adjustment in a batch": ("ledger_post_batch", BATCH | {"postings": [POSTING | {"adjusts": "funds"}]}, "booked by itself"),
    "a reversal in a batch": ("ledger_post_batch", BATCH | {"postings": [POSTING | {"reverses": "funds"}]}, "booked by itself"),
    "client money that nothing locks": (
        "ledger_open_account",
        LOOSE | {"kind": "client_money", "type": "liability", "guarded": False},
        "ledger_account_is_guarded_where_it_must_be",
    ),
    "client money as something that we own": (
        "ledger_open_account",
        LOOSE | {"kind": "client_money", "type": "asset", "guarded": True},
        "ledger_account_is_on_the_side_of_its_room",
    ),
    "another mode for an account without a reason": (
        "ledger_set_guarded",
        {"code": HOT, "guarded": True, "reason": " "},
        "needs a reason",
    ),
    "a month closed without a reason": ("ledger_set_period", MONTH | {"status": "closed", "reason": ""}, "needs a reason"),
    "a month closed by nobody": ("ledger_set_period", MONTH | {"status": "closed", "by": ""}, "needs a by"),
}


@pytest.fixture(autouse=True)
def _funds(house: None) -> None:
    deposit("funds", ACME, 1_000)
    apply_holds(PlaceHold("hold", ACME, 100))


def _books() -> tuple[Any, ...]:
    holds = list(Hold.objects.values_list("reference", "status"))
    return LedgerTransaction.objects.count(), Account.objects.count(), Period.objects.count(), holds, figures(ACME)


@pytest.mark.parametrize("what", CALLS)
def test_it_is_refused(what: str, database_role: Callable[[str], AbstractContextManager[None]]) -> None:
    function, request, why = CALLS[what]
    before = _books()
    with database_role("countersign_web"), pytest.raises(DatabaseError, match=why), transaction.atomic():
        connection.cursor().execute(f"SELECT {function}(%s::jsonb)", [json.dumps(request | {"context": CONTEXT})])
    assert _books() == before


@pytest.mark.parametrize("expires_at", [None, datetime.now(UTC) + timedelta(days=300)], ids=["never", "in 300 days"])
def test_a_hold_does_not_expire_before_its_time(expires_at: datetime | None) -> None:
    apply_holds(PlaceHold("early", ACME, 5, expires_at))
    before = _books()
    with pytest.raises(HoldNotDue), transaction.atomic():
        apply_holds(ExpireHold("early"))
    assert _books() == before


def test_a_hold_that_was_settled_for_more_than_any_posting_took_is_found() -> None:
    book("pays", Line.debit(ACME, 100), Line.credit(HOT, 100), holds=(SettleHold("hold", 100),))
    assert not _unpaid()
    settled = "UPDATE {} SET {} = {} WHERE {}"
    lie(
        settled.format("ledger_hold", "settled_amount", "5000000", "reference = 'hold'"),
        settled.format("audit_event", "metadata", 'metadata || \'{"amount": "5000000"}\'', "type = 'ledger.hold_settled'"),
        about=("ledger_hold", "audit_event"),
    )
    assert _unpaid() == ["holds settled 5000000, and postings took 100"]


def _unpaid() -> list[str]:
    found = {result.proof.name: result.findings for result in prove(START)}
    return [finding.message for finding in found["settlements_take_money"]]
