"""The gate in the database: who passes, who is told what, and that several workers see one breaker and one quota."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from audit import clock
from audit.models import AuditEvent
from transfers.commands.providers import add_provider, put_back, take_out
from transfers.errors import Refused
from transfers.health import gate, window
from transfers.health.breaker import Admission
from transfers.models import Provider, ProviderState
from transfers.rails.adapters import Adapter
from transfers.rails.bank.adapter import ISO20022_BANK
from transfers.rails.base import RetryableError, TerminalError, UnknownOutcome
from transfers.rails.evm.adapter import EVM_NODE
from transfers.rails.guard import Guarded, Walled
from transfers.rails.psp.adapter import CARD_PROVIDER
from transfers.rails.signing import SIGNER

pytestmark = [pytest.mark.usefixtures("bound"), pytest.mark.django_db]
DOWN = RetryableError("connection refused")


@dataclass
class Traveller:
    now: datetime

    def shift(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def traveller() -> Iterator[Traveller]:
    """Business time stands still until it is moved."""
    traveller = Traveller(clock.now())
    with clock.using(lambda: traveller.now):
        yield traveller


def fail(times: int = 5, code: str = "bank") -> None:
    for _ in range(times):
        gate.report(code, DOWN, 12)


def state(code: str = "bank") -> ProviderState:
    return ProviderState.objects.get(provider_id=code)


def test_too_many_failures_open_it_and_the_audit_trail_says_so() -> None:
    fail(4)
    assert gate.admit("bank") == Admission.PASS
    fail(1)
    with pytest.raises(Walled, match=r"Bank is out of use until .*connection refused") as walled:
        gate.admit("bank")
    assert walled.value.code == "provider_out_of_use"
    event = AuditEvent.objects.get(type="provider.breaker_opened")
    assert (event.resource_id, event.diff, event.reason) == ("bank", {"state": ["closed", "open"]}, "connection refused")


def test_a_refusal_is_an_answer_and_not_knowing_is_a_failure() -> None:
    for _ in range(20):
        gate.report("bank", TerminalError("no such account"), 1)
    assert not ProviderState.objects.exists()
    for _ in range(20):
        gate.report("bank", UnknownOutcome("timed out after sending"), 1)
    assert state().state == "open"
    counted = window.since(timedelta(minutes=1))["bank"]
    assert (counted.refused, counted.unknown, counted.calls, counted.average_ms) == (20, 20, 40, 1)


def test_after_its_rest_one_call_tries_and_its_success_closes(traveller: Traveller) -> None:
    fail()
    traveller.shift(30)
    assert gate.admit("bank") == Admission.PROBE
    with pytest.raises(Walled, match="one call is finding out"):
        gate.admit("bank")
    gate.report("bank", None, 3)
    assert state().state == "half_open", "a question that got through decides nothing"
    gate.report("bank", None, 3, was_probe=True)
    assert (state().state, gate.admit("bank")) == ("closed", Admission.PASS)
    assert AuditEvent.objects.filter(type="provider.breaker_closed").count() == 1


def test_a_probe_whose_process_died_frees_its_place(traveller: Traveller) -> None:
    fail()
    traveller.shift(30)
    gate.admit("bank")
    traveller.shift(30)
    assert gate.admit("bank") == Admission.PROBE


def test_old_failures_are_forgotten(traveller: Traveller) -> None:
    fail(4)
    traveller.shift(75)
    fail(4)
    assert gate.admit("bank") == Admission.PASS


def test_one_taken_out_by_hand_comes_back_by_hand_alone(traveller: Traveller) -> None:
    with pytest.raises(Refused, match="Say why"):
        take_out(code="bank", reason=" ")
    assert not ProviderState.objects.exists()
    take_out(code="bank", reason="their incident 42")
    traveller.shift(7 * 24 * 3600)
    with pytest.raises(Walled, match="taken out by test: their incident 42"):
        gate.admit("bank")
    with pytest.raises(Refused):
        put_back(code="bank", reason="")
    put_back(code="bank", reason="they say it is over")
    assert gate.admit("bank") == Admission.PASS


def test_a_quota_is_spent_and_refills() -> None:
    add_provider(code="slim", name="Slim", kind="desk", calls_per_minute=60, calls_at_once=3)
    for _ in range(3):
        gate.admit("slim")
    with pytest.raises(Walled, match="60 times a minute") as walled:
        gate.admit("slim")
    assert walled.value.code == "provider_quota_spent"


def test_a_provider_nobody_has_set_up_passes_and_is_counted() -> None:
    gate.report("stranger", DOWN, 5)
    assert gate.admit("stranger") == Admission.PASS
    assert window.since(timedelta(minutes=1))["stranger"].failed == 1


class Bank:
    """A rail that counts what reaches it."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.confirmations = 3

    def submit(self, order: str) -> str:
        self.calls.append(order)
        raise UnknownOutcome("timed out")

    def status(self, reference: str) -> str:
        self.calls.append(reference)
        return "ACSC"

    def close(self) -> None:
        self.calls.append("closed")


