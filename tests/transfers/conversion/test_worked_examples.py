"""Conversions as an accountant would write them down."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_DOWN, Decimal
from typing import cast

import pytest

from audit import clock
from ledger.queries import entries_of
from reconciliation.commands.closing import close_proved_transfers
from tests.transfers.tame import Tame
from tests.transfers.within import CENTS, OWN, USD, broken_proofs, convert, exchange, promote
from tests.transfers.world import ACCOUNT, FUNDS, Books, World, available, drive_until, history, posted
from transfers import driver
from transfers.commands.advance.convert import lock_conversion
from transfers.commands.advance.quote import quote
from transfers.commands.conversion_terms import set_spread
from transfers.commands.promotions import fund_promotion
from transfers.errors import Refused
from transfers.models import Cashback, ConversionSplit, Transfer
from transfers.rails import registry
from transfers.rails.desk import DeskQuote
from transfers.rails.desk_order import DeskOrder
from transfers.rails.registry import Rails

DOLLARS = "client:acme:USD"


@dataclass
class Desk(Tame):
    """Quotes what it is told to."""

    rate: Decimal = Decimal("0.9990")
    lasts: timedelta = timedelta(seconds=30)

    def quote(self, order: DeskOrder) -> DeskQuote:
        amount = order.source_amount
        cut = Decimal("0.01") if order.target_currency == "USD" else Decimal("0.000001")
        brings = (amount * self.rate).quantize(cut, rounding=ROUND_DOWN)
        return DeskQuote("q-7", self.rate, amount, brings, clock.now() + self.lasts, '{"rate": "told"}')


@pytest.fixture
def desk(world: World) -> Iterator[Desk]:
    exchange()
    desk = Desk()
    before = registry.use(cast("Rails", desk))
    yield desk
    registry.use(before)


def _lines(transfer: Transfer, kind: str) -> set[tuple[str, int, int]]:
    found = [entry for entry in entries_of(transfer.id) if entry.transaction.kind == kind]
    return {(entry.account.code, int(entry.debit), int(entry.credit)) for entry in found}


def test_a_client_sells_usdc_for_dollars(world: World, desk: Desk) -> None:
    """At 0.9990 nine hundred USDC are worth 899.10 dollars. We keep 20 basis points of it, 1.7982 dollars: the client gets
    897.3018, which is 897.30 to the cent, our spread is 1.79, and the cent that neither has is the rounding's. The fee of 0.10
    USDC comes on top."""
    transfer = drive_until(convert(world), "CONFIRMED")
    assert _lines(transfer, "conversion") == {
        (ACCOUNT, 900_100_000, 0),
        ("position:USDC.ethereum/USD:USDC.ethereum", 0, 900_000_000),
        ("fees:conversion:USDC.ethereum", 0, 100_000),
        ("position:USDC.ethereum/USD:USD", 899_10, 0),
        (DOLLARS, 0, 897_30),
        ("spread:USDC.ethereum/USD:USD", 0, 1_79),
        ("rounding:USD", 0, 1),
    }
    assert (transfer.target_amount, transfer.fee_amount) == (897_30, 100_000)
    assert transfer.quote is not None
    assert transfer.quote.rate == Decimal("0.997002")


def test_a_client_buys_usdc_with_dollars_and_the_position_is_the_same_one(world: World, desk: Desk) -> None:
    """First dollars are bought, then half of them are sold at the other price: 1.0010 less 30 basis points."""
    drive_until(convert(world), "CONFIRMED")
    desk.rate = Decimal("1.0010")
    back = world.order("500.00", source_currency=USD, target_currency="USDC", destination=OWN)
    drive_until(back, "CONFIRMED")
    assert _lines(back, "conversion") == {
        (DOLLARS, 500_10, 0),
        ("position:USDC.ethereum/USD:USD", 0, 500_00),
        ("fees:conversion:USD", 0, 10),
        ("position:USDC.ethereum/USD:USDC.ethereum", 500_500_000, 0),
        (ACCOUNT, 0, 498_998_500),
        ("spread:USD/USDC.ethereum:USDC.ethereum", 0, 1_501_500),
    }
    assert posted("position:USDC.ethereum/USD:USD") == -(899_10 - 500_00)
    assert posted("position:USDC.ethereum/USD:USDC.ethereum") == 900_000_000 - 500_500_000


def test_a_promotion_pays_back_what_was_set_aside_for_it(world: World, desk: Desk) -> None:
    """Half a percent of 897.30 is 4.48 dollars: an expense of the house, and so much less in the promotion's pot."""
    promote(budget=10 * CENTS)
    transfer = drive_until(convert(world), "CONFIRMED")
    assert _lines(transfer, "cashback") == {
        ("expense:promotional:USD", 4_48, 0),
        (DOLLARS, 0, 4_48),
        ("promotion:SPRING:USD", 4_48, 0),
        ("house:funding:USD", 0, 4_48),
    }
    assert (posted("promotion:SPRING:USD"), posted(DOLLARS)) == (5_52, 897_30 + 4_48)
    assert Cashback.objects.get().amount == 4_48
    assert close_proved_transfers() == 1
    assert broken_proofs() == []


