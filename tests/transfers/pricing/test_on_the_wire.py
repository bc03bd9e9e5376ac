"""What desks and the feed of rates were asked and said is on record as it went over the wire, under its round and its transfer."""

import threading
from collections.abc import Iterator
from contextvars import copy_context
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from approvals.models import Corridor
from audit import clock
from backoffice.sandbox.desks.server import Floor
from tests.transfers.prices import reference_rates
from tests.transfers.pricing.floor import TOKEN, open_floor, rails_to
from tests.transfers.world import UNIT, World, drive_until
from transfers.commands import exchanges
from transfers.commands.exchanges import round_key
from transfers.commands.providers import add_provider, set_terms
from transfers.commands.reference import fetch_rates
from transfers.errors import Waiting
from transfers.health import gate
from transfers.health.probing import probe_due
from transfers.models import ProviderExchange, QuoteRound, RateSheet
from transfers.pricing.collecting import collect
from transfers.rails.base import Exchange, RetryableError, Written

DESKS = ("harbour", "pacific")


@pytest.fixture
def floor(world: World, settings: Any) -> Iterator[Floor]:
    settings.QUOTE_BUDGET = 10.0
    for code in DESKS:
        add_provider(code=code, name=code.title(), kind="desk")
        set_terms(provider=code, corridor="US-MX")
    reference_rates(USDC_MXN="18.42")
    with open_floor() as (opened, url), rails_to(url, recorder=exchanges.keep):
        yield opened


def ask() -> QuoteRound:
    return collect(Corridor.objects.get(pk="US-MX"), 5_000 * UNIT).round


def said() -> dict[str, ProviderExchange]:
    return {one.provider: one for one in ProviderExchange.objects.all()}


def test_each_desk_s_question_and_answer_stand_under_the_round_without_its_token(floor: Floor) -> None:
    kept = ask()
    on_record = said()
    assert on_record.keys() == set(DESKS)
    for code, one in on_record.items():
        assert (one.call_key, one.transfer_id, one.status, one.error) == (round_key(kept.id), None, 200, "")
        assert one.operation == f"POST /desks/{code}"
        assert '"source_amount":"5000.000000"' in one.request.replace(" ", "")
        assert kept.answers.get(provider=code).raw in one.response
        assert TOKEN not in one.request + one.response


@pytest.mark.parametrize("order", ["down", "garbage"])
def test_what_nobody_could_read_or_never_came_is_there_as_well(floor: Floor, order: str) -> None:
    floor.orders.give("harbour", order)
    kept = ask()
    lost = said()["harbour"]
    assert lost.call_key == round_key(kept.id)
    assert kept.answers.get(provider="harbour").verdict == ("failed" if order == "down" else "rejected")
    assert bool(lost.error) == (order == "down")
    assert (lost.response != "") or order == "down"


def test_the_firm_price_of_a_transfer_stands_with_it(world: World, floor: Floor) -> None:
    transfer = drive_until(world.off_ramp("900.00"), "FIAT_SETTLED")
    about = ProviderExchange.objects.filter(transfer=transfer, provider__in=DESKS)
    (firm,) = QuoteRound.objects.filter(transfer=transfer)
    assert {(one.provider, one.call_key) for one in about} == {(code, round_key(firm.id)) for code in DESKS}
    assert {one.correlation_id for one in about} == {transfer.correlation_id}


def test_a_desk_that_is_tried_out_is_on_record_too(floor: Floor) -> None:
    for _ in range(5):
        gate.report("harbour", RetryableError("connection refused"), 12)
    later = clock.now() + timedelta(hours=1)
    with clock.using(lambda: later):
        assert probe_due() == 1
    assert said().keys() == {"harbour"}


@pytest.mark.usefixtures("bound", "db")
def test_the_feed_of_rates_is_on_record() -> None:
    with open_floor() as (_, url), rails_to(url, recorder=exchanges.keep):
        assert fetch_rates().new == 1
    one = said()["rates"]
    assert (one.operation, one.status, one.transfer_id) == ("GET /rates", 200, None)
    assert RateSheet.objects.get().raw in one.response
    assert TOKEN not in one.request


def test_nobody_gives_a_price_and_the_record_stands_all_the_same(floor: Floor) -> None:
    for code in DESKS:
        floor.orders.give(code, "down")
    with pytest.raises(Waiting):
        ask()
    assert said().keys() == set(DESKS)


def exchange(number: int) -> Exchange:
    essence = (b"asked", str(number).encode())
    return Exchange("harbour", "", 200, 5, lambda: Written("POST /quotes", "asked", str(number), essence))


@pytest.mark.usefixtures("committing")
def test_who_hears_later_than_the_round_lasts_puts_it_on_record_alone() -> None:
    with exchanges.under(round_key(uuid4())), exchanges.gathered():
        context = copy_context()
        in_time = threading.Thread(target=copy_context().run, args=(exchanges.keep, exchange(1)))
        in_time.start()
        in_time.join()
        assert not ProviderExchange.objects.exists()
    assert ProviderExchange.objects.get().response == "1"
    late = threading.Thread(target=context.run, args=(exchanges.keep, exchange(2)))
    late.start()
    late.join()
    assert set(ProviderExchange.objects.values_list("response", flat=True)) == {"1", "2"}
