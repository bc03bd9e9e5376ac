"""What happens to work under way: processes that die, answers that are lost, branches of the chain, halts, time."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from approvals.commands import place_halt
from approvals.commands.halts import request_lift
from approvals.errors import ApprovalsError
from approvals.models import Halt
from reconciliation.commands.closing import close_proved_transfers
from tests.transfers.flow.orders import REFUSED, TRANSFERS
from tests.transfers.flow.outside import PLACES, Outside
from tests.transfers.world import LONG_AGO, World, acting
from transfers import crashpoints, driver, tasks
from transfers.commands.reconcile import mark_reconciled
from transfers.models import ChainTransaction, Leg, Transfer

POINTS = [
    name
    for name in crashpoints.ALL
    if name.startswith(("drive.", "quote.", "lock.", "send.", "replace.", "confirm.", "watch.", "pay_out.", "settle.", "card_"))
]
# Deeper than this nothing changes any more.
DEEPEST = 3
Point = st.sampled_from(POINTS)


class Interrupted(BaseException):
    """What a crash is to the code: nothing on the way handles it."""


class Weather(RuleBasedStateMachine):
    world: World
    there: Outside
    later: timedelta

    # --- our processes ---

    @rule(passes=st.integers(1, 4), mined=st.integers(0, 2))
    def drive(self, passes: int, mined: int) -> None:
        for _ in range(passes):
            self._due()
            driver.run_due(20)
            self.there.mine(mined)

    @rule()
    def watch(self) -> None:
        self._due()
        tasks.watch_chain()
        tasks.watch_deposits()

    @rule(transfer_id=TRANSFERS, point=Point)
    def crash(self, transfer_id: Any, point: str) -> None:
        """The driver dies at this boundary, if it comes there; its lease lapses."""
        self._due()
        with _dying(point):
            driver.advance_one(transfer_id)
        Transfer.objects.filter(pk=transfer_id).update(lease_until=LONG_AGO)

    @rule(point=Point)
    def crash_of_the_watch(self, point: str) -> None:
        self._due()
        with _dying(point):
            tasks.watch_chain()

    @rule()
    def reconcile(self) -> None:
        """What our books prove, and what our own index would: a payment so deep that nothing changes any more."""
        close_proved_transfers()
        for transfer in Transfer.objects.filter(status="CONFIRMED", route="on_chain_withdrawal"):
            attempts = ChainTransaction.objects.filter(leg__transfer=transfer)
            if any(self.there.find(one.hash).confirmations >= self.there.final_depth for one in attempts):
                with suppress(*REFUSED), transaction.atomic():
                    mark_reconciled(transfer_id=transfer.pk, evidence={"index": "a block of the test"})

    @staticmethod
    def _due() -> None:
        waiting = Transfer.objects.filter(due_at__isnull=False)
        waiting.exclude(status="CREATED", approval_request__status="pending").update(due_at=LONG_AGO)
        ChainTransaction.objects.filter(watch_at__isnull=False).update(watch_at=LONG_AGO)

    # --- the outside ---

    @rule(says=st.sampled_from(["ACSC", "ACSP", "RJCT"]), reverts=st.booleans(), mines=st.booleans())
    def others_decide(self, says: str, reverts: bool, mines: bool) -> None:
        """The bank's word stands for orders that it has given none yet."""
        if not Leg.objects.filter(rail="bank", request_state__in=["responded", "timed_out"]).exists():
            self.there.tame.bank_says = says
        self.there.tame.reverts, self.there.mines = reverts, mines

    @rule(loses=st.sets(st.sampled_from(PLACES[:-1]), max_size=2), away=st.sets(st.sampled_from(PLACES), max_size=1))
    def lines_are_bad(self, loses: set[str], away: set[str]) -> None:
        """What is lost was done all the same."""
        self.there.mood.loses, self.there.mood.away = set(loses), set(away)

    @rule(depth=st.integers(1, DEEPEST))
    def another_branch(self, depth: int) -> None:
        if len(self.there.blocks) > depth + 1:
            self.there.reorg(depth)

    # --- halts, time ---

    @rule(everything=st.booleans())
    def halt(self, everything: bool) -> None:
        scope, target = ("system", "") if everything else ("client", "acme")
        with acting(self.world.checker), suppress(*REFUSED), transaction.atomic():
            place_halt(scope=scope, target=target, reason="a drill")

    @rule()
    def lift(self) -> None:
        """Asked for by the maker, decided by both checkers."""
        for halt in Halt.objects.filter(lifted_at=None):
            with suppress(ApprovalsError), transaction.atomic():
                with acting(self.world.maker):
                    request = request_lift(halt_id=halt.id, reason="the drill is over", maker=self.world.maker.id)
                for person in (self.world.checker, self.world.second_checker):
                    self.world.vote_on(request, person)

    @rule(hours=st.integers(1, 5))
    def time_passes(self, hours: int) -> None:
        self.later += timedelta(hours=hours)


@contextmanager
def _dying(point: str) -> Iterator[None]:
    """Inside, the process dies at the point."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(crashpoints, "_crash", _die)
        patch.setattr(crashpoints, "_passed", Counter())
        patch.setenv("COUNTERSIGN_CRASH", point)
        with suppress(Interrupted):
            yield


def _die(name: str, _: str) -> None:
    raise Interrupted(name)
