"""Our own money from one wallet to another: proposed, approved by two, signed and sent like any payment, booked to the unit."""

from collections import Counter

import pytest
from django.db import connection

from approvals.errors import ApprovalsError, NotCarriedOut, RequestAlreadyPending
from approvals.models import ApprovalRequest
from audit import coverage
from ledger.models import Entry
from ledger.queries import balance
from ledger.queries.proofs import findings
from tests.transfers.levels import set_levels, vote_on
from tests.transfers.own_money import COLD, HOT, HOUSE, SETTLEMENT, add_wallets, approve_move, ask, book
from tests.transfers.tame import tame_outside
from tests.transfers.world import FUNDS, GAS, UNIT, drive_until, history, posted
from transfers import crashpoints
from transfers.commands.cancel import cancel
from transfers.crashpoints import ALL
from transfers.errors import Refused
from transfers.models import Transfer, TreasuryMove, Wallet, WalletReservation
from transfers.queries.proposals import proposals

TO_COLD, SWEEP = f"{HOT}>{COLD}", f"{HOT}>{HOUSE}"


@pytest.fixture
def tame():
    with tame_outside() as outside:
        yield outside


@pytest.fixture
def rich(world, tame):
    """The hot wallet holds 1,000,000.00, with a maximum of 900,000.00 and a target of 300,000.00."""
    add_wallets()
    set_levels(world, HOT, minimum=100_000 * UNIT, target=300_000 * UNIT, maximum=900_000 * UNIT)
    return world


def _told():
    return [(one.key, one.amount, one.way) for one in proposals()]


def test_a_move_is_approved_by_two_sent_once_and_booked_with_its_gas(rich):
    assert _told() == [(TO_COLD, 700_000 * UNIT, "on_chain")]
    request = ask(rich, TO_COLD)
    vote_on(request, rich.checker)
    assert not Transfer.objects.exists()
    vote_on(request, rich.second_checker)
    transfer = drive_until(Transfer.objects.get(), "CONFIRMED")
    assert (posted(HOT), posted(COLD)) == (300_000 * UNIT, 700_000 * UNIT)
    assert posted("gas:hot-1:ETH.ethereum") == GAS - 21_000
    assert history(transfer.id) == [
        ("created", "", "CREATED"),
        ("funds_locked", "CREATED", "FUNDS_LOCKED"),
        ("sending", "FUNDS_LOCKED", "FUNDS_LOCKED"),
        ("sent_on_chain", "FUNDS_LOCKED", "SENT_ON_CHAIN"),
        ("confirmed", "SENT_ON_CHAIN", "CONFIRMED"),
    ]
    assert (list(findings()), list(coverage.findings()), proposals()) == ([], [], [])


def test_no_client_pays_for_it(rich):
    before = balance("client:acme:USDC.ethereum")
    drive_until(approve_move(rich, ask(rich, TO_COLD)), "CONFIRMED")
    now = balance("client:acme:USDC.ethereum")
    assert (now.posted, now.held) == (before.posted, before.held)


def test_whoever_asks_does_not_decide(rich):
    request = ask(rich, TO_COLD)
    with pytest.raises(ApprovalsError):
        vote_on(request, rich.maker)
    assert not Transfer.objects.exists()


def test_a_rejection_moves_nothing(rich):
    vote_on(ask(rich, TO_COLD), rich.checker, "reject")
    assert (Transfer.objects.count(), posted(COLD)) == (0, 0)


def test_the_same_shortage_is_asked_for_once_and_carried_out_once(rich):
    request = ask(rich, TO_COLD)
    with pytest.raises(RequestAlreadyPending):
        ask(rich, TO_COLD)
    approve_move(rich, request)
    assert proposals() == []
    with pytest.raises(Refused, match="no longer proposed"):
        ask(rich, TO_COLD)
    assert Transfer.objects.count() == 1


def test_what_is_no_longer_proposed_when_the_last_one_approves_is_not_carried_out(rich):
    """Asked for at 1,000,000.00; by the second vote somebody has moved 600,000.00 by hand."""
    request = ask(rich, TO_COLD)
    vote_on(request, rich.checker)
    book("by-hand", COLD, HOT, 600_000 * UNIT)
    with pytest.raises(NotCarriedOut, match="no longer proposed"):
        vote_on(request, rich.second_checker)
    request.refresh_from_db()
    assert (request.status, request.executed_at, Transfer.objects.count()) == ("dismissed", None, 0)


def test_only_what_is_proposed_for_our_signer_can_be_asked_for(rich):
    for key in (SWEEP, f"{COLD}>{HOT}", f"outside>{HOT}", "nonsense"):
        with pytest.raises(Refused):
            ask(rich, key)
    assert not ApprovalRequest.objects.filter(action="treasury.rebalance").exists()


