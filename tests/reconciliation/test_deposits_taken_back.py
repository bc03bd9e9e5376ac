"""A sender's bank takes back what we have credited: the debit on the statement is believed, once, and all else is for people."""

from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest

from approvals.commands import place_halt
from audit import clock, coverage
from backoffice.alerts.rules.overdrafts import OpenOverdrafts
from ledger.commands import Line, Posting, post
from ledger.models import LedgerTransaction
from ledger.queries.proofs import findings
from reconciliation.commands.matching import match_open_items
from reconciliation.models import Break, ExternalItem, Match
from tests.reconciliation import outside
from tests.transfers import world as worlds
from tests.transfers.test_allocation import asked, vote
from tests.transfers.test_card_deposits import _close_until
from tests.transfers.world import Books, World, drive_until, history, posted
from transfers import crashpoints, machines
from transfers.commands.deposits.addresses import open_bank_reference
from transfers.commands.deposits.taken_back import take_back
from transfers.errors import Conflict
from transfers.models import Arrival, BankAccount, Transfer
from transfers.states import Route

NOSTRO, CLIENT, UNALLOCATED = "nostro:nordbank-mxn:MXN", "client:acme:MXN", "quarantine:arrivals:MXN"
OPENED = 10**11


@pytest.fixture
def house(db: None, bound: None) -> World:
    return worlds.build()


@pytest.fixture
def reference(house: World) -> str:
    account = BankAccount.objects.get()
    outside.bank_source(account, last_sequence=0)
    return open_bank_reference(client_id="acme", account=account).value


def paid_in(text: str, amount: str = "1500.00", *, name: str = "B-1", end_to_end_id: str = "E-1") -> None:
    refs = f"<AcctSvcrRef>{name}</AcctSvcrRef><EndToEndId>{end_to_end_id}</EndToEndId>"
    outside.bank_line(amount, direction="CRDT", refs=refs, parties=f"<RmtInf><Ustrd>{text}</Ustrd></RmtInf>")
    match_open_items()


def credited(reference: str) -> Transfer:
    paid_in(reference)
    transfer = drive_until(Transfer.objects.get(), "CONFIRMED")
    match_open_items()
    transfer.refresh_from_db()
    assert (transfer.status, posted(CLIENT)) == ("RECONCILED", 150_000)
    return transfer


def taken_back(
    amount: str = "1500.00", *, of: str = "B-1", end_to_end_id: str = "E-1", reason: str = "FRAD", name: str = "T-1"
) -> None:
    """The debit on a later statement, and the matching after it."""
    refs = f"<AcctSvcrRef>{name}</AcctSvcrRef><EndToEndId>{end_to_end_id}</EndToEndId>"
    told = f"<AddtlInf>{of}</AddtlInf>" if of else ""
    why = f"<RtrInf><Rsn><Cd>{reason}</Cd></Rsn>{told}</RtrInf>" if reason else ""
    outside.bank_line(amount, refs=refs, parties=why)
    match_open_items()


def everything_holds() -> None:
    assert list(findings(thorough=True)) == []
    assert list(coverage.findings()) == []


@pytest.mark.parametrize(("of", "end_to_end_id"), [("B-1", "NOTPROVIDED"), ("", "E-1"), ("return of B-1", "E-7")])
def test_what_was_credited_is_taken_back_by_the_debit_that_names_it(reference: str, of: str, end_to_end_id: str) -> None:
    transfer = credited(reference)
    taken_back(of=of, end_to_end_id=end_to_end_id)
    transfer.refresh_from_db()
    assert (transfer.status, transfer.failure_code, transfer.money_state) == ("FAILED", "deposit_taken_back", "reversed")
    assert transfer.status_text == "The sender's bank has taken this payment back. It is not in your balance any more."
    assert (posted(CLIENT), posted(NOSTRO)) == (0, OPENED)
    assert [to for _, _, to in history(transfer.id)] == ["CREATED", "CONFIRMED", "RECONCILED", "FAILED"]
    arrival = Arrival.objects.get()
    assert (arrival.status, "FRAD" in arrival.reason) == ("taken_back", True)
    assert sorted(Match.objects.filter(transfer_id=transfer.pk).values_list("role", flat=True)) == ["receipt", "return"]
    credit = LedgerTransaction.objects.get(reference=f"deposit/{arrival.reference}/1")
    reversal = LedgerTransaction.objects.get(reverses=credit)
    assert (reversal.reference, reversal.forced_kind) == (f"{credit.reference}/taken-back", "return")
    assert not Break.objects.exists()
    everything_holds()


def test_what_was_spent_goes_below_zero_in_the_open_month_whatever_is_halted(reference: str) -> None:
    then = clock.now() - timedelta(days=45)
    with clock.using(lambda: then):
        credited(reference)
        spent = (Line.debit(CLIENT, 100_000), Line.credit(NOSTRO, 100_000))
        post(Posting(reference="spent", kind="payout", value_at=then, lines=spent))
    day = LedgerTransaction.objects.get(kind="deposit").value_at.date()
    _close_until(max(day, date(2026, 1, 1)))
    place_halt(scope="client", target="acme", reason="under investigation")
    taken_back()
    assert (posted(CLIENT), posted(NOSTRO)) == (-100_000, OPENED - 100_000)
    assert [found.cause_key for found in OpenOverdrafts().find() or []] == [CLIENT]
    reversal = LedgerTransaction.objects.get(reference__endswith="/taken-back")
    assert reversal.value_at - then >= timedelta(days=40)
    everything_holds()


