"""A Hypothesis state machine over the whole flow: whatever is done in whatever order, the books prove themselves after every step.

Clients order and cancel, people vote, the driver runs, stops anywhere and runs again, the chain and the bank answer, refuse or fall
silent, halts come and go, time passes. Against real PostgreSQL, with an outside that does what it is told (tests.transfers.tame).
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, multiple, rule, run_state_machine_as_test

from approvals import registry
from approvals.commands import place_halt
from approvals.commands.halts import request_lift
from approvals.errors import ApprovalsError
from approvals.models import ApprovalRequest, Halt, Person
from approvals.registry import DecideInput
from audit import clock
from ledger.queries.proofs import findings
from tests.transfers import world as worlds
from tests.transfers.tame import Tame, tame_outside
from tests.transfers.world import FUNDS, LONG_AGO, World, acting, posted
from transfers import crashpoints, driver
from transfers.commands.cancel import cancel
from transfers.errors import TransferError
from transfers.models import ChainTransaction, Transfer, WalletReservation
from transfers.rails.base import RetryableError, UnknownOutcome
from transfers.states import TERMINAL

pytestmark = pytest.mark.django_db
REFUSED = (TransferError, ApprovalsError)
STEPS_OF_THE_DRIVER = ("drive.", "quote.", "lock.", "send.", "confirm.", "pay_out.", "settle.")


class Interrupted(BaseException):
    """What a crash is to the code: nothing on the way handles it."""


class Flow(RuleBasedStateMachine):
    transfers = Bundle("transfers")

    def __init__(self) -> None:
        super().__init__()
        self.open = ExitStack()
        self.open.enter_context(_undone())
        self.tame: Tame = self.open.enter_context(tame_outside())
        self.world: World = worlds.build()
        self.later = timedelta(0)
        self.ordered = 0
        self.open.enter_context(clock.using(lambda: datetime.now(UTC) + self.later))

    def teardown(self) -> None:
        self.open.close()

    # --- clients and people ---

    @rule(target=transfers, amount=st.sampled_from(["12.00", "40.50", "5000.00"]), to_bank=st.booleans())
    def order(self, amount: str, to_bank: bool) -> Any:
        with suppress(*REFUSED), transaction.atomic():
            made = self.world.off_ramp(amount) if to_bank else self.world.order(amount)
            self.ordered += 1
            return made.id
        return multiple()

    @rule(transfer_id=transfers)
    def cancel(self, transfer_id: Any) -> None:
        with acting(self.world.maker), suppress(*REFUSED), transaction.atomic():
            cancel(transfer_id, "no longer needed")

    @rule(transfer_id=transfers, decision=st.sampled_from(["approve", "approve", "approve", "reject"]), second=st.booleans())
    def vote(self, transfer_id: Any, decision: str, second: bool) -> None:
        transfer = Transfer.objects.get(pk=transfer_id)
        person = self.world.second_checker if second else self.world.checker
        if transfer.approval_request_id is not None:
            with suppress(*REFUSED), transaction.atomic():
                self.world.vote(transfer, person, decision)

    # --- the driver ---

    @rule(passes=st.integers(1, 4))
    def drive(self, passes: int) -> None:
        for _ in range(passes):
            Transfer.objects.filter(due_at__isnull=False).exclude(status="CREATED", approval_request__status="pending").update(
                due_at=LONG_AGO
            )
            driver.run_due(20)

    @rule(transfer_id=transfers, point=st.sampled_from([name for name in crashpoints.ALL if name.startswith(STEPS_OF_THE_DRIVER)]))
    def crash(self, transfer_id: Any, point: str) -> None:
        """The driver dies at this boundary, if it comes there; its lease lapses."""
        Transfer.objects.filter(pk=transfer_id, due_at__isnull=False).update(due_at=LONG_AGO)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(crashpoints, "_crash", _die)
            patch.setattr(crashpoints, "_passed", Counter())
            patch.setenv("COUNTERSIGN_CRASH", point)
            with suppress(Interrupted):
                driver.advance_one(transfer_id)
        Transfer.objects.filter(pk=transfer_id).update(lease_until=LONG_AGO)

    # --- the outside, halts, time ---

    @rule(says=st.sampled_from(["ACSC", "ACSP", "RJCT"]))
    def bank_answers(self, says: str) -> None:
        self.tame.bank_says = says

    @rule(silent=st.booleans(), away=st.booleans())
    def outside_fails(self, silent: bool, away: bool) -> None:
        """Answers get lost, or nobody is there."""
        for name in ("broadcast", "submit", "sign_transfer"):
            self.tame.__dict__.pop(name, None)
        if silent:
            self.tame.__dict__["submit"] = _raiser(UnknownOutcome("no answer", provider="bank"))
        if away:
            self.tame.__dict__["sign_transfer"] = _raiser(RetryableError("nobody is there", provider="signer"))

    @rule(reverts=st.booleans())
    def chain_mines(self, reverts: bool) -> None:
        self.tame.reverts = reverts

    @rule()
    def halt(self) -> None:
        with acting(self.world.checker), suppress(*REFUSED), transaction.atomic():
            place_halt(scope="client", target="acme", reason="a drill")

    @rule()
    def lift(self) -> None:
        """Asked for by the maker, decided by both checkers."""
        in_force = Halt.objects.filter(lifted_at=None).first()
        if in_force is None:
            return
        with acting(self.world.maker), suppress(*REFUSED), transaction.atomic():
            request = request_lift(halt_id=in_force.id, reason="the drill is over", maker=self.world.maker.id)
            for person in (self.world.checker, self.world.second_checker):
                self._vote_on(request, person)

    def _vote_on(self, request: ApprovalRequest, person: Person) -> None:
        ballot = DecideInput(
            request_id=request.id,
            person_id=person.id,
            operator=person.name,
            roles={request.role: LONG_AGO},
            decision="approve",
            digest=bytes(request.digest),
            revision=request.revision,
        )
        with acting(person):
            registry.get(request.action).decide(ballot)

    @rule(hours=st.integers(1, 5))
    def time_passes(self, hours: int) -> None:
        self.later += timedelta(hours=hours)

    # --- what holds after every step ---

    @invariant()
    def the_books_prove_themselves(self) -> None:
        assert list(findings()) == []

    @invariant()
    def no_order_is_lost_or_doubled(self) -> None:
        assert Transfer.objects.count() == self.ordered

    @invariant()
    def nobody_is_paid_twice(self) -> None:
        signed = list(ChainTransaction.objects.values_list("leg_id", "attempt"))
        assert len(signed) == len(set(signed))

    @invariant()
    def what_has_ended_holds_and_promises_nothing(self) -> None:
        ended = Transfer.objects.filter(status__in=TERMINAL)
        assert not WalletReservation.objects.filter(leg__transfer__in=ended, ended_at=None).exists()
        assert not ended.exclude(due_at=None).exists()

    @invariant()
    def the_client_loses_only_what_was_paid(self) -> None:
        paid = Transfer.objects.filter(status__in=["CONFIRMED", "FIAT_SETTLED"], money_state="posted")
        assert posted(worlds.ACCOUNT) == FUNDS - sum(int(one.source_amount + one.fee_amount) for one in paid)


def _raiser(error: Exception) -> Callable[..., Any]:
    def fail(*_: Any, **__: Any) -> Any:
        raise error

    return fail


@contextmanager
def _undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def _die(name: str, _: str) -> None:
    raise Interrupted(name)


@pytest.mark.usefixtures("bound")
def test_whatever_is_done_in_whatever_order_the_books_hold() -> None:
    run_state_machine_as_test(
        Flow,
        settings=settings(max_examples=8, stateful_step_count=16, deadline=None, suppress_health_check=list(HealthCheck)),
    )
