"""A day at the house in which every kind of row comes about and changes in every way, through the commands alone."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.test import override_settings

from approvals import registry
from approvals.commands import (
    add_maker,
    block_destination,
    create_client,
    create_person,
    deactivate_person,
    issue_api_key,
    place_halt,
    publish_policy_set,
    remove_limit,
    request_lift,
    revoke_api_key,
    set_client_status,
    set_limit,
)
from approvals.models import Destination
from approvals.registry import DecideInput
from audit.context import Actor, bind
from ledger.chart import AccountKind
from ledger.commands import (
    ExpireHold,
    PlaceHold,
    ReleaseHold,
    apply_holds,
    carry_forward,
    close_account,
    close_period,
    open_account,
    reopen_period,
    take_snapshot,
)
from ledger.snapshots.asked import SnapshotKind
from reconciliation.commands.breaks import open_break
from reconciliation.commands.cards import fetch_batches
from reconciliation.commands.matching import match_open_items
from reconciliation.models import Break, ExternalItem
from tests.ledger.horizon import prove_all
from tests.reconciliation.outside import bank_source, wallet_source
from tests.transfers import within
from tests.transfers import world as worlds
from tests.transfers.bulk import payroll
from tests.transfers.cards import card_provider, ordered
from tests.transfers.incoming import SENDER, address_of, fake_chain
from tests.transfers.levels import set_levels
from tests.transfers.prices import reference_rates
from tests.transfers.tame import every_ending, tame_outside
from tests.transfers.world import ACCOUNT, LONG_AGO, UNIT, USDC, World, acting, drive_until, request_of
from transfers import driver
from transfers.calendars import Calendar
from transfers.commands import payout_recall
from transfers.commands.bulk.ending import cancel as stop_file
from transfers.commands.calendars import set_calendar
from transfers.commands.cancel import cancel
from transfers.commands.deposits.stated import state_address
from transfers.commands.deposits.watching import watch
from transfers.commands.recall_steps import recall_due
from transfers.commands.reconcile import mark_reconciled
from transfers.commands.synthetic import run_due
from transfers.commands.synthetic_setup import prepare
from transfers.models import Arrival, BankAccount, Leg, Transfer

WALLET = "wallet:hot-1:USDC.ethereum"


def some_business() -> World:
    with bind(Actor.system("test"), correlation_id="a day"), tame_outside() as tame:
        world = worlds.build()
        paid, *_, waiting, _locked = every_ending(world, tame)
        cancel(world.order("40.00").id, "no longer needed")
        mark_reconciled(transfer_id=paid.id, evidence={"chain": "seen"})
        add_maker(request_id=request_of(waiting).id, person_id=create_person(name="editor").id)
        _conversion(world)
        _file(world)
        _called_back(world)
        _books()
        _parties(world)
        _rules(world)
        _outside(paid)
        _incoming(world)
        _checks()
        for target in (5, 6):
            set_levels(world, WALLET, minimum=1, target=target, maximum=10)
        _cards()
        set_calendar(Calendar(code="bank", title="Bank", zone="UTC"), valid_from=LONG_AGO)
        prove_all()
        return world


def _incoming(world: World) -> None:
    """A deposit that becomes the client's, and dust that does not, of which somebody says where it came from."""
    with fake_chain() as chain:
        for name, amount in (("whole", 5 * UNIT), ("dust", 1)):
            chain.pay(address_of().value, amount, tx=name)
        chain.mine(3)
        watch()
        for transfer in Transfer.objects.filter(route="chain_deposit"):
            drive_until(transfer, "CONFIRMED", "FAILED")
    dust = Arrival.objects.get(amount=1)
    with acting(world.maker):
        state_address(arrival_id=dust.pk, address=SENDER, evidence="Their signed letter of today.", fee=0, person_id=world.maker.id)


def _checks() -> None:
    """A health check that runs, and one that cannot be ordered."""
    with fake_chain():
        prepare(asset_id=USDC, amount=50 * UNIT)
    for amount in ("1.00", "900.00"):
        with override_settings(SYNTHETIC_TRANSFERS={"internal_transfer": amount}, SYNTHETIC_EVERY=0.0):
            run_due()
        drive_until(Transfer.objects.filter(is_synthetic=True).latest("created_at"), "CONFIRMED")


def _conversion(world: World) -> None:
    within.exchange()
    reference_rates(USDC_USD="17")
    within.promote(budget=10**7)
    drive_until(within.convert(world), "CONFIRMED")


def _cards() -> None:
    """A card is charged, settled and taken back."""
    with TemporaryDirectory() as directory, card_provider(Path(directory)) as provider:
        transfer = drive_until(ordered(), "CONFIRMED")
        provider.settle()
        fetch_batches()
        provider.chargeback(transfer)
        Transfer.objects.filter(pk=transfer.pk).update(due_at=LONG_AGO)
        driver.advance_one(transfer.pk)


