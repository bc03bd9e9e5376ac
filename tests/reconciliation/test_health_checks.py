"""Health checks on a real chain: what goes out comes back as a deposit, the books are as before, and nobody's statistics know."""

from datetime import timedelta
from typing import Any

import pytest

from audit import clock, coverage
from ledger import chart
from ledger.chart import AccountKind
from ledger.commands import open_account
from ledger.queries import client_money
from ledger.queries.proofs import findings
from tests.reconciliation import outside
from tests.transfers.stack import FINAL_DEPTH, Stack
from tests.transfers.world import UNIT, USDC, World, drive_until, posted
from transfers.commands.deposits.watching import watch
from transfers.commands.synthetic import run_due
from transfers.commands.synthetic_setup import prepare
from transfers.models import SyntheticRun, Transfer
from transfers.synthetic import NEAR

pytestmark = pytest.mark.django_db
OURS = chart.client_account_code(NEAR, USDC)
FEES = "fees:withdrawal:USDC.ethereum"


@pytest.fixture
def prepared(read: World, settings: Any) -> World:
    settings.SYNTHETIC_TRANSFERS = {"on_chain_withdrawal": "2.00"}
    funding = chart.house_account_code("funding", USDC)
    open_account(code=funding, name=funding, kind=AccountKind.HOUSE_FUNDING, asset_id=USDC)
    for _ in range(2):
        prepare(asset_id=USDC, amount=50 * UNIT)
    return read


def owed() -> int:
    return next(one.owed for one in client_money() if one.asset.id == USDC)


def drive(transfer: Transfer, status: str, rails: Stack) -> None:
    drive_until(transfer, status, between=rails.mine)


def test_a_payment_on_chain_goes_round_and_nothing_is_earned_by_it(prepared: World, rails: Stack) -> None:
    before = owed()
    assert run_due() == 1
    run = SyntheticRun.objects.get()
    assert run.transfer is not None
    assert (run.transfer.is_synthetic, run.transfer.client_id) == (True, NEAR)
    assert run.deadline_at == run.started_at + timedelta(minutes=30)
    drive(run.transfer, "CONFIRMED", rails)
    assert (posted(OURS), posted(FEES)) == (50 * UNIT - 2 * UNIT - UNIT // 2, UNIT // 2)

    rails.mine(FINAL_DEPTH)
    outside.read_and_match(rails)
    run.transfer.refresh_from_db()
    assert run.transfer.status == "RECONCILED"
    run_due()
    run.refresh_from_db()
    assert run.result == "running", "it is not back yet"

    assert watch() == 0, "reconciliation has seen it already"
    back = Transfer.objects.get(route="chain_deposit")
    drive(back, "CONFIRMED", rails)
    assert back.is_synthetic
    with clock.using(lambda: run.started_at + timedelta(seconds=90)):
        assert run_due() == 0
    run.refresh_from_db()
    assert (run.result, run.ended_at) == ("passed", run.started_at + timedelta(seconds=90))
    assert (posted(OURS), posted(FEES), owed()) == (50 * UNIT, 0, before)
    assert list(findings(thorough=True)) == []
    assert list(coverage.findings()) == []
