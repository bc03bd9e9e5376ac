"""Payments that come in at a bank: credited to the client that the payer names, once, and set aside when nobody is named."""

from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import uuid4

import pytest

from approvals.commands import create_client, request_correction
from audit import clock, coverage
from ledger.commands import close_period, post
from ledger.commands.corrections import reversal_posting
from ledger.models import LedgerTransaction
from ledger.posting import Posting
from ledger.queries.proofs import findings
from reconciliation.commands.matching import match_open_items
from reconciliation.models import Break, ExternalItem
from tests.approvals.bookkeeping import decide
from tests.reconciliation import outside
from tests.transfers import world as worlds
from tests.transfers.world import World, acting, drive_until, history, posted
from transfers.commands.deposits.addresses import open_bank_reference
from transfers.models import Arrival, BankAccount, DepositAddress, Transfer

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


def paid_in(amount: str, text: str, **more: str) -> None:
    refs = "<AcctSvcrRef>B-1</AcctSvcrRef>"
    outside.bank_line(amount, direction="CRDT", refs=refs, **more, parties=f"<RmtInf><Ustrd>{text}</Ustrd></RmtInf>")


def credited() -> Transfer:
    transfer = drive_until(Transfer.objects.get(), "CONFIRMED")
    match_open_items()
    transfer.refresh_from_db()
    return transfer


def everything_holds() -> None:
    assert list(findings()) == []
    assert list(coverage.findings()) == []


@pytest.mark.parametrize("shape", ["{}", "Invoice 7 {} thanks", "pago/{}", "{:.5}-{}"])
def test_a_booked_entry_that_names_a_client_is_credited_and_proved(reference: str, shape: str) -> None:
    text = f"{reference[:5]} {reference[5:].lower()}" if "-" in shape else shape.format(reference)
    paid_in("1500.00", text)
    match_open_items()
    transfer = credited()
    assert (transfer.status, transfer.route, transfer.client_id) == ("RECONCILED", "bank_deposit", "acme")
    assert (posted(CLIENT), posted(NOSTRO)) == (150_000, OPENED + 150_000)
    assert [to for _, _, to in history(transfer.id)] == ["CREATED", "CONFIRMED", "RECONCILED"]
    assert not Break.objects.exists()
    everything_holds()


def test_a_statement_that_is_sent_again_is_no_second_credit(reference: str) -> None:
    for identification in ("S-7", "S-7-AGAIN", "INTRADAY"):
        paid_in("20.00", reference, identification=identification)
        match_open_items()
        match_open_items()
    credited()
    assert (ExternalItem.objects.count(), Arrival.objects.count(), posted(CLIENT)) == (1, 1, 2_000)


def test_a_payment_that_another_statement_shows_in_other_words_is_credited_by_nobody_alone(reference: str) -> None:
    paid_in("20.00", reference, identification="S-1")
    match_open_items()
    first = credited()
    paid_in("20.00", f"{reference} ORDER OF JUAN", identification="S-2")
    match_open_items()

    assert (posted(CLIENT), posted(UNALLOCATED), Transfer.objects.count()) == (2_000, 2_000, 1)
    again = Arrival.objects.get(status="unallocated")
    assert f"Another statement showed B-1 over the same amount, as arrival {first.arrival.reference}." in again.reason
    assert again.reason in Break.objects.get().explanation
    everything_holds()


@pytest.mark.parametrize(("amount", "name"), [("20.01", "B-1"), ("20.00", "B-2")])
def test_another_amount_or_reference_is_another_payment(reference: str, amount: str, name: str) -> None:
    paid_in("20.00", reference, identification="S-1")
    match_open_items()
    refs = f"<AcctSvcrRef>{name}</AcctSvcrRef>"
    parties = f"<RmtInf><Ustrd>{reference} again</Ustrd></RmtInf>"
    outside.bank_line(amount, direction="CRDT", refs=refs, parties=parties, identification="S-2")
    match_open_items()
    assert sorted(Arrival.objects.values_list("status", flat=True)) == ["seen", "seen"]


@pytest.mark.parametrize("text", ["", "hello", "CSAAAAAAAAA"])
def test_what_names_nobody_is_set_aside_with_a_break(reference: str, text: str) -> None:
    paid_in("99.00", text)
    run = match_open_items()
    assert (run.matched, run.breaks) == (0, 1)
    assert (posted(UNALLOCATED), posted(NOSTRO), posted(CLIENT)) == (9_900, OPENED + 9_900, 0)
    assert not Transfer.objects.exists()
    opened = Break.objects.get()
    assert (opened.type, opened.severity, opened.actual_amount) == ("external_only", "medium", 9_900)
    assert "unallocated" in opened.explanation
    match_open_items()
    assert (Arrival.objects.count(), Break.objects.count()) == (1, 1)
    everything_holds()


def test_one_wrong_character_names_nobody_instead_of_somebody_else(reference: str) -> None:
    wrong = "Z" if reference[4] != "Z" else "Y"
    paid_in("5.00", reference[:4] + wrong + reference[5:])
    match_open_items()
    assert not Transfer.objects.exists()


def test_two_clients_named_is_nobody(reference: str) -> None:
    create_client(client_id="globex", name="Globex")
    other = open_bank_reference(client_id="globex", account=BankAccount.objects.get()).value
    paid_in("5.00", f"{reference} {other}")
    match_open_items()
    assert (Transfer.objects.count(), posted(UNALLOCATED)) == (0, 500)
    assert DepositAddress.objects.count() == 2


def test_an_entry_of_a_closed_month_is_booked_in_the_open_one(reference: str) -> None:
    close_period(month=date(2026, 1, 1), reason="over")
    paid_in("7.00", reference)
    match_open_items()
    assert credited().status == "RECONCILED"
    assert Arrival.objects.get().value_at <= datetime.now(UTC)
    assert posted(CLIENT) == 700


def _reversal() -> Posting:
    of = LedgerTransaction.objects.get(kind="deposit").reference
    return reversal_posting(reference_of=of, reference=f"reversal/{of}", reason="not his", value_at=clock.now())


def test_a_credit_that_two_people_take_back_leaves_books_that_hold(house: World, reference: str) -> None:
    paid_in("1500.00", reference)
    match_open_items()
    credited()
    with acting(house.maker):
        asked = request_correction(given=_reversal(), maker=house.maker.id)
    decide(asked, house.checker)
    assert (posted(CLIENT), posted(NOSTRO)) == (0, OPENED)
    everything_holds()


def test_a_credit_that_nobody_decided_to_take_back_is_found(reference: str) -> None:
    paid_in("1500.00", reference)
    match_open_items()
    credited()
    post(replace(_reversal(), metadata={"approval_request": str(uuid4())}))
    assert sorted(((found.proof, found.message) for found in findings()), reverse=True) == [
        ("corrections_are_approved", "it names a request for approval that there is not"),
        ("arrivals_match_credits", "it is credited, and 0 credits of it stand"),
    ]
