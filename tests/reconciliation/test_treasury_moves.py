"""A move of our own money on a real chain: signed by the signer, mined, and proved at both ends by our own indexer."""

import pytest

from tests.reconciliation import outside
from tests.transfers.levels import set_levels
from tests.transfers.own_money import COLD, HOT, add_wallets, approve_move, ask
from tests.transfers.world import FUNDS, UNIT, drive_until, posted
from transfers.models import Wallet

pytestmark = pytest.mark.django_db


def test_a_move_is_mined_booked_and_reconciled(read, rails):
    add_wallets()
    cold = Wallet.objects.get(code="cold-1")
    outside.wallet_source("chain-cold-1", cold.address, COLD, 1)
    set_levels(read, HOT, minimum=0, target=FUNDS - 5 * UNIT, maximum=FUNDS - 1)
    before = rails.token_balance(cold.address)
    transfer = drive_until(approve_move(read, ask(read, f"{HOT}>{COLD}")), "CONFIRMED", between=rails.mine)
    assert rails.token_balance(cold.address) - before == 5 * UNIT
    assert posted(COLD) == 5 * UNIT
    run = outside.read_and_match(rails)
    transfer.refresh_from_db()
    assert (transfer.status, run.breaks) == ("RECONCILED", 0)