def test_behind_the_gate_new_work_is_kept_back_and_questions_never_are() -> None:
    bank = Bank()
    guarded = Guarded(bank, "bank", gate.Gate(), ISO20022_BANK)
    for _ in range(5):
        with pytest.raises(UnknownOutcome):
            guarded.submit("order")
    with pytest.raises(Walled):
        guarded.submit("order")
    assert guarded.status("reference") == "ACSC"
    assert bank.calls == ["order"] * 5 + ["reference"]
    assert (guarded.confirmations, state().state) == (3, "open")


@pytest.mark.parametrize("role", ["countersign_web", "countersign_worker"])
def test_the_roles_that_call_may_keep_the_books_of_it(database_role: Any, role: str) -> None:
    Provider.objects.filter(pk="bank").update(calls_per_minute=600)
    with database_role(role):
        gate.admit("bank")
        fail(6)
        with pytest.raises(Walled):
            gate.admit("bank")


@pytest.mark.parametrize(("code", "adapter"), [("node", EVM_NODE), ("signer", SIGNER), ("psp", CARD_PROVIDER)])
def test_where_questions_count_one_beyond_the_quota_waits_and_no_breaker_keeps_it(code: str, adapter: Adapter) -> None:
    class Rail(Bank):
        head = deposit_address = settlements = Bank.status

    waits = {"node": "head", "signer": "deposit_address", "psp": "settlements"}[code]
    Provider.objects.filter(pk=code).update(calls_per_minute=60, calls_at_once=3)
    fail(6, code)
    rail = Rail()
    guarded = Guarded(rail, code, gate.Gate(), adapter)
    for _ in range(3):
        getattr(guarded, waits)("reference")
    with pytest.raises(Walled, match="60 times a minute") as walled:
        getattr(guarded, waits)("reference")
    assert (walled.value.code, len(rail.calls)) == ("provider_quota_spent", 3)


@pytest.mark.parametrize(
    ("code", "adapter", "under_way"),
    [
        ("node-2", EVM_NODE, ["find", "broadcast", "status", "nonces", "find"]),
        ("signer", SIGNER, ["sign_transfer", "sign_sweep", "sign_cancel", "sign_sweep", "sign_transfer"]),
        ("psp", CARD_PROVIDER, ["find", "capture", "status", "capture", "find"]),
    ],
)
def test_what_is_about_money_under_way_uses_the_quota_up_and_never_waits(code: str, adapter: Adapter, under_way: list[str]) -> None:
    class Rail(Bank):
        find = broadcast = nonces = capture = sign_transfer = sign_sweep = sign_cancel = Bank.status
        head = deposit_address = settlements = Bank.status

    Provider.objects.get_or_create(code=code, defaults={"name": code, "kind": "chain"})
    Provider.objects.filter(pk=code).update(calls_per_minute=60, calls_at_once=3)
    rail = Rail()
    guarded = Guarded(rail, code, gate.Gate(), adapter)
    for name in under_way:
        getattr(guarded, name)("reference")
    with pytest.raises(Walled, match="60 times a minute"):
        getattr(guarded, {"node-2": "head", "signer": "deposit_address", "psp": "settlements"}[code])("reference")
    assert len(rail.calls) == 5


def test_new_cards_are_kept_back_by_the_card_provider_s_breaker() -> None:
    class Cards(Bank):
        authorise = Bank.submit
        find = Bank.status

    fail(6, "psp")
    cards = Cards()
    guarded = Guarded(cards, "psp", gate.Gate(), CARD_PROVIDER)
    with pytest.raises(Walled, match="out of use"):
        guarded.authorise("order")
    assert guarded.find("reference") == "ACSC"
    assert cards.calls == ["reference"]


def test_a_judgement_about_what_was_heard_is_no_call() -> None:
    """It is asked for inside database transactions, where counting it would make everybody wait for one row."""

    class Rail:
        def is_deep_enough(self, state: object) -> bool:
            return state is not None

    rail = Guarded(Rail(), "node", gate.Gate(), EVM_NODE)
    assert rail.is_deep_enough(1)
    assert window.window("node", timedelta(minutes=1)).calls == 0
