"""Money at banks, said again and in any order: what comes in, whose it is, what goes back, what is called back."""

from collections import Counter
from functools import partial
from typing import Any

import pytest

from audit import clock
from reconciliation.commands.matching import match_open_items
from reconciliation.models import Break
from reconciliation.tasks import reconcile_task
from tests.reconciliation import outside
from tests.transfers.duplicates.shuffling import SEEDS, booked, covers, drive_all, everybody_votes, nothing_is_broken, shuffled
from tests.transfers.tame import tame_outside
from tests.transfers.test_send_back import DEBTOR, paid_in
from tests.transfers.world import ACCOUNT, FUNDS, LONG_AGO, World, acting, drive_until, posted
from transfers import tasks
from transfers.commands import payout_recall
from transfers.commands.deposits import taken_back
from transfers.commands.deposits.addresses import open_bank_reference
from transfers.commands.deposits.allocation import request_allocation
from transfers.commands.deposits.send_back import request_to_debtor
from transfers.commands.moot import dismiss_moot
from transfers.commands.recall_steps import recall_due
from transfers.commands.returns import take_back
from transfers.models import Arrival, BankAccount, PayoutRecall, Transfer

NOSTRO, OPENED = "nostro:nordbank-mxn:MXN", 10**11


def line(amount: str, name: str, text: str = "", *, refs: str = "", direction: str = "CRDT") -> None:
    """One statement, under one name however often it is read."""
    parties = f"{DEBTOR}<RmtInf><Ustrd>{text}</Ustrd></RmtInf>"
    outside.bank_line(
        amount, direction=direction, refs=refs or f"<AcctSvcrRef>{name}</AcctSvcrRef>", parties=parties, identification=name
    )


@pytest.mark.parametrize("seed", SEEDS)
@covers(reconcile_task, request_allocation, open_bank_reference)
def test_what_comes_in_and_whose_it_is(world: World, seed: int) -> None:
    account = BankAccount.objects.get()
    outside.bank_source(account, last_sequence=0)

    def named() -> None:
        line("300.00", "S-1", open_bank_reference(client_id="acme", account=account).value)

    def ask() -> None:
        with acting(world.maker):
            for arrival in Arrival.objects.filter(amount=90_000):
                request_allocation(arrival_id=arrival.pk, client_id="acme", reason="their letter", maker=world.maker.id)

    votes = everybody_votes("deposit.allocate", world.checker, world.second_checker)
    with tame_outside():
        nobodys = partial(line, "900.00", "S-2", "for nobody")
        shuffled(seed, [named, nobodys, ask, *votes, match_open_items, reconcile_task, drive_all])
    assert sorted(Transfer.objects.values_list("route", "status")) == [("bank_deposit", "RECONCILED")] * 2
    assert (posted("client:acme:MXN"), posted(NOSTRO)) == (120_000, OPENED + 120_000)
    nothing_is_broken()


@pytest.mark.parametrize("seed", SEEDS)
@covers(reconcile_task, taken_back.take_back)
def test_what_the_senders_bank_takes_back(world: World, seed: int) -> None:
    account = BankAccount.objects.get()
    outside.bank_source(account, last_sequence=0)
    why = "<RtrInf><Rsn><Cd>FRAD</Cd></Rsn><AddtlInf>S-1</AddtlInf></RtrInf>"

    def named() -> None:
        line("300.00", "S-1", open_bank_reference(client_id="acme", account=account).value)

    def taken() -> None:
        if Arrival.objects.exists():
            outside.bank_line("300.00", refs="<AcctSvcrRef>T-1</AcctSvcrRef>", parties=why, identification="S-2")

    def told_again() -> None:
        for arrival in Arrival.objects.filter(status="taken_back"):
            taken_back.take_back(arrival_id=arrival.pk, bank_reason="FRAD", evidence={"at": clock.now().isoformat()})

    with tame_outside():
        shuffled(seed, [named, taken, told_again, match_open_items, reconcile_task, drive_all])
    assert [(one.route, one.status) for one in Transfer.objects.all()] == [("bank_deposit", "FAILED")]
    assert (posted("client:acme:MXN"), posted(NOSTRO), Break.objects.count()) == (0, OPENED, 0)
    nothing_is_broken()


@pytest.mark.parametrize("seed", SEEDS)
@covers(request_to_debtor, tasks.drive_due)
def test_what_goes_back_to_its_sender(world: World, seed: int) -> None:
    with tame_outside() as tame:
        arrival = paid_in()

        def ask() -> None:
            with acting(world.maker):
                request_to_debtor(arrival_id=arrival.pk, reason="their letter of today", fee=0, maker=world.maker.id)

        def shown() -> None:
            for transfer in Transfer.objects.filter(status="FIAT_SETTLED"):
                reference = outside.bank_leg(transfer).reference
                line("900.00", "S-9", refs=f"<EndToEndId>{reference}</EndToEndId>", direction="DBIT")

        votes = everybody_votes("deposit.send_back", world.checker, world.second_checker)
        shuffled(seed, [ask, *votes, drive_all, tasks.drive_due, shown, match_open_items])
        assert list(tame.handed_over().values()) == [1]
    assert [transfer.status for transfer in Transfer.objects.all()] == ["RECONCILED"]
    assert (posted(NOSTRO), posted("payable:payouts:MXN")) == (OPENED, 0)
    nothing_is_broken()


@pytest.mark.parametrize("seed", SEEDS)
@covers(payout_recall.ask, recall_due, take_back, dismiss_moot, tasks.call_back)
def test_a_payout_that_is_called_back(world: World, seed: int) -> None:
    with tame_outside() as tame:
        paid = drive_until(world.off_ramp("100.00"), "FIAT_SETTLED")
        tame.recall_says = "accepted"

        def ask() -> None:
            with acting(world.maker):
                payout_recall.ask(transfer_id=paid.pk, reason_code="DUPL", reason="paid by hand as well", maker=world.maker.id)

        def due(act: Any) -> None:
            PayoutRecall.objects.filter(due_at__isnull=False).update(due_at=LONG_AGO)
            act()

        def comes_back() -> None:
            if PayoutRecall.objects.exists():
                take_back(transfer_id=paid.pk, bank_reason="FOCR", evidence={"at": clock.now().isoformat()})

        votes = everybody_votes(payout_recall.ACTION, world.checker, world.second_checker)
        shuffled(seed, [ask, *votes, partial(due, recall_due), partial(due, tasks.call_back), dismiss_moot, comes_back, drive_all])
        assert len(tame.recalls) <= 1
        assert set(tame.handed_over().values()) == {1}
    paid.refresh_from_db()
    assert (paid.status, posted(ACCOUNT), PayoutRecall.objects.count()) == ("FAILED", FUNDS, 1)
    assert Counter({kind: n for kind, n in booked().items() if kind == "payout"}) == Counter(payout=1)
    nothing_is_broken()
