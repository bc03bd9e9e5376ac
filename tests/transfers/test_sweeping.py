"""Deposits are brought from the addresses of clients to the hot wallet: when it is worth it, once, and nowhere else."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, connection, transaction

from approvals.commands import place_halt
from audit import clock, coverage
from ledger.queries.proofs import findings
from tests.transfers.sweeps import HOT, ROOM, SWEPT, paid_in, proved, swept, there
from tests.transfers.tame import Tame, tame_outside
from tests.transfers.world import ACCOUNT, FUNDS, GAS, UNIT, USDC, World, acting, drive_until, history, posted
from transfers import crashpoints
from transfers.commands.cancel import cancel
from transfers.commands.sweeping.balances import is_due, why_not
from transfers.commands.sweeping.begin import begin_due, sweep_now
from transfers.crashpoints import ALL
from transfers.errors import Conflict, NotFound, Refused
from transfers.models import DepositSweep, Transfer, Wallet, WalletReservation
from transfers.states import Route


@pytest.fixture(autouse=True)
def house(world: World, settings: Any) -> World:
    """One where USDC is swept from 100.00 on, for at most 0.01 ETH of gas."""
    settings.DEPOSIT_SWEEPS = SWEPT
    return world


@pytest.fixture
def tame() -> Iterator[Tame]:
    with tame_outside() as outside:
        yield outside


def _everything_holds() -> None:
    assert (list(findings()), list(coverage.findings())) == ([], [])


def _sweeps() -> int:
    return Transfer.objects.filter(route=Route.DEPOSIT_SWEEP).count()


def test_it_is_begun_sent_and_booked_with_its_gas(tame: Tame) -> None:
    proved(250 * UNIT)
    before = posted(ACCOUNT)
    transfer = drive_until(swept(), "CONFIRMED")
    assert (posted(ROOM), posted(HOT), posted(ACCOUNT)) == (0, FUNDS + 250 * UNIT, before)
    assert posted("gas:hot-1:ETH.ethereum") == GAS - 21_000
    assert (transfer.client_id, transfer.approval_request_id, transfer.policy_decision_id) == ("house", None, None)
    assert history(transfer.id) == [
        ("created", "", "CREATED"),
        ("funds_locked", "CREATED", "FUNDS_LOCKED"),
        ("sending", "FUNDS_LOCKED", "FUNDS_LOCKED"),
        ("sent_on_chain", "FUNDS_LOCKED", "SENT_ON_CHAIN"),
        ("confirmed", "SENT_ON_CHAIN", "CONFIRMED"),
    ]
    assert (there().ledger, there().ready, there().going) == (0, 0, 0)
    _everything_holds()


def test_the_tokens_of_the_hot_wallet_are_not_promised_for_it(tame: Tame) -> None:
    proved(250 * UNIT)
    tame.signs = False
    drive_until(swept(), "FUNDS_LOCKED")
    promise = WalletReservation.objects.get()
    assert (promise.amount, promise.gas_amount > 0, promise.wallet_id) == (0, True, "hot-1")
    assert (there().ledger, there().going, there().ready) == (250 * UNIT, 250 * UNIT, 0)


def test_only_what_our_own_index_has_proved_is_taken(tame: Tame) -> None:
    paid_in(900 * UNIT, tx="unproved")
    assert (begin_due(), why_not(there())) == (0, "900.00 USDC of it waits for our own chain index to prove it.")
    proved(150 * UNIT, tx="proved")
    assert swept().source_amount == 150 * UNIT


def test_small_deposits_wait_until_together_they_are_worth_it(tame: Tame) -> None:
    proved(60 * UNIT, tx="one")
    assert (begin_due(), why_not(there())) == (0, "100.00 USDC is the least that is worth sweeping.")
    proved(40 * UNIT, tx="two")
    assert swept().source_amount == 100 * UNIT


def test_what_is_nobody_s_yet_stays(tame: Tame) -> None:
    paid_in(900_000, tx="dust")
    proved(100 * UNIT, tx="whole")
    assert there().nobodys == 900_000
    drive_until(swept(), "CONFIRMED")
    assert (posted(ROOM), there().ledger) == (900_000, 900_000)


def test_nothing_is_swept_of_an_asset_that_is_not_named(tame: Tame, settings: Any) -> None:
    proved(250 * UNIT)
    settings.DEPOSIT_SWEEPS = {"USDT": "1"}
    assert (begin_due(), _sweeps()) == (0, 0)
    assert "no minimum is set" in why_not(there())


def test_one_is_under_way_at_a_time(tame: Tame) -> None:
    """What comes in meanwhile waits for the next one, which begins when this one is proved."""
    proved(250 * UNIT, tx="one")
    first = drive_until(swept(), "CONFIRMED")
    proved(300 * UNIT, tx="two")
    assert (begin_due(), why_not(there())) == (0, f"Transfer {first.reference} is moving it.")
    with pytest.raises(Conflict, match="moving it already"):
        sweep_now(address_id=there().address_id, asset_id=USDC, reason="at once")
    assert (there().ledger, there().ready) == (300 * UNIT, 300 * UNIT)


def _copy(sweep: DepositSweep) -> None:
    """As somebody would by SQL."""
    other = Transfer.objects.get(pk=sweep.transfer_id)
    other.id, other.reference = UUID(int=7), "0" * 26
    with transaction.atomic():
        other.save(force_insert=True)
        DepositSweep.objects.create(
            transfer=other, address=sweep.address, asset_id=USDC, wallet=sweep.wallet, reason="", begun_at=clock.now()
        )


def test_the_database_lets_no_second_one_begin(tame: Tame) -> None:
    proved(250 * UNIT)
    sweep = DepositSweep.objects.get(transfer=swept())
    with pytest.raises(IntegrityError, match="one_open_per_address"):
        _copy(sweep)


@pytest.mark.parametrize(
    ("scope", "target"),
    [("client", "acme"), ("asset", USDC), ("account", HOT), ("account", ROOM), ("system", "")],
)
def test_a_halt_keeps_it_from_beginning_and_from_going_on(tame: Tame, scope: str, target: str) -> None:
    proved(250 * UNIT)
    begun = swept()
    place_halt(scope=scope, target=target, reason="the court says so")
    with pytest.raises(AssertionError, match=r"still CREATED after 2 passes: .*the court says so"):
        drive_until(begun, "FUNDS_LOCKED", passes=2)
    cancel(begun.id, "stopped")
    with clock.using(lambda: begun.created_at + timedelta(days=2)):
        assert (begin_due(), is_due(there())) == (0, False)
        assert "the court says so" in why_not(there())
        with pytest.raises(Refused, match="the court says so"):
            sweep_now(address_id=there().address_id, asset_id=USDC, reason="all the same")
    assert posted(ROOM) == 250 * UNIT


def test_gas_that_is_too_dear_keeps_it_where_it_is_and_says_so(tame: Tame, settings: Any) -> None:
    proved(250 * UNIT)
    settings.DEPOSIT_SWEEPS = {"USDC": "100", "ETH": "0.000001"}
    begun = swept()
    with pytest.raises(
        AssertionError, match=r"gas_too_dear: a sweep costs up to 0\.00006 ETH of gas now, and is worth at most 0\.000001"
    ):
        drive_until(begun, "FUNDS_LOCKED", passes=2)
    settings.DEPOSIT_SWEEPS = SWEPT
    assert drive_until(begun, "CONFIRMED").status == "CONFIRMED"


def test_an_empty_gas_tank_keeps_it_where_it_is_and_says_so(tame: Tame) -> None:
    proved(250 * UNIT)
    Wallet.objects.filter(code="hot-1").update(gas_account_code="expense:network-fee:ETH.ethereum")
    begun = swept()
    with pytest.raises(AssertionError, match="wallet_short: wallet hot-1 has 0 minor units free for gas"):
        drive_until(begun, "FUNDS_LOCKED", passes=2)
    Wallet.objects.filter(code="hot-1").update(gas_account_code="gas:hot-1:ETH.ethereum")
    assert drive_until(begun, "CONFIRMED").status == "CONFIRMED"


def test_one_that_fails_leaves_the_tokens_and_is_tried_again_later(tame: Tame) -> None:
    proved(250 * UNIT)
    tame.reverts = True
    failed = drive_until(swept(), "FAILED")
    assert (posted(ROOM), posted(HOT), posted("gas:hot-1:ETH.ethereum")) == (250 * UNIT, FUNDS, GAS - 21_000)
    assert (there().ready, begin_due()) == (250 * UNIT, 0)
    assert why_not(there()).startswith("The last sweep ended as failed; it is tried again at ")
    tame.reverts = False
    with clock.using(lambda: failed.updated_at + timedelta(hours=1, minutes=1)):
        assert drive_until(swept(), "CONFIRMED").source_amount == 250 * UNIT
    _everything_holds()


def test_one_that_is_cancelled_is_not_begun_again_the_same_day(tame: Tame) -> None:
    proved(250 * UNIT)
    cancel(swept().id, "not today")
    assert (begin_due(), posted(ROOM)) == (0, 250 * UNIT)


def test_one_that_never_began_to_move_ends_after_a_day(tame: Tame, settings: Any) -> None:
    proved(250 * UNIT)
    settings.DEPOSIT_SWEEPS = {"USDC": "100", "ETH": "0.000001"}
    begun = swept()
    with clock.using(lambda: begun.created_at + timedelta(hours=25)):
        drive_until(begun, "EXPIRED")
    assert DepositSweep.objects.get().ended_at is not None


def test_somebody_may_ask_for_it_with_a_reason_whatever_it_is_worth(house: World, tame: Tame, settings: Any) -> None:
    proved(2 * UNIT)
    settings.DEPOSIT_SWEEPS = {"USDC": "100", "ETH": "0.000001"}
    with acting(house.maker):
        asked = sweep_now(address_id=there().address_id, asset_id=USDC, reason="The client leaves us.")
    assert (asked.made_by, asked.made_by_type, DepositSweep.objects.get().reason) == ("maker", "operator", "The client leaves us.")
    assert drive_until(asked, "CONFIRMED").source_amount == 2 * UNIT


def test_what_nobody_may_ask_for_begins_nothing(tame: Tame) -> None:
    paid_in(250 * UNIT)
    address = there().address_id
    with pytest.raises(Refused, match="Say why"):
        sweep_now(address_id=address, asset_id=USDC, reason=" ")
    with pytest.raises(Refused, match="Nothing there is proved"):
        sweep_now(address_id=address, asset_id=USDC, reason="at once")
    with pytest.raises(NotFound):
        sweep_now(address_id=address, asset_id="ETH.ethereum", reason="at once")
    with pytest.raises(NotFound):
        sweep_now(address_id=type(address)(int=1), asset_id=USDC, reason="at once")
    assert _sweeps() == 0


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE transfers_wallet SET address = '0x9999999999999999999999999999999999999999' WHERE code = 'hot-1'",
        "UPDATE transfers_transfer SET destination_details = '{\"address\": \"0x99\"}' WHERE route = 'deposit_sweep'",
        "UPDATE transfers_transfer SET source_amount = 999000000000 WHERE route = 'deposit_sweep'",
        "UPDATE transfers_leg SET counterparty = counterparty || '{\"address\": \"0x99\"}' WHERE direction = 'out'",
        "UPDATE transfers_leg SET counterparty = counterparty || '{\"payer\": \"0x99\"}' WHERE direction = 'out'",
        "UPDATE transfers_leg SET amount = 1 WHERE direction = 'out'",
        "UPDATE transfers_depositsweep SET wallet_id = 'settlement-1'",
        "UPDATE transfers_arrival SET status = 'gone'",
    ],
)
def test_what_somebody_changed_by_sql_is_not_sent(tame: Tame, change: str) -> None:
    proved(250 * UNIT)
    tame.signs = False
    begun = drive_until(swept(), "FUNDS_LOCKED")
    tame.signs = True
    tables = ("wallet", "transfer", "leg", "depositsweep", "arrival")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in tables:
            cursor.execute(f"ALTER TABLE transfers_{table} DISABLE TRIGGER USER")
        cursor.execute(change)
        for table in tables:
            cursor.execute(f"ALTER TABLE transfers_{table} ENABLE TRIGGER USER")
    with pytest.raises(AssertionError, match="still FUNDS_LOCKED"):
        drive_until(begun, "SENT_ON_CHAIN", passes=2)
    begun.refresh_from_db()
    assert begun.stopped_by.startswith("authority_broken: ")
    assert posted(HOT) == FUNDS


@pytest.mark.parametrize("point", [name for name in ALL if name.startswith(("sweep.", "lock.", "send.", "confirm."))])
def test_an_error_at_any_crash_point_of_its_way_moves_it_once(tame: Tame, monkeypatch: pytest.MonkeyPatch, point: str) -> None:
    proved(250 * UNIT)
    monkeypatch.setattr(crashpoints, "_passed", Counter())
    monkeypatch.setenv("COUNTERSIGN_CRASH", f"{point}=raise")
    if point.startswith("sweep."):
        with pytest.raises(crashpoints.Crashed):
            begin_due()
    drive_until(swept(), "CONFIRMED")
    assert crashpoints._passed[point] > 0
    assert (posted(ROOM), posted(HOT), _sweeps()) == (0, FUNDS + 250 * UNIT, 1)
    assert posted("gas:hot-1:ETH.ethereum") == GAS - 21_000
    _everything_holds()
