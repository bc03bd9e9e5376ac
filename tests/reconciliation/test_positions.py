"""Our books beside the outside: worked examples of what is explained, what is not, and what is not known."""

from datetime import UTC, datetime, time, timedelta

import pytest

from ledger import chart
from ledger.chart import AccountKind
from ledger.commands import open_account
from reconciliation.commands.readings import read_balances
from reconciliation.models import BalanceReading, ExternalItem
from reconciliation.positions import PlaceKind, overview, places
from reconciliation.positions.explained import NOT_ON_A_STATEMENT
from reconciliation.positions.freshness import good_until
from tests.reconciliation.outside import bank_leg, bank_line, pesos
from tests.reconciliation.places import GAS, HOT, NOSTRO, SETTLEMENT, chain_leg, position_of, reading, shown, sources, statement_of
from tests.transfers import world as worlds
from tests.transfers.tame import tame_outside
from tests.transfers.world import FUNDS, UNIT, USDC, drive_until
from transfers import driver
from transfers.calendars import Calendar
from transfers.commands.calendars import set_calendar
from transfers.models import BankAccount, Transfer, WalletReservation

pytestmark = pytest.mark.django_db
MINED_IN = 7


@pytest.fixture
def house(bound):
    built = worlds.build()
    sources()
    return built


@pytest.fixture
def tame():
    with tame_outside() as outside:
        yield outside


def test_every_wallet_its_gas_every_bank_account_and_every_pool_is_a_place(house):
    open_account(code="clearing:cards:USD", name="Cards", kind=AccountKind.CLEARING, asset_id="MXN")
    found = {(place.kind, place.account_code) for place in places()}
    assert found == {
        (PlaceKind.WALLET, HOT),
        (PlaceKind.WALLET, SETTLEMENT),
        (PlaceKind.GAS, GAS),
        (PlaceKind.BANK, NOSTRO),
        (PlaceKind.POOL, "clearing:cards:USD"),
    }


def test_what_nobody_has_read_is_unknown_and_no_difference(house):
    found = position_of(HOT)
    assert (found.ledger, found.external, found.difference, found.unexplained, found.is_known) == (FUNDS, None, None, None, False)
    total = next(one for one in overview().totals if one.asset.id == USDC)
    assert (total.external, total.unexplained, total.unknown) == (None, None, 2)


def test_a_figure_that_agrees_grows_old_and_is_unknown_then(house):
    reading(HOT, FUNDS, age=timedelta(minutes=4))
    assert position_of(HOT).is_known
    reading(HOT, FUNDS, block=8, age=timedelta(minutes=6))
    found = position_of(HOT)
    assert (found.stale, found.is_known, found.difference) == (True, False, 0)


def test_the_newest_reading_counts(house):
    reading(HOT, FUNDS - UNIT, block=6)
    reading(HOT, FUNDS, block=7)
    assert position_of(HOT).difference == 0


def test_money_that_nothing_explains_is_named_to_the_unit(house):
    reading(HOT, FUNDS - 5)
    found = position_of(HOT)
    assert (found.difference, found.explained, found.unexplained) == (-5, 0, -5)


def test_a_payment_that_is_mined_and_not_booked_explains_what_is_missing(house, tame):
    """100.00 of 1,000,000.00 left the wallet in block 7, which was read; our books will say so when it is deep enough."""
    tame.confirmations = 1
    transfer = drive_until(house.order("100.00"), "SENT_ON_CHAIN")
    shown(chain_leg(transfer), block=MINED_IN)
    reading(HOT, FUNDS - 100 * UNIT)
    found = position_of(HOT)
    assert (found.ledger, found.difference, found.explained, found.unexplained) == (FUNDS, -100 * UNIT, -100 * UNIT, 0)
    assert [(one.count, one.amount) for one in found.explanations] == [(1, -100 * UNIT)]
    assert (found.in_flight.reserved, found.in_flight.sent) == (0, 100 * UNIT)


def test_a_payment_in_a_later_block_than_the_one_that_was_read_does_not_explain_it(house, tame):
    tame.confirmations = 1
    transfer = drive_until(house.order("100.00"), "SENT_ON_CHAIN")
    shown(chain_leg(transfer), block=MINED_IN)
    reading(HOT, FUNDS - 100 * UNIT, block=MINED_IN - 1)
    assert position_of(HOT).unexplained == -100 * UNIT


def test_a_payment_that_is_booked_before_its_block_is_read_explains_what_is_left_over(house, tame):
    """Booked at block 7 with its gas of 21,000 wei, while the outside is known up to block 6 only."""
    drive_until(house.order("100.00"), "CONFIRMED")
    reading(HOT, FUNDS, block=MINED_IN - 1)
    reading(GAS, worlds.GAS, block=MINED_IN - 1)
    wallet, gas = position_of(HOT), position_of(GAS)
    assert (wallet.ledger, wallet.difference, wallet.unexplained) == (FUNDS - 100 * UNIT, 100 * UNIT, 0)
    assert (gas.ledger, gas.difference, gas.unexplained) == (worlds.GAS - 21_000, 21_000, 0)


