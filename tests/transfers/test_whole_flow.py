"""A Hypothesis state machine over the whole flow: whatever is done in whatever order, the books prove themselves after every step,
and once everything is well again it comes to rest with each payment made once.

Clients order, pay in, cancel, recall and hurry, people vote, the driver and the watch run, die anywhere and run again, the chain
changes branches, answers are lost, halts come and go, time passes. Against real PostgreSQL, with an outside that keeps books of its
own (tests.transfers.flow). `make test` takes a few short stories; FLOW=long many long ones, see docs/operations.md.
"""

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import invariant, run_state_machine_as_test

from audit import clock
from backoffice.campaign import invariants
from ledger.commands import register_asset
from ledger.queries.proofs import findings
from tests.reconciliation import outside as statements
from tests.transfers import world as worlds
from tests.transfers.flow.orders import Orders
from tests.transfers.flow.outside import outside
from tests.transfers.flow.weather import Weather
from tests.transfers.incoming import address_of
from tests.transfers.within import exchange, neighbours
from tests.transfers.world import World, posted
from transfers import rebuilding
from transfers.commands.deposits.addresses import open_bank_reference
from transfers.models import Arrival, BankAccount, Leg, Transfer, WalletReservation
from transfers.states import TERMINAL

pytestmark = pytest.mark.django_db
# Stories, and steps of each; what fails in a long run is made as short as it can be.
PROFILES = {"quick": (3, 12), "": (8, 20), "long": (100, 50)}
TOLD_AS_IT_IS = (Phase.explicit, Phase.reuse, Phase.generate)
ROUNDS_TO_REST = 30
NOT_YET_PAID = ("CREATED", "QUOTED", "FUNDS_LOCKED", "SENT_ON_CHAIN", "CANCELLED", "EXPIRED", "REORGED", "DROPPED")


class Flow(Orders, Weather):
    house: World

    def __init__(self) -> None:
        super().__init__()
        self.open = ExitStack()
        self.open.enter_context(_undone())
        self.world = self.house
        self.there = self.open.enter_context(outside())
        self.later = timedelta(0)
        self.ordered = self.deposited = self.paid_in = 0
        self.open.enter_context(clock.using(lambda: datetime.now(UTC) + self.later))
        address_of()

    def teardown(self) -> None:
        try:
            self.everything_comes_to_rest()
        finally:
            self.open.close()

    # --- what holds after every step ---

    @invariant()
    def the_books_prove_themselves(self) -> None:
        assert list(findings()) == []

    @invariant()
    def no_order_is_lost_or_doubled(self) -> None:
        arrived = Arrival.objects.exclude(transfer=None).count()
        assert Transfer.objects.count() == self.ordered + arrived
        assert arrived <= self.deposited + self.paid_in

    @invariant()
    def no_bank_is_told_twice_or_too_soon(self) -> None:
        told = Counter(name for message in self.there.tame.paid() for name in message)
        assert all(times == 1 for times in told.values()), told
        assert not Leg.objects.filter(reference__in=told, transfer__status__in=NOT_YET_PAID).exists()

    @invariant()
    def no_card_is_charged_twice(self) -> None:
        assert all(times <= 1 for times in self.there.psp.taken.values())

    @invariant()
    def what_has_ended_holds_and_promises_nothing(self) -> None:
        ended = Transfer.objects.filter(status__in=TERMINAL)
        assert not WalletReservation.objects.filter(leg__transfer__in=ended, ended_at=None).exists()
        assert not ended.exclude(due_at=None).exists()

    # --- how it ends ---

    def everything_comes_to_rest(self) -> None:
        """The outside is well, halts are lifted, and whoever waits for people waits for them: all the rest ends."""
        self.there.calm()
        self.lift()
        for _ in range(ROUNDS_TO_REST):
            self.drive(passes=1, mined=2)
            self.watch()
            self.reconcile()
            if not self._under_way():
                break
        assert self._under_way() == []
        self._each_invariant_of_the_campaign()
        self._books_and_outside_agree()
        assert {one.pk: apart for one in Transfer.objects.all() if (apart := rebuilding.apart(one.pk))} == {}

    def _under_way(self) -> list[tuple[str, str, str]]:
        waiting = Transfer.objects.exclude(status="CREATED", approval_request__status="pending")
        moving = waiting.filter(status__in=("CREATED", "QUOTED", "FUNDS_LOCKED", "SENT_ON_CHAIN", "REORGED", "DROPPED"))
        return list(moving.values_list("route", "status", "last_error"))

    def _each_invariant_of_the_campaign(self) -> None:
        with connection.cursor() as cursor:
            for number, name, sql in invariants.invariants():
                cursor.execute(sql)
                assert cursor.fetchall() == [], f"{number} {name}"

    def _books_and_outside_agree(self) -> None:
        """Every payment on chain that moved something, and no other, is in the books of the wallet that it left."""
        left = sum(
            log.transfer.amount for block in self.there.blocks for log in block if log.transaction_hash in self.there.included
        )
        assert posted("wallet:hot-1:USDC.ethereum") == worlds.FUNDS - left
        credited = Transfer.objects.filter(route="chain_deposit", status__in=("CONFIRMED", "RECONCILED")).count()
        assert credited == self.deposited


@contextmanager
def _undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.mark.timeout(7200 if os.environ.get("FLOW") == "long" else 180)
@pytest.mark.usefixtures("bound")
def test_whatever_is_done_in_whatever_order_the_books_hold() -> None:
    """The house is built once; every story is undone."""
    Flow.house = worlds.build()
    neighbours()
    exchange()
    register_asset(code="MXN")
    account = BankAccount.objects.get(code="nordbank-mxn")
    statements.bank_source(account, last_sequence=0)
    open_bank_reference(client_id="acme", account=account)
    profile = os.environ.get("FLOW", "")
    examples, steps = PROFILES[profile]
    phases = tuple(Phase) if profile == "long" else TOLD_AS_IT_IS
    run_state_machine_as_test(
        Flow,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            phases=phases,
            suppress_health_check=list(HealthCheck),
        ),
    )