def test_it_is_taken_back_once_however_often_it_is_told(reference: str) -> None:
    transfer = credited(reference)
    taken_back()
    before = Books.now()
    match_open_items()
    taken = take_back(arrival_id=Arrival.objects.get().pk, bank_reason="FRAD", evidence={"item": "again"})
    assert (taken.status, Books.now()) == ("taken_back", before)
    taken_back(name="T-2")
    assert Break.objects.get().explanation.endswith("it was taken back once already.")
    transfer.refresh_from_db()
    assert (posted(CLIENT), transfer.version) == (0, len(history(transfer.id)))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"amount": "1400.00"}, "not for the amount that arrived"),
        ({"reason": ""}, "no reference of it is one of ours"),
        ({"of": "B-9", "end_to_end_id": "E-9"}, "no reference of it is one of ours"),
    ],
)
def test_what_is_not_surely_its_return_is_a_break_and_books_nothing(reference: str, given: dict[str, str], words: str) -> None:
    transfer = credited(reference)
    before = Books.now().entries
    taken_back(**given)
    transfer.refresh_from_db()
    assert (transfer.status, Books.now().entries) == ("RECONCILED", before)
    opened = Break.objects.get()
    assert (opened.severity, words in opened.explanation) == ("high", True)


def test_of_two_with_one_name_nobody_guesses(reference: str) -> None:
    for name in ("B-1", "B-2"):
        paid_in(reference, name=name)
    taken_back(of="", end_to_end_id="E-1")
    assert Break.objects.get().explanation.startswith("The outside reports it")
    assert Arrival.objects.filter(status="taken_back").count() == 0


def test_one_that_a_halt_kept_from_being_credited_is_booked_in_and_out(reference: str) -> None:
    place_halt(scope="client", target="acme", reason="under investigation")
    paid_in(reference)
    taken_back()
    transfer = Transfer.objects.get()
    assert [to for _, _, to in history(transfer.id)] == ["CREATED", "FAILED"]
    assert (posted(CLIENT), posted(UNALLOCATED), posted(NOSTRO)) == (0, 0, OPENED)
    match_open_items()
    assert set(ExternalItem.objects.values_list("status", flat=True)) == {"matched"}
    everything_holds()


def test_what_was_nobodys_leaves_the_unallocated_money_and_its_break_ends(reference: str) -> None:
    paid_in("hello")
    assert (posted(UNALLOCATED), Break.objects.get().status) == (150_000, "open")
    taken_back()
    match_open_items()
    assert (posted(UNALLOCATED), posted(NOSTRO), Transfer.objects.count()) == (0, OPENED, 0)
    ended = Break.objects.get()
    assert (ended.status, "FRAD" in ended.resolution) == ("resolved", True)
    everything_holds()


def test_one_that_people_have_allocated_is_taken_from_whom_they_gave_it_to(house: World, reference: str) -> None:
    paid_in("hello")
    vote(house, asked(house, Arrival.objects.get()))
    transfer = drive_until(Transfer.objects.get(), "CONFIRMED")
    match_open_items()
    assert (posted(CLIENT), posted(UNALLOCATED)) == (150_000, 0)
    taken_back()
    transfer.refresh_from_db()
    assert (transfer.failure_code, Break.objects.get().status) == ("deposit_taken_back", "resolved")
    assert (posted(CLIENT), posted(UNALLOCATED), posted(NOSTRO)) == (0, 0, OPENED)
    everything_holds()


def test_one_that_was_credited_before_this_release_is_for_people(reference: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(machines.CURRENT_VERSION, Route.BANK_DEPOSIT, 1)
    transfer = credited(reference)
    before = Books.now().entries
    taken_back()
    assert "correct the books by hand" in Break.objects.get().explanation
    assert Books.now().entries == before
    with pytest.raises(Conflict, match="correct the books by hand"):
        take_back(arrival_id=Arrival.objects.get().pk, bank_reason="", evidence={})
    transfer.refresh_from_db()
    assert transfer.status == "RECONCILED"


def test_a_worker_has_the_rights_and_an_error_before_the_commit_leaves_nothing(
    reference: str, monkeypatch: pytest.MonkeyPatch, database_role: Any
) -> None:
    transfer = credited(reference)
    monkeypatch.setattr(crashpoints, "_passed", Counter())
    monkeypatch.setenv("COUNTERSIGN_CRASH", "deposit_taken_back.before_commit=raise")
    before = Books.now().entries
    taken_back()
    assert (Books.now().entries, Arrival.objects.get().status) == (before, "credited")
    assert "It was not booked: unexpected Crashed" in Break.objects.get().explanation
    with database_role("countersign_worker"):
        match_open_items()
    transfer.refresh_from_db()
    assert (transfer.status, posted(CLIENT)) == ("FAILED", 0)