def test_both_ends_of_a_movement_between_our_wallets_are_explained(house, tame):
    """An off-ramp's tokens are with the partner in our books, and in no block that was read."""
    drive_until(house.off_ramp("100.00"), "FIAT_SETTLED")
    reading(HOT, FUNDS, block=MINED_IN - 1)
    reading(SETTLEMENT, 0, block=MINED_IN - 1)
    assert [position_of(code).difference for code in (HOT, SETTLEMENT)] == [100 * UNIT, -100 * UNIT]
    assert [position_of(code).unexplained for code in (HOT, SETTLEMENT)] == [0, 0]


def test_a_block_that_was_read_explains_nothing_of_what_is_booked(house, tame):
    drive_until(house.order("100.00"), "CONFIRMED")
    reading(HOT, FUNDS, block=MINED_IN)
    assert position_of(HOT).unexplained == 100 * UNIT


def test_gas_that_was_paid_and_is_not_booked_is_explained(house, tame):
    tame.confirmations = 1
    transfer = drive_until(house.order("100.00"), "SENT_ON_CHAIN")
    shown(chain_leg(transfer), block=MINED_IN, kind="gas", amount=21_000)
    reading(GAS, worlds.GAS - 21_000)
    found = position_of(GAS)
    assert (found.difference, found.unexplained) == (-21_000, 0)
    assert found.in_flight.reserved == WalletReservation.objects.get().gas_amount


def test_money_from_a_stranger_explains_nothing(house, tame):
    """It is shown, and no leg of ours bears its name."""
    transfer = drive_until(house.order("100.00"), "CONFIRMED")
    shown(
        chain_leg(transfer),
        block=MINED_IN,
        direction="credit",
        amount=5,
        references={"tx_hash": "0x" + "ee" * 32, "log_index": "0"},
    )
    reading(HOT, FUNDS - 100 * UNIT + 5)
    assert position_of(HOT).unexplained == 5


def test_a_payout_is_explained_until_a_statement_shows_it(house, tame):
    """The bank says that it paid 1,695.75 MXN; the last statement closed before."""
    statement_of(10**11)
    drive_until(house.off_ramp("100.00"), "FIAT_SETTLED")
    found = position_of(NOSTRO)
    paid = bank_leg(Transfer.objects.get()).amount
    assert (found.ledger, found.external, found.difference) == (10**11 - paid, 10**11, paid)
    assert ([one.words for one in found.explanations], found.unexplained) == ([NOT_ON_A_STATEMENT], 0)


def test_a_payout_that_a_statement_shows_before_our_books_is_explained(house, tame):
    tame.bank_says = "ACSP"
    transfer = drive_until(house.off_ramp("100.00"), "CONFIRMED")
    driver.advance_one(transfer.id)
    leg = bank_leg(transfer)
    line = bank_line(pesos(leg.amount), refs=f"<EndToEndId>{leg.reference}</EndToEndId>")
    statement_of(10**11 - leg.amount)
    assert ExternalItem.objects.get(statement__file=line).status == "unmatched"
    found = position_of(NOSTRO)
    assert (found.ledger, found.difference, found.unexplained) == (10**11, -leg.amount, 0)
    assert found.in_flight.payments == 1


def test_a_closing_balance_comes_with_its_statement_and_once(house):
    file = statement_of(500)
    kept = BalanceReading.objects.values_list("account_code", "amount", "statement__file_id")
    assert list(kept) == [(NOSTRO, 500, file.id)]
    assert read_balances() == 0
    assert position_of(NOSTRO).difference == 500 - 10**11


def test_a_bank_figure_is_good_until_the_end_of_the_second_business_day(house):
    """Monday's statement is good on Wednesday; Friday's is good over the weekend until Tuesday evening."""
    set_calendar(Calendar(code="week", title="Week", zone="UTC", closes=time(18)), valid_from=worlds.LONG_AGO)
    bank = BankAccount.objects.get()
    bank.calendar_code = "week"
    monday, friday = datetime(2026, 6, 1, 12, tzinfo=UTC), datetime(2026, 6, 5, 12, tzinfo=UTC)
    said = BalanceReading(account_code=NOSTRO, kind="statement", as_of=monday)
    assert good_until(said, {NOSTRO: bank}) == datetime(2026, 6, 3, 18, tzinfo=UTC)
    said.as_of = friday
    assert good_until(said, {NOSTRO: bank}) == datetime(2026, 6, 9, 18, tzinfo=UTC)
    assert good_until(said, {}) == friday + timedelta(days=2)


def test_what_is_owed_and_what_is_the_houses_own_stand_beside_the_sums(house, tame):
    """Acme pays 100.00 and a fee of 0.50: the fee stays in the hot wallet and is the house's."""
    drive_until(house.order("100.00"), "CONFIRMED")
    total = next(one for one in overview().totals if one.asset.id == USDC)
    assert (total.ledger, total.owed, total.own) == (FUNDS - 100 * UNIT, FUNDS - 100 * UNIT - UNIT // 2, UNIT // 2)
    assert chart.fee_account_code("withdrawal", USDC) not in {place.account_code for place in places()}
