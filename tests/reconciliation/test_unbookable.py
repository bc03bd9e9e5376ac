"""What our books cannot take is told and tried again, and keeps no other item from its turn."""

from collections.abc import Iterator

import pytest
from django.db import OperationalError

from audit import clock
from ledger.commands.corrections import reverse
from ledger.models import LedgerTransaction
from reconciliation.commands import matching
from reconciliation.commands.matching import match_open_items
from reconciliation.models import Break, ExternalItem
from tests.reconciliation import outside
from tests.transfers import world as worlds
from tests.transfers.tame import tame_outside
from tests.transfers.world import World, drive_until, posted
from transfers.models import BankAccount, Leg, Transfer

NOSTRO = "nostro:nordbank-mxn:MXN"
UNALLOCATED = "quarantine:arrivals:MXN"


@pytest.fixture
def world(db: None, bound: None) -> World:
    return worlds.build()


@pytest.fixture
def returned(world: World) -> Iterator[Transfer]:
    """A payout whose posting people have corrected, and that the bank sends back all the same."""
    outside.bank_source(BankAccount.objects.get(), last_sequence=0)
    with tame_outside():
        transfer = drive_until(world.off_ramp("40.00"), "FIAT_SETTLED")
        payout = LedgerTransaction.objects.get(transaction_id=transfer.id, kind="payout")
        reverse(reference_of=payout.reference, reference="by-hand", reason="booked by mistake", value_at=clock.now())
        leg = Leg.objects.get(transfer=transfer, rail="bank")
        refs = f"<EndToEndId>{leg.reference}</EndToEndId>"
        outside.bank_line(outside.pesos(int(leg.amount)), direction="CRDT", refs=refs, identification="S-1")
        yield transfer


def _item(identification: str) -> ExternalItem:
    return ExternalItem.objects.get(statement__identification=identification)


def test_what_cannot_be_booked_keeps_no_other_from_its_turn(world: World, returned: Transfer) -> None:
    before = posted(NOSTRO)
    outside.bank_line("900.00", direction="CRDT", refs="<AcctSvcrRef>B-9</AcctSvcrRef>", identification="S-2")

    match_open_items()
    match_open_items()

    assert (posted(UNALLOCATED), posted(NOSTRO)) == (90_000, before + 90_000)
    returned.refresh_from_db()
    assert (_item("S-1").status, returned.status) == ("unmatched", "FIAT_SETTLED")
    told = Break.objects.get(item=_item("S-1"))
    assert (told.status, told.severity) == ("open", "high")
    assert "It was not booked: " in told.explanation
    assert "tried again at every run" in told.explanation


def test_the_break_ends_when_the_books_have_taken_it(world: World, returned: Transfer, monkeypatch: pytest.MonkeyPatch) -> None:
    match_open_items()
    monkeypatch.setattr(matching, "settle_return", lambda *_: "break")
    match_open_items()
    told = Break.objects.get(item=_item("S-1"))
    assert (_item("S-1").status, told.status, told.resolution) == ("break", "resolved", "Our books have taken it.")


def test_a_database_that_is_away_is_no_fault_of_the_item(world: World, returned: Transfer, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> str:
        raise OperationalError("the server closed the connection")

    monkeypatch.setattr(matching, "settle_return", away)
    with pytest.raises(OperationalError):
        match_open_items()
    assert not Break.objects.exists()


def test_an_error_of_nobodys_making_is_told_by_its_kind_alone(
    world: World, returned: Transfer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def surprise(*_: object) -> str:
        raise ZeroDivisionError("secret internals")

    monkeypatch.setattr(matching, "settle_return", surprise)
    match_open_items()
    told = Break.objects.get(item=_item("S-1"))
    assert "unexpected ZeroDivisionError" in told.explanation
    assert "internals" not in told.explanation
