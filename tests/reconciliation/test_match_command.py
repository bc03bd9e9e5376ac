"""Reconciling against the running sandbox: evidence closes a transfer, and what differs is one break to explain."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import ProgrammingError, connection, transaction

from audit import clock
from audit.models import AuditEvent
from reconciliation.commands.matching import match_open_items
from reconciliation.commands.reconciling import reconcile
from reconciliation.models import Break, ExternalItem, IndexedBlock, Match, Source
from tests.reconciliation import outside
from tests.transfers.stack import Stack
from tests.transfers.world import UNIT, World, drive_until
from transfers.models import BankAccount, Leg, ProviderCall, TransferEvent
from transfers.states import Status

pytestmark = pytest.mark.stack
NOTHING = (0, 0, 0)


def _told(run: Any) -> tuple[int, int, int]:
    return (run.matched, run.breaks, run.reconciled)


def test_a_confirmed_withdrawal_is_proved_by_the_chain(read: World, rails: Stack) -> None:
    transfer = outside.confirmed(read, rails)
    assert _told(outside.read_and_match(rails)) == (2, 0, 1)
    transfer.refresh_from_db()
    assert (transfer.status, transfer.evidence_state) == ("RECONCILED", "matched")
    leg = Leg.objects.get(transfer=transfer)
    assert leg.evidence_state == "matched"
    event = TransferEvent.objects.filter(transfer_id=transfer.id).latest("seq")
    assert set(event.data["evidence"]) == {f"payment:{leg.reference}", f"gas:{leg.reference}"}
    for match in Match.objects.all():
        assert event.data["evidence"][f"{match.role}:{leg.reference}"] == {
            "item": str(match.item_id),
            "source": outside.HOT,
            "rule": "strong-identifier/1",
        }
    assert AuditEvent.objects.filter(type="reconciliation.matched", transaction_id=transfer.id).count() == 2
    assert not Break.objects.exists()
    assert _told(reconcile()) == NOTHING


def test_it_needs_nothing_that_a_provider_told_us(read: World, rails: Stack) -> None:
    transfer = outside.confirmed(read, rails)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
        cursor.execute("ALTER TABLE transfers_providercall DISABLE TRIGGER ALL")
        cursor.execute("DELETE FROM transfers_providercall")
        cursor.execute("ALTER TABLE transfers_providercall ENABLE TRIGGER ALL")
    assert not ProviderCall.objects.exists()
    assert _told(outside.read_and_match(rails)) == (2, 0, 1)
    transfer.refresh_from_db()
    assert transfer.status == Status.RECONCILED


def test_tokens_that_nobody_ordered_are_one_break(read: World, rails: Stack) -> None:
    tx_hash = outside.pay_in(rails, 1_250 * UNIT)
    assert _told(outside.read_and_match(rails)) == (0, 1, 0)
    opened = Break.objects.get()
    assert (opened.type, opened.severity, opened.status) == ("external_only", "medium", "open")
    assert (opened.actual_amount, opened.expected_amount, opened.currency) == (1_250 * UNIT, None, "USDC.ethereum")
    assert opened.deadline_at - opened.opened_at == timedelta(days=3)
    assert opened.item is not None
    assert opened.item.references["tx_hash"] == tx_hash
    assert _told(outside.read_and_match(rails)) == NOTHING
    assert Break.objects.count() == 1


def test_a_bank_line_under_a_foreign_name_is_a_break(read: World) -> None:
    outside.bank_line("185.00", refs="<EndToEndId>SOMEBODY-ELSES</EndToEndId>")
    assert _told(match_open_items()) == (0, 1, 0)
    opened = Break.objects.get()
    assert (opened.type, opened.severity, opened.actual_amount) == ("external_only", "high", 18_500)
    assert "left that nobody here ordered" in opened.title
    assert opened.transfer_id is None


def test_a_currency_that_the_ledger_does_not_keep_is_a_break_too(read: World) -> None:
    outside.bank_line("12.34", currency="CHF")
    match_open_items()
    opened = Break.objects.get(item__isnull=False)
    assert (opened.currency, opened.actual_amount) == ("", 1_234)


def test_an_off_ramp_needs_the_chain_and_the_booked_line(read: World, rails: Stack) -> None:
    transfer = outside.settled(read, rails)
    # Both ends of the tokens' way to the partner, and the gas.
    assert _told(outside.read_and_match(rails)) == (3, 0, 0)
    transfer.refresh_from_db()
    assert transfer.status == Status.FIAT_SETTLED
    outside.close_statement(rails)
    assert _told(outside.read_and_match(rails)) == (1, 0, 1)
    transfer.refresh_from_db()
    assert transfer.status == Status.RECONCILED
    evidence = TransferEvent.objects.filter(transfer_id=transfer.id).latest("seq").data["evidence"]
    assert {proof["source"] for proof in evidence.values()} == {outside.HOT, outside.SETTLEMENT, outside.BANK}
    assert not Break.objects.exists()


def test_a_booked_line_alone_is_not_enough(read: World, rails: Stack) -> None:
    Source.objects.filter(kind="chain").update(active=False)
    transfer = outside.settled(read, rails)
    outside.close_statement(rails)
    assert _told(outside.read_and_match(rails)) == (1, 0, 0)
    transfer.refresh_from_db()
    assert transfer.status == Status.FIAT_SETTLED


def test_another_amount_under_our_name_keeps_the_transfer_open(read: World, rails: Stack) -> None:
    transfer = outside.settled(read, rails)
    outside.read_and_match(rails)
    leg = outside.bank_leg(transfer)
    outside.bank_line(outside.pesos(leg.amount + 1), refs=f"<EndToEndId>{leg.reference}</EndToEndId>")
    assert _told(match_open_items()) == (0, 1, 0)
    opened = Break.objects.get()
    assert (opened.type, opened.severity, opened.transfer_id) == ("amount", "high", transfer.id)
    assert (opened.expected_amount, opened.actual_amount, opened.currency) == (leg.amount, leg.amount + 1, "MXN")
    with clock.using(lambda: transfer.state_entered_at + timedelta(hours=25)):
        assert _told(match_open_items()) == NOTHING
    # The right line comes after all: as long as nobody has explained the wrong one, nothing is closed.
    outside.bank_line(outside.pesos(leg.amount), refs=f"<EndToEndId>{leg.reference}</EndToEndId>")
    assert _told(match_open_items()) == (1, 0, 0)
    Break.objects.update(status="resolved", resolved_at=clock.now(), resolution="the bank corrected its entry")
    assert _told(match_open_items()) == (0, 0, 1)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"refs": "<UETR>{foreign}</UETR>"}, "its references name more than one payment"),
        (
            {"parties": "<RltdPties><CdtrAcct><Id><Othr><Id>002010099999999999</Id></Othr></Id></CdtrAcct></RltdPties>"},
            "destination",
        ),
    ],
)
def test_a_line_under_our_name_that_is_another_movement(read: World, rails: Stack, changes: dict[str, str], words: str) -> None:
    transfer = outside.settled(read, rails)
    leg = outside.bank_leg(transfer)
    foreign = "97f2ae64-5b0c-4b0b-9d5c-000000000000"
    refs = f"<EndToEndId>{leg.reference}</EndToEndId>" + changes.pop("refs", "").format(foreign=foreign)
    outside.bank_line(outside.pesos(leg.amount), refs=refs, **changes)
    assert _told(match_open_items()) == (0, 1, 0)
    opened = Break.objects.get()
    assert (opened.type, opened.transfer_id) == ("external_only", transfer.id)
    assert words in opened.title


def test_the_same_payment_twice_is_a_duplicate(read: World, rails: Stack) -> None:
    transfer = outside.settled(read, rails)
    leg = outside.bank_leg(transfer)
    for statement in ("A1", "A2"):
        refs = f"<EndToEndId>{leg.reference}</EndToEndId>"
        outside.bank_line(outside.pesos(leg.amount), refs=refs, identification=statement)
    assert _told(match_open_items()) == (1, 1, 0)
    assert Break.objects.get().type == "duplicate"
    outside.read_and_match(rails)
    transfer.refresh_from_db()
    assert transfer.status == Status.FIAT_SETTLED


def test_a_payment_that_we_refunded_and_the_bank_made_is_critical(read: World, rails: Stack) -> None:
    # The bank keeps this account in another currency, so it rejects the order (AM03).
    BankAccount.objects.update(iban="SE5490000000000000000003")
    transfer = drive_until(read.off_ramp("100.00"), "FAILED", between=rails.mine)
    BankAccount.objects.update(iban="SE1190000000000000000001")
    leg = outside.bank_leg(transfer)
    outside.bank_line(outside.pesos(leg.amount), refs=f"<EndToEndId>{leg.reference}</EndToEndId>")
    match_open_items()
    opened = Break.objects.get()
    assert (opened.severity, opened.transfer_id) == ("critical", transfer.id)
    assert "our books say that this payment was not made" in opened.title


def test_nothing_is_closed_on_a_chain_that_was_rewritten(read: World, rails: Stack) -> None:
    transfer = outside.confirmed(read, rails)
    outside.everything_final(rails)
    outside.index()
    last = IndexedBlock.objects.latest("number")
    IndexedBlock.objects.create(
        network="ethereum", number=last.number + 1, hash="0x" + "f" * 64, parent_hash=last.hash, mined_at=last.mined_at,
        indexed_at=last.indexed_at,
    )  # fmt: skip
    rails.mine(2)
    assert _told(outside.read_and_match(rails)) == (2, 0, 0)
    outside.read_and_match(rails)
    opened = Break.objects.get()
    assert (opened.severity, opened.subject_key) == ("critical", f"rewritten:ethereum:{last.number + 2}")
    transfer.refresh_from_db()
    assert transfer.status == Status.CONFIRMED


def test_a_fetched_statement_that_is_refused_is_a_break(read: World, rails: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    number = outside.close_statement(rails)
    monkeypatch.setattr("reconciliation.importers.xmlfile.MAX_BYTES", 100)
    reconcile()
    reconcile()
    opened = Break.objects.get()
    assert (opened.severity, opened.source_id) == ("high", outside.BANK)
    assert "was refused" in opened.title
    assert opened.explanation.startswith("Nothing of it was taken. Line 1: ")
    # It is not fetched over and over.
    assert Source.objects.get(code=outside.BANK).last_sequence == number


def test_a_source_that_does_not_answer_stops_no_other(read: World, rails: Stack) -> None:
    transfer = outside.confirmed(read, rails)
    Source.objects.filter(code=outside.BANK).update(account_identification="SE0000000000000000000000")
    assert _told(outside.read_and_match(rails)) == (2, 0, 1)
    transfer.refresh_from_db()
    assert transfer.status == Status.RECONCILED


def test_by_hand(read: World, rails: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    outside.confirmed(read, rails)
    outside.everything_final(rails)
    call_command("reconcile")
    assert capsys.readouterr().out == "2 items matched, 0 breaks opened, 1 transfers reconciled\n"


def test_the_worker_needs_no_more_than_its_role(read: World, rails: Stack, database_role: Any) -> None:
    transfer = outside.settled(read, rails)
    outside.close_statement(rails)
    outside.pay_in(rails, UNIT)
    outside.everything_final(rails)
    with database_role("countersign_worker"):
        assert _told(reconcile()) == (4, 1, 1)
    transfer.refresh_from_db()
    assert transfer.status == Status.RECONCILED


def test_web_imports_and_matches_nothing(read: World, database_role: Any) -> None:
    with database_role("countersign_web"):
        outside.bank_line("185.00")
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            match_open_items()
    assert ExternalItem.objects.get().status == "unmatched"
