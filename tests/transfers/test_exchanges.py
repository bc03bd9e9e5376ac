"""What goes over the wire is on record with its call and transfer, counted when it is said again, and never rewritten."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import httpx
import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from audit import clock
from tests.transfers.cards import Provider, card_provider, ordered
from tests.transfers.tame import Tame, tame_outside
from tests.transfers.world import LONG_AGO, World, drive_until
from transfers import driver
from transfers.commands import exchanges
from transfers.models import ProviderCall, ProviderExchange, Transfer
from transfers.rails.bank import BankRail
from transfers.rails.base import Exchange, Written
from transfers.rails.psp import PspRail
from transfers.rails.registry import rails

pytestmark = pytest.mark.django_db


@pytest.fixture
def tame() -> Iterator[Tame]:
    with tame_outside() as outside:
        yield outside


def bank_of(tame: Tame, patch: pytest.MonkeyPatch, answer: Callable[[httpx.Request], httpx.Response]) -> None:
    bank = BankRail("http://bank", "tok-3b1f", transport=httpx.MockTransport(answer), recorder=exchanges.keep)
    patch.setattr(Tame, "bank", cast("Any", bank))


def said(provider: str = "node", response: str = "a", *, error: str = "") -> Exchange:
    essence = (b"asked", response.encode())
    written = partial(Written, "GET /x", "asked", response, essence)
    return Exchange(provider, error, None if error else 200, 5, written, is_routine=provider == "node")


def look_again(transfer: Transfer) -> None:
    Transfer.objects.filter(pk=transfer.pk).update(due_at=LONG_AGO)
    driver.advance_one(transfer.id)


def test_an_answer_that_nobody_can_read_is_there_for_those_who_must_decide(
    world: World, tame: Tame, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank_of(tame, monkeypatch, lambda _: httpx.Response(200, content=b"<Document>cut o"))
    transfer = drive_until(world.off_ramp(), "CONFIRMED")
    look_again(transfer)
    call = ProviderCall.objects.get(transfer=transfer, operation="pay")
    assert call.outcome == "unknown"
    ordered_ = ProviderExchange.objects.get(transfer=transfer, operation="POST /payments")
    assert (ordered_.call_key, ordered_.status, ordered_.correlation_id) == (call.key, 200, transfer.correlation_id)
    assert ordered_.response.endswith("<Document>cut o")
    look_again(transfer)
    asked = ProviderExchange.objects.get(transfer=transfer, operation=f"GET /payments/{transfer.legs.get(rail='bank').reference}")
    assert (asked.call_key, asked.response[-15:]) == (call.key, "<Document>cut o")


def test_what_was_said_stands_though_the_step_is_undone(world: World, tame: Tame, monkeypatch: pytest.MonkeyPatch) -> None:
    bank_of(tame, monkeypatch, lambda _: httpx.Response(422, json={"detail": "no such account"}))
    monkeypatch.setattr("transfers.commands.advance.pay_out.act_on", lambda *_: 1 / 0)
    transfer = drive_until(world.off_ramp(), "CONFIRMED")
    look_again(transfer)
    assert ProviderCall.objects.get(transfer=transfer, operation="pay").outcome == "intent"
    assert "no such account" in ProviderExchange.objects.get(transfer=transfer, operation="POST /payments").response


def test_being_turned_away_again_and_again_is_one_row(world: World, tame: Tame, monkeypatch: pytest.MonkeyPatch) -> None:
    bank_of(tame, monkeypatch, lambda _: httpx.Response(429))
    transfer = drive_until(world.off_ramp(), "CONFIRMED")
    for _ in range(3):
        look_again(transfer)
    names = dict(ProviderExchange.objects.filter(transfer=transfer).values_list("operation", "times"))
    assert names.pop("POST /payments") == 1
    (asked,) = names.values()
    assert asked >= 2


@pytest.mark.usefixtures("bound")
def test_equal_exchanges_of_a_day_are_counted_and_different_ones_kept() -> None:
    transfer_id, tomorrow = uuid4(), clock.now() + timedelta(days=1)
    with exchanges.about(transfer_id):
        for response in ("a", "a", "b"):
            exchanges.keep(said(response=response))
        with exchanges.under("key"):
            exchanges.keep(said())
        with clock.using(lambda: tomorrow):
            exchanges.keep(said())
    kept = ProviderExchange.objects.filter(transfer_id=transfer_id).order_by("first_at", "id")
    assert list(kept.values_list("response", "call_key", "times")) == [("a", "", 2), ("b", "", 1), ("a", "key", 1), ("a", "", 1)]


def test_of_nodes_nothing_is_kept_that_is_about_no_transfer_unless_it_failed() -> None:
    exchanges.keep(said("node"))
    assert not ProviderExchange.objects.exists()
    exchanges.keep(said("node", error="HTTP 503"))
    exchanges.keep(said("bank"))
    with exchanges.of_many("message/batch"):
        exchanges.keep(said("node"))
    assert list(ProviderExchange.objects.order_by("id").values_list("provider", "call_key")) == [
        ("node", ""),
        ("bank", ""),
        ("node", "message/batch"),
    ]
    assert not ProviderExchange.objects.filter(transfer__isnull=False).exists()


def test_it_takes_one_statement_and_the_loss_of_the_record_never_costs_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    with CaptureQueriesContext(connection) as asked:
        exchanges.keep(said("bank"))
    assert len(asked.captured_queries) == 1
    monkeypatch.setattr(exchanges, "_KEEP", "SELECT 1 FROM nowhere")
    with transaction.atomic():
        point = transaction.savepoint()
        exchanges.keep(said("bank", "b"))
        transaction.savepoint_rollback(point)
    assert ProviderExchange.objects.count() == 1


@pytest.mark.parametrize("role", ["web", "worker"])
def test_who_speaks_to_providers_may_put_it_on_record_and_count_it(role: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET ROLE countersign_{role}")
        exchanges.keep(said("bank"))
        exchanges.keep(said("bank"))
        cursor.execute("RESET ROLE")
    assert ProviderExchange.objects.get().times == 2


def test_what_was_said_is_never_rewritten() -> None:
    exchanges.keep(said("bank"))
    with pytest.raises(DatabaseError, match="response of transfers_providerexchange never changes"), transaction.atomic():
        ProviderExchange.objects.update(response="something else")


@pytest.fixture
def psp(world: World, tmp_path: Path) -> Iterator[Provider]:
    with card_provider(tmp_path) as provider:
        yield provider


def test_what_a_chargeback_was_booked_from_is_on_record(psp: Provider) -> None:
    transfer = drive_until(ordered(), "CONFIRMED")
    psp.chargeback(transfer)
    look_again(transfer)
    leg = transfer.legs.get()
    told = ProviderExchange.objects.filter(transfer=transfer).order_by("first_at", "id")
    assert {one.call_key.removeprefix(leg.reference) for one in told} == {"/authorise", "/capture"}
    found = told.filter(operation=f"GET /v1/payments/{leg.reference}").latest("first_at")
    assert '"status": "lost"' in found.response
    assert isinstance(rails().psp, PspRail)
    assert "test-token" not in "".join(one.request + one.response for one in told)