def _file(world: World) -> None:
    """One that is carried out, one that is stopped before it is, and one that waits."""
    names = payroll.staff(2)
    payroll.released(world, [payroll.wage(name) for name in names])
    payroll.carry_out()
    stop_file(payroll.released(world, [payroll.wage(names[1], "12.00")]).pk, "wrong month")
    payroll.order(world, [payroll.wage(names[0], "11.00")])


def _called_back(world: World) -> None:
    """A payout that the bank is asked for."""
    paid = Transfer.objects.filter(status="FIAT_SETTLED").first()
    if paid is None:
        raise AssertionError("no payout was made")
    asked = payout_recall.ask(transfer_id=paid.pk, reason_code="DUPL", reason="twice", maker=world.maker.id)
    ballot = DecideInput(
        request_id=asked.id,
        person_id=world.checker.id,
        operator="checker",
        roles={asked.role: LONG_AGO},
        decision="approve",
        digest=bytes(asked.digest),
        revision=asked.revision,
        reason="",
    )
    with acting(world.checker):
        payout_recall.decide(ballot)
    recall_due()


def _books() -> None:
    open_account(code="wallet:old:USDC", name="old", kind=AccountKind.WALLET, asset_id=USDC)
    close_account(code="wallet:old:USDC", reason="never used")
    past = datetime(2026, 1, 1, tzinfo=UTC)
    apply_holds(PlaceHold("stays", ACCOUNT, UNIT), PlaceHold("released", ACCOUNT, UNIT), PlaceHold("expired", ACCOUNT, UNIT, past))
    apply_holds(ReleaseHold("released"), ExpireHold("expired"))
    close_period(month=date(2026, 1, 1), reason="over")
    reopen_period(month=date(2026, 1, 1), reason="a late invoice")
    carry_forward(until=past)
    take_snapshot(kind=SnapshotKind.TRIAL_BALANCE, at=past)


def _parties(world: World) -> None:
    create_client(client_id="globex", name="Globex")
    set_client_status(client_id="globex", status="suspended", reason="papers missing")
    key, _ = issue_api_key(client_id="acme", name="api", scopes=["transfers:read"], controllers=[world.maker.id, world.checker.id])
    revoke_api_key(key_id=key.id, reason="lost")
    deactivate_person(person_id=create_person(name="left").id, reason="left")
    block_destination(destination_id=Destination.objects.get(kind="bank_account").id, reason="closed")


def _rules(world: World) -> None:
    limit = set_limit(asset_id=USDC, window="day", amount=5, client_id="globex")
    set_limit(asset_id=USDC, window="day", amount=6, client_id="globex")
    remove_limit(limit_id=limit.id, reason="too tight")
    publish_policy_set(version=2, rules=worlds.RULES)
    place_halt(scope="corridor", target="US-MX", reason="rates are off")
    halt = place_halt(scope="client", target="globex", reason="strange", review_after=timedelta(hours=1))
    request = request_lift(halt_id=halt.id, reason="explained", maker=world.maker.id)
    for person in (world.checker, world.second_checker):
        usual: dict[str, Any] = {"roles": {request.role: LONG_AGO}, "decision": "approve", "reason": "", "page_opened_at": None}
        vote = DecideInput(
            request_id=request.id,
            person_id=person.id,
            operator=person.name,
            digest=bytes(request.digest),
            revision=request.revision,
            **usual,
        )
        with acting(person):
            registry.get(request.action).decide(vote)


def _outside(paid: Transfer) -> None:
    """Two lines of a wallet's history: one that we ordered and one that nobody did."""
    bank_source(BankAccount.objects.get(), last_sequence=0)
    source = wallet_source("chain-hot-1", "0x" + "22" * 20, "wallet:hot-1:USDC.ethereum", 1)
    leg = Leg.objects.get(transfer=paid)
    tx_hash = leg.external_references.get(kind="tx_hash").value
    for number, (amount, references) in enumerate(((leg.amount, {"tx_hash": tx_hash}), (5, {"tx_hash": "0x" + "ff" * 32}))):
        ExternalItem.objects.create(
            source=source,
            kind=ExternalItem.Kind.TOKEN_TRANSFER,
            fingerprint=f"{number:064}",
            direction=ExternalItem.Direction.DEBIT,
            currency=USDC,
            amount=amount,
            booked_at=LONG_AGO,
            counterparty=leg.counterparty["address"],
            references=references,
            imported_at=LONG_AGO,
        )
    run = match_open_items()
    assert (run.matched, run.breaks) == (1, 1)
    open_break(
        type=Break.Type.BALANCE,
        severity=Break.Severity.LOW,
        source=source,
        subject_key="a test",
        title="A test",
        explanation="A test.",
        currency=USDC,
        expected=1,
        actual=2,
    )