def test_an_empty_pot_pays_nobody_and_stops_nothing(world: World, desk: Desk) -> None:
    promote(budget=7 * CENTS)
    first, second = (drive_until(convert(world), "CONFIRMED") for _ in range(2))
    assert list(Cashback.objects.values_list("transfer_id", flat=True)) == [first.id]
    assert posted("promotion:SPRING:USD") == 2_52
    assert second.status == "CONFIRMED"


def test_no_budget_is_made_of_nothing(world: World, desk: Desk) -> None:
    with pytest.raises(Refused) as refused:
        promote(budget=10**8 + 1)
    assert refused.value.code == "insufficient_funds"
    assert (posted("promotion:SPRING:USD"), posted("house:funding:USD")) == (0, 10**8)


def test_a_budget_is_set_aside_once(world: World, desk: Desk) -> None:
    promote(budget=CENTS)
    fund_promotion(code="SPRING", amount=CENTS, reference="first")
    assert posted("promotion:SPRING:USD") == CENTS


def test_it_is_priced_locked_booked_and_proved(world: World, desk: Desk) -> None:
    transfer = drive_until(convert(world), "CONFIRMED")
    assert [to for _, _, to in history(transfer.id)] == ["CREATED", "QUOTED", "FUNDS_LOCKED", "CONFIRMED"]
    assert close_proved_transfers() == 1
    transfer.refresh_from_db()
    assert transfer.status == "RECONCILED"
    assert broken_proofs() == []


def test_a_market_outside_the_bounds_stops_and_waits(world: World, desk: Desk) -> None:
    transfer = convert(world)
    desk.rate = Decimal("0.9900")
    drive_until(transfer, "CREATED", passes=1)
    assert transfer.last_error.startswith("quote_out_of_bounds")
    assert (posted(ACCOUNT), posted(DOLLARS)) == (FUNDS, 0)
    desk.rate = Decimal("0.9990")
    drive_until(transfer, "CONFIRMED")


def test_a_quote_that_ran_out_is_asked_again(world: World, desk: Desk) -> None:
    transfer = convert(world)
    lease = driver.claim(transfer.id)
    assert lease is not None
    quote(lease)
    late = clock.now() + timedelta(minutes=2)
    with clock.using(lambda: late):
        lock_conversion(lease)
    assert history(transfer.id)[-1] == ("requoting", "QUOTED", "CREATED")
    Transfer.objects.filter(pk=transfer.pk).update(lease_until=None)
    drive_until(transfer, "CONFIRMED")
    assert posted(DOLLARS) == 897_30


def test_a_changed_spread_changes_no_price_that_was_given(world: World, desk: Desk) -> None:
    transfer = convert(world)
    set_spread(corridor_id="USDC-USD", spread_bps=40)
    drive_until(transfer, "CONFIRMED")
    splits = ConversionSplit.objects.order_by("quote__quoted_at").values_list("quote__kind", "spread_bps")
    assert list(splits) == [("indicative", 20), ("firm", 40)]
    assert transfer.target_amount == 895_50


def test_too_little_to_convert_is_refused(world: World, desk: Desk) -> None:
    set_spread(corridor_id="USDC-USD", spread_bps=9_999)
    before = Books.now()
    with pytest.raises(Refused) as refused:
        convert(world, "1.00")
    assert refused.value.code == "invalid_amount"
    assert Books.now() == before


def test_who_has_no_dollars_cannot_convert_them(world: World, desk: Desk) -> None:
    with pytest.raises(Refused) as refused:
        world.order("5.00", source_currency=USD, target_currency="USDC", destination=OWN)
    assert refused.value.code == "insufficient_funds"
    assert available() == FUNDS
