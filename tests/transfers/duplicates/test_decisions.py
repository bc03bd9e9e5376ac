"""What people state about the outside, said again and in any order: verdicts, entries by phone, new terms; each counts once."""

from collections import Counter
from functools import partial
from typing import Any

import pytest

from approvals.commands import create_person
from ledger.models import LedgerTransaction
from reconciliation.commands.matching import match_open_items
from tests.reconciliation import outside
from tests.transfers import uncertain
from tests.transfers.duplicates.shuffling import (
    SEEDS,
    Deed,
    booked,
    covers,
    drive_all,
    everybody_votes,
    nothing_is_broken,
    shuffled,
)
from tests.transfers.pricing.test_by_phone import EVIDENCE, quoted
from tests.transfers.tame import tame_outside
from tests.transfers.test_new_bounds import out_of_bounds
from tests.transfers.world import FUNDS, World, acting, available
from transfers.commands import manual_entry, verdicts
from transfers.commands.new_bounds import propose_new_bounds
from transfers.commands.providers import add_provider, put_back, set_terms, switch_provider, take_out
from transfers.commands.verdicts import Verdict
from transfers.models import Arrival, BankAccount, ManualEntry, Transfer


@pytest.mark.parametrize("seed", SEEDS)
@covers(verdicts.ask)
def test_a_verdict_on_a_payout(world: World, seed: int) -> None:
    with tame_outside() as tame, pytest.MonkeyPatch.context() as patch:
        transfer = uncertain.payout(world, tame, patch)

        def ask(verdict: Verdict) -> None:
            with acting(world.maker):
                verdicts.ask(transfer_id=transfer.pk, verdict=verdict, evidence=EVIDENCE, maker=world.maker.id)

        people = (world.checker, world.second_checker)
        votes = [vote for action in ("transfer.declare_lost", "transfer.override") for vote in everybody_votes(action, *people)]
        shuffled(seed, [partial(ask, Verdict.LOST), *votes, drive_all])
    transfer.refresh_from_db()
    assert (transfer.status, transfer.failure_code, available()) == ("FAILED", "declared_lost", FUNDS)
    assert booked()["payout"] <= 1
    assert LedgerTransaction.objects.filter(transaction_id=transfer.pk, kind="write_off").count() <= 1
    nothing_is_broken()


@pytest.mark.parametrize("seed", SEEDS)
@covers(manual_entry.ask, take_out, put_back, add_provider, set_terms)
def test_a_desk_by_phone(world: World, seed: int) -> None:
    take_on = partial(add_provider, code="otc", name="OTC Desk", kind="manual")
    take_on()
    outside.bank_source(BankAccount.objects.get(), last_sequence=0)
    deal_in = partial(set_terms, provider="otc", corridor="US-MX")
    deal_in()
    switch_provider(code="desk", enabled=False, reason="by phone only")
    figures: dict[str, dict[str, str]] = {
        "quote": quoted(),
        "deal": {"trade_id": "OTC-4711"},
        "settlement": {"arrival": ""},
    }

    def paid() -> None:
        outside.bank_line("15840.00", direction="CRDT", refs="<AcctSvcrRef>OTC-4711</AcctSvcrRef>", identification="S-OTC")
        match_open_items()
        figures["settlement"]["arrival"] = Arrival.objects.get().reference

    def enter(kind: str) -> None:
        with acting(world.maker):
            manual_entry.ask(
                provider="otc", transfer_id=transfer.id, kind=kind, figures=figures[kind], evidence=EVIDENCE, maker=world.maker.id
            )

    def out_and_back() -> None:
        take_out(code="desk", reason="by phone only")
        put_back(code="desk", reason="again")

    with tame_outside() as tame:
        transfer = world.off_ramp("900.00")
        votes = everybody_votes(manual_entry.ACTION, world.checker, world.second_checker)
        deeds: list[Deed] = [paid]
        for kind in figures:
            deeds += [partial(enter, kind), *votes, drive_all]
        shuffled(seed, [*deeds, out_and_back, take_on, deal_in], again=1)
        assert set(tame.handed_over().values()) == {1}
    transfer.refresh_from_db()
    assert transfer.status == "FIAT_SETTLED"
    # A quote that is entered again before the deal is a newer one; the deal and what it brought are booked once.
    entered = Counter(ManualEntry.objects.values_list("kind", flat=True))
    assert (entered["deal"], entered["settlement"], booked()["conversion"]) == (1, 1, 1)
    nothing_is_broken()


@pytest.mark.parametrize("seed", SEEDS)
@covers(propose_new_bounds)
def test_new_terms(world: World, seed: int) -> None:
    with tame_outside() as tame:
        transfer = out_of_bounds(world, tame)
        proposer = create_person(name="proposer")

        def propose() -> None:
            with acting(proposer):
                propose_new_bounds(transfer_id=transfer.id, reason="the client agrees by phone", maker=proposer.id)

        votes: list[Any] = everybody_votes("transfer.release", world.checker, world.second_checker)
        shuffled(seed, [propose, *votes, drive_all])
        assert set(tame.handed_over().values()) == {1}
    assert [one.status for one in Transfer.objects.all()] == ["FIAT_SETTLED"]
    nothing_is_broken()
