"""Guarded or only collecting: which of the two an account is may change while postings go on."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from audit.context import Actor, bind
from audit.models import AuditEvent
from ledger.commands import Line, PlaceHold, advance_checkpoints, apply_holds, set_account_guarded
from ledger.errors import AccountNotEmpty, InsufficientFunds, NotGuarded, SwitchTooSoon, UnknownAccount
from ledger.models import Account, Balance
from ledger.queries.proofs import findings
from tests.databases import committed_copy
from tests.ledger.crowd import at_once
from tests.ledger.house import ACME, FEES, HOT, book, deposit, figures


def fee(reference: str, amount: int) -> None:
    book(reference, Line.debit(ACME, amount), Line.credit(FEES, amount))


@pytest.fixture
def db(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """A copy in which commits are real, as in test_concurrency."""
    with django_db_blocker.unblock(), committed_copy():
        yield


@pytest.fixture(autouse=True)
def _funds(house: None) -> None:
    deposit("funds", ACME, 1_000)


def _collect_again(code: str) -> None:
    """Another test's open transaction may be older than the switch to guarded: then it is too soon."""
    deadline = time.monotonic() + 60
    while True:
        try:
            assert set_account_guarded(code=code, guarded=False, reason="test")
        except SwitchTooSoon:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        else:
            return


def test_a_collecting_account_becomes_guarded_with_all_it_collected() -> None:
    fee("fee-1", 10)
    advance_checkpoints()
    fee("fee-2", 5)
    assert set_account_guarded(code=FEES, guarded=True, reason="swept daily")
    assert figures(FEES) == (15, 0, 15)
    row = Balance.objects.get(account__code=FEES)
    assert (row.credits, row.version) == (15, 2)
    fee("fee-3", 1)
    with pytest.raises(InsufficientFunds), transaction.atomic():
        book("sweep", Line.debit(FEES, 17), Line.credit(HOT, 17))
    apply_holds(PlaceHold("sweep-hold", FEES, 16))
    assert figures(FEES) == (16, 16, 0)
    assert list(findings()) == []


def test_there_and_back_counts_nothing_twice() -> None:
    fee("fee-1", 10)
    set_account_guarded(code=FEES, guarded=True, reason="test")
    fee("fee-2", 20)
    _collect_again(FEES)
    fee("fee-3", 30)
    assert figures(FEES) == (60, 0, 60)
    advance_checkpoints()
    fee("fee-4", 40)
    assert figures(FEES) == (100, 0, 100)
    set_account_guarded(code=FEES, guarded=True, reason="test")
    fee("fee-5", 50)
    assert figures(FEES) == (150, 0, 150)
    assert list(findings()) == []


def test_switching_to_what_it_is_changes_nothing() -> None:
    assert not set_account_guarded(code=FEES, guarded=False, reason="test")
    assert not AuditEvent.objects.filter(type="ledger.account_mode_switched").exists()
    assert set_account_guarded(code=FEES, guarded=True, reason="because")
    event = AuditEvent.objects.get(type="ledger.account_mode_switched")
    assert (event.resource_id, event.reason, event.diff) == (FEES, "because", {"guarded": [False, True]})


def test_money_on_hold_keeps_an_account_guarded() -> None:
    fee("fee", 10)
    set_account_guarded(code=FEES, guarded=True, reason="test")
    apply_holds(PlaceHold("hold", FEES, 1))
    with pytest.raises(AccountNotEmpty):
        set_account_guarded(code=FEES, guarded=False, reason="test")
    assert figures(FEES) == (10, 1, 9)


def test_a_collecting_account_takes_no_hold() -> None:
    with pytest.raises(NotGuarded):
        apply_holds(PlaceHold("hold", FEES, 1))


def test_client_money_is_never_without_its_guard() -> None:
    with pytest.raises(IntegrityError, match="is_guarded_where_it_must_be"), transaction.atomic():
        set_account_guarded(code=ACME, guarded=False, reason="faster")
    assert Account.objects.get(code=ACME).guarded


def test_it_needs_an_account_and_a_reason() -> None:
    with pytest.raises(UnknownAccount):
        set_account_guarded(code="nobody", guarded=True, reason="test")
    with pytest.raises(ValueError, match="reason"):
        set_account_guarded(code=FEES, guarded=True, reason="")


def test_a_transaction_older_than_the_switch_keeps_the_account_from_switching_back() -> None:
    """Its entry would carry an id that lies before the checkpoint, and nobody would ever count it."""
    begun, go_on = threading.Event(), threading.Event()

    def old() -> None:
        with bind(Actor.system("old"), correlation_id="old"), transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_current_xact_id()")
            begun.set()
            assert go_on.wait(20)
            fee("old-fee", 7)
        connection.close()

    thread = threading.Thread(target=old)
    thread.start()
    assert begun.wait(20)
    set_account_guarded(code=FEES, guarded=True, reason="test")
    with pytest.raises(SwitchTooSoon):
        set_account_guarded(code=FEES, guarded=False, reason="test")
    go_on.set()
    thread.join(20)
    _collect_again(FEES)
    assert figures(FEES) == (7, 0, 7)
    assert list(findings()) == []


def test_postings_and_switches_meet_without_losing_a_unit() -> None:
    def collect(worker: int) -> None:
        for number in range(20):
            fee(f"fee-{worker}-{number}", 1)

    def switch() -> None:
        for round_ in range(6):
            try:
                set_account_guarded(code=FEES, guarded=round_ % 2 == 0, reason="test")
            except SwitchTooSoon:
                continue

    results = at_once([*(lambda worker=worker: collect(worker) for worker in range(4)), switch])
    refused = [str(result) for result in results if isinstance(result, Exception)]
    booked = figures(FEES)[0]
    assert all("running balance exactly while" in words for words in refused)
    assert booked == 80 if not refused else booked < 80
    assert figures(ACME) == (1_000 - booked, 0, 1_000 - booked)
    assert list(findings()) == []
