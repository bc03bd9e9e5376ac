"""A random bookkeeper against a model that fits on a page: after every step the books agree with it, and so do all proofs."""

from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from audit.context import Actor, bind
from ledger.commands import (
    Batch,
    ExpireHold,
    Line,
    PlaceHold,
    Posting,
    ReleaseHold,
    SettleHold,
    advance_checkpoints,
    apply_holds,
    close_period,
    post_batch,
    reopen_period,
    reverse,
)
from ledger.errors import AlreadyReversed, HoldEnded, InsufficientFunds, PeriodClosed
from ledger.queries.proofs import findings
from tests.ledger.house import ACME, DAY, FEES, GLOBEX, HOT, book, books_balance, deposit, figures

CLIENTS = st.sampled_from([ACME, GLOBEX])
AMOUNTS = st.integers(1, 60)
OTHER = {ACME: GLOBEX, GLOBEX: ACME}
LAST_MONTH = DAY.replace(month=DAY.month - 1)


class Bookkeeper(RuleBasedStateMachine):
    """The model: posted per account, holds by reference as (account, amount), references of holds that ended, and old postings."""

    def __init__(self) -> None:
        super().__init__()
        self.posted = {ACME: 0, GLOBEX: 0, HOT: 0, FEES: 0}
        self.holds: dict[str, tuple[str, int]] = {}
        self.ended: list[str] = []
        self.postings: dict[str, tuple[tuple[Line, ...], bool]] = {}
        self.number = 0
        self.last_month_closed = False
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.bound = bind(Actor.system("machine"), correlation_id="machine")
        self.bound.__enter__()

    def teardown(self) -> None:
        self.bound.__exit__(None, None, None)
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    def _next(self, kind: str) -> str:
        self.number += 1
        return f"{kind}-{self.number}"

    def _available(self, client: str) -> int:
        return self.posted[client] - sum(amount for account, amount in self.holds.values() if account == client)

    def _try(self, allowed: bool, error: type[Exception], action: Any) -> bool:
        if allowed:
            action()
        else:
            with pytest.raises(error), transaction.atomic():
                action()
        return allowed

    @rule(client=CLIENTS, amount=AMOUNTS)
    def deposit(self, client: str, amount: int) -> None:
        reference = self._next("deposit")
        deposit(reference, client, amount)
        self.posted[client] += amount
        self.posted[HOT] += amount
        self.postings[reference] = ((Line.debit(HOT, amount), Line.credit(client, amount)), False)

    @rule(client=CLIENTS, amount=AMOUNTS)
    def charge(self, client: str, amount: int) -> None:
        reference, lines = self._next("fee"), (Line.debit(client, amount), Line.credit(FEES, amount))
        if self._try(self._available(client) >= amount, InsufficientFunds, lambda: book(reference, *lines)):
            self.posted[client] -= amount
            self.posted[FEES] += amount
            self.postings[reference] = (lines, False)

    @rule(client=CLIENTS, amount=AMOUNTS)
    def hold(self, client: str, amount: int) -> None:
        reference = self._next("hold")
        allowed = self._available(client) >= amount
        if self._try(allowed, InsufficientFunds, lambda: apply_holds(PlaceHold(reference, client, amount, DAY))):
            self.holds[reference] = (client, amount)

    @rule(steps=st.lists(st.tuples(CLIENTS, AMOUNTS), min_size=1, max_size=4), one_by_one=st.booleans())
    def pay_each_other(self, steps: list[tuple[str, int]], one_by_one: bool) -> None:
        """A batch in which each client pays the other, in any order: what came in earlier may go out later."""
        available = {client: self._available(client) for client in OTHER}
        booked = []
        for payer, amount in steps:
            booked.append(available[payer] >= amount)
            if booked[-1]:
                available[payer] -= amount
                available[OTHER[payer]] += amount
        postings = tuple(
            Posting(
                reference=self._next("batch"),
                kind="test",
                value_at=DAY,
                lines=(Line.debit(payer, amount), Line.credit(OTHER[payer], amount)),
            )
            for payer, amount in steps
        )
        if one_by_one:
            assert [line.error is None for line in post_batch(Batch(postings, one_by_one=True))] == booked
        elif not self._try(all(booked), InsufficientFunds, lambda: post_batch(Batch(postings))):
            return
        for posting, (payer, amount), stands in zip(postings, steps, booked, strict=True):
            if stands:
                self.posted[payer] -= amount
                self.posted[OTHER[payer]] += amount
                self.postings[posting.reference] = (posting.lines, False)

    @rule(client=CLIENTS, amount=AMOUNTS)
    def deposit_of_last_month(self, client: str, amount: int) -> None:
        reference = self._next("late")
        if self._try(not self.last_month_closed, PeriodClosed, lambda: deposit(reference, client, amount, value_at=LAST_MONTH)):
            self.posted[client] += amount
            self.posted[HOT] += amount

    @rule()
    def close_last_month(self) -> None:
        assert close_period(month=LAST_MONTH.date(), reason="month end") is not self.last_month_closed
        self.last_month_closed = True

    @rule()
    def reopen_last_month(self) -> None:
        assert reopen_period(month=LAST_MONTH.date(), reason="something came late") is self.last_month_closed
        self.last_month_closed = False

    @precondition(lambda self: self.holds)
    @rule(data=st.data(), amount=AMOUNTS)
    def settle(self, data: st.DataObject, amount: int) -> None:
        hold = data.draw(st.sampled_from(sorted(self.holds)))
        client, held = self.holds[hold]
        reference, lines = self._next("settle"), (Line.debit(client, amount), Line.credit(HOT, amount))
        # Money that stays enough after the hold is gone; an account overdrawn by force may only get better.
        allowed = self._available(client) + held >= amount or amount <= held
        if self._try(allowed, InsufficientFunds, lambda: book(reference, *lines, holds=(SettleHold(hold, amount),))):
            del self.holds[hold]
            self.ended.append(hold)
            self.posted[client] -= amount
            self.posted[HOT] -= amount
            self.postings[reference] = (lines, False)

    @precondition(lambda self: self.holds)
    @rule(data=st.data(), ending=st.sampled_from([ReleaseHold, ExpireHold]), times=st.integers(1, 2))
    def give_back(self, data: st.DataObject, ending: type[ReleaseHold] | type[ExpireHold], times: int) -> None:
        hold = data.draw(st.sampled_from(sorted(self.holds)))
        for _ in range(times):
            apply_holds(ending(hold))
        del self.holds[hold]

    @precondition(lambda self: self.ended)
    @rule(data=st.data())
    def release_what_was_settled(self, data: st.DataObject) -> None:
        hold = data.draw(st.sampled_from(self.ended))
        self._try(allowed=False, error=HoldEnded, action=lambda: apply_holds(ReleaseHold(hold)))

    @precondition(lambda self: self.postings)
    @rule(data=st.data())
    def reverse(self, data: st.DataObject) -> None:
        reference = data.draw(st.sampled_from(sorted(self.postings)))
        lines, reversed_before = self.postings[reference]

        def back() -> None:
            reverse(
                reference_of=reference, reference=self._next(f"{reference}:back"), reason="x", value_at=DAY, forced_kind="reversal"
            )

        if self._try(not reversed_before, AlreadyReversed, back):
            self.postings[reference] = (lines, True)
            for line in lines:
                grows = (line.debit_minor - line.credit_minor) * (1 if line.account_code == HOT else -1)
                self.posted[line.account_code] -= grows

    @precondition(lambda self: self.postings)
    @rule(data=st.data())
    def repeat(self, data: st.DataObject) -> None:
        reference = data.draw(st.sampled_from(sorted(name for name in self.postings if not name.startswith("settle")) or ["none"]))
        if reference == "none":
            return
        lines, _ = self.postings[reference]
        kind = "deposit" if reference.startswith("deposit") else "test"
        assert book(reference, *lines, kind=kind).replayed

    @rule()
    def checkpoint(self) -> None:
        # Everything here is one open transaction, which the horizon never passes.
        assert advance_checkpoints() == 0

    @rule()
    def prove_in_full(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
        assert [finding.proof for finding in findings(thorough=True)] == self._expected()

    @invariant()
    def the_books_say_what_the_model_says(self) -> None:
        for account, posted in self.posted.items():
            held = sum(amount for holder, amount in self.holds.values() if holder == account)
            assert figures(account) == (posted, held, posted - held)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
        assert books_balance()
        assert [finding.proof for finding in findings()] == self._expected()

    def _expected(self) -> list[str]:
        """A forced reversal may leave a client overdrawn; what the wallet then lacks is missing for the other one."""
        owed = sum(max(self.posted[client], 0) for client in (ACME, GLOBEX))
        return ["client_money"] * (owed > max(self.posted[HOT], 0))


@pytest.mark.usefixtures("house")
@pytest.mark.long(12)
def test_a_random_bookkeeper_never_breaks_the_books() -> None:
    run_state_machine_as_test(
        Bookkeeper,
        settings=settings(max_examples=12, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)),
    )