def test_it_waits_rather_than_lead_the_source_below_its_minimum(rich, tame):
    """Approved for 700,000.00; then 250,000.00 leave by hand, so that it would leave 50,000.00 of a minimum of 100,000.00."""
    transfer = approve_move(rich, ask(rich, TO_COLD))
    book("by-hand", SETTLEMENT, HOT, 250_000 * UNIT)
    with pytest.raises(AssertionError, match="keeps 100000000000"):
        drive_until(transfer, "FUNDS_LOCKED", passes=3)
    transfer.refresh_from_db()
    assert (transfer.status, WalletReservation.objects.count()) == ("CREATED", 0)
    book("back", HOT, SETTLEMENT, 250_000 * UNIT)
    assert drive_until(transfer, "CONFIRMED").status == "CONFIRMED"


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE transfers_wallet SET address = '0x9999999999999999999999999999999999999999' WHERE code = 'cold-1'",
        "UPDATE transfers_treasurymove SET target_id = 'house-1'",
        "UPDATE transfers_transfer SET source_amount = 1, target_amount = 1 WHERE route = 'treasury_move'",
    ],
)
def test_what_somebody_changed_by_sql_is_not_sent(rich, change):
    transfer = approve_move(rich, ask(rich, TO_COLD))
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET session_replication_role = replica")
        for table in ("wallet", "treasurymove", "transfer"):
            cursor.execute(f"ALTER TABLE transfers_{table} DISABLE TRIGGER USER")
        cursor.execute(change)
        for table in ("wallet", "treasurymove", "transfer"):
            cursor.execute(f"ALTER TABLE transfers_{table} ENABLE TRIGGER USER")
        cursor.execute("SET session_replication_role = DEFAULT")
    with pytest.raises(AssertionError, match="authority_broken"):
        drive_until(transfer, "FUNDS_LOCKED", passes=2)
    assert posted(COLD) == 0


def test_a_reverted_move_gives_everything_back_but_its_gas(rich, tame):
    tame.reverts = True
    transfer = drive_until(approve_move(rich, ask(rich, TO_COLD)), "FAILED")
    assert (posted(HOT), posted(COLD), transfer.money_state) == (FUNDS, 0, "none")
    assert posted("gas:hot-1:ETH.ethereum") == GAS - 21_000
    assert WalletReservation.objects.filter(ended_at=None).count() == 0
    assert _told() == [(TO_COLD, 700_000 * UNIT, "on_chain")]


def test_it_can_be_cancelled_before_it_is_sent(rich, tame):
    tame.signs = False
    transfer = approve_move(rich, ask(rich, TO_COLD))
    cancel(transfer.id, "not today")
    assert (Transfer.objects.get().status, posted(COLD)) == ("CANCELLED", 0)
    assert _told() == [(TO_COLD, 700_000 * UNIT, "on_chain")]


def test_fees_are_swept_to_the_house_once(world, tame):
    """Two payments with a fee of 0.50 each: 1.00 of the hot wallet is the house's own."""
    add_wallets()
    set_levels(world, HOT, minimum=UNIT, target=10 * UNIT)
    for _ in range(2):
        drive_until(world.order("100.00"), "CONFIRMED")
    assert _told() == [(SWEEP, UNIT, "on_chain")]
    transfer = drive_until(approve_move(world, ask(world, SWEEP)), "CONFIRMED")
    assert TreasuryMove.objects.get(transfer=transfer).purpose == "fee_sweep"
    assert (posted(HOUSE), proposals()) == (UNIT, [])
    lines = Entry.objects.filter(transaction__transaction_id=transfer.id, transaction__kind="treasury_move")
    assert {(line.account.code, int(line.debit), int(line.credit)) for line in lines} == {(HOUSE, UNIT, 0), (HOT, 0, UNIT)}


def test_a_refill_comes_from_the_partner_and_is_ours_to_send_when_its_wallet_has_gas(world, tame):
    """The hot wallet was emptied to 50,000.00; 950,000.00 lie in the wallet at the partner, whose key our signer holds."""
    book("away", SETTLEMENT, HOT, 950_000 * UNIT)
    set_levels(world, HOT, minimum=100_000 * UNIT, target=300_000 * UNIT)
    assert _told() == [(f"{SETTLEMENT}>{HOT}", 250_000 * UNIT, "keepers")]
    Wallet.objects.filter(code="settlement-1").update(gas_account_code="gas:settlement-1:ETH.ethereum")
    assert _told() == [(f"{SETTLEMENT}>{HOT}", 250_000 * UNIT, "on_chain")]


@pytest.mark.parametrize("point", [name for name in ALL if name.startswith(("lock.", "send.", "confirm."))])
def test_an_error_at_any_crash_point_of_its_way_moves_it_once(rich, monkeypatch, point):
    transfer = approve_move(rich, ask(rich, TO_COLD))
    monkeypatch.setattr(crashpoints, "_passed", Counter())
    monkeypatch.setenv("COUNTERSIGN_CRASH", f"{point}=raise")
    drive_until(transfer, "CONFIRMED")
    assert crashpoints._passed[point] > 0
    assert (posted(HOT), posted(COLD)) == (300_000 * UNIT, 700_000 * UNIT)
    assert posted("gas:hot-1:ETH.ethereum") == GAS - 21_000
    assert (list(findings()), proposals()) == ([], [])
