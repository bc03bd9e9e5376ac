"""A deposit on a real chain comes home: signed by the signer, mined, and proved by our own index at both ends and with its gas."""

import pytest

from ledger.queries.proofs import findings
from reconciliation.commands.readings import read_balances
from reconciliation.models import Break, ExternalItem, Match
from reconciliation.positions import overview
from tests.reconciliation.outside import read_and_match
from tests.transfers.incoming import address_of
from tests.transfers.sweeps import HOT, ROOM, SWEPT, swept, there
from tests.transfers.world import FUNDS, UNIT, drive_until, posted
from transfers.commands.deposits.watching import watch
from transfers.commands.sweeping.begin import begin_due
from transfers.models import Transfer, Wallet

pytestmark = pytest.mark.django_db


@pytest.fixture
def house(read, rails, settings):
    settings.DEPOSIT_SWEEPS = SWEPT
    return read


def _deposited(rails, amount, *, client="acme"):
    """Mined, credited and proved. The address has tokens and no gas."""
    rails.fund(address_of(client).value, token=amount, wei=0)
    watch()
    deposit = Transfer.objects.filter(route="chain_deposit").latest("created_at")
    drive_until(deposit, "CONFIRMED", between=rails.mine)
    read_and_match(rails)
    deposit.refresh_from_db()
    assert deposit.status == "RECONCILED"
    return deposit


def _books_and_chain_agree(rails):
    hot, address = Wallet.objects.get(code="hot-1").address, there().address
    assert rails.token_balance(address) == there().ledger == posted(ROOM)
    assert list(findings()) == []
    assert not Break.objects.exists()
    return rails.token_balance(hot)


def test_a_deposit_comes_home_and_is_proved_at_both_ends(house, rails):
    _deposited(rails, 250 * UNIT)
    before = _books_and_chain_agree(rails)
    transfer = drive_until(swept(), "CONFIRMED", between=rails.mine)
    assert _books_and_chain_agree(rails) == before + 250 * UNIT
    assert (there().ledger, posted(HOT)) == (0, FUNDS + 250 * UNIT)
    run = read_and_match(rails)
    transfer.refresh_from_db()
    assert (transfer.status, run.breaks, there().is_under_way) == ("RECONCILED", 0, False)
    matched = Match.objects.filter(transfer_id=transfer.pk).values_list("role", "item__source__account_code", "item__direction")
    assert set(matched) == {("payment", ROOM, "debit"), ("receipt", HOT, "credit"), ("gas", HOT, "debit")}
    assert not ExternalItem.objects.filter(status="unmatched").exists()
    assert begin_due() == 0


def test_nothing_is_unexplained_while_it_is_under_way(house, rails):
    """Confirmed by our driver, in a block that our index has not read yet."""
    _deposited(rails, 250 * UNIT)
    before = _unexplained()
    transfer = drive_until(swept(), "CONFIRMED", between=rails.mine)
    assert (_unexplained(), transfer.status) == (before, "CONFIRMED")
    read_and_match(rails)
    assert _unexplained() == before


def _unexplained():
    read_balances()
    places = {one.place.account_code: one for one in overview().positions}
    return {code: places[code].unexplained for code in (ROOM, HOT)}
