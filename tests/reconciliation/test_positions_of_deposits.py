"""The addresses of clients as one place: deposits that one side has and the other will have explain the difference."""

import pytest

from reconciliation.positions import PlaceKind
from reconciliation.positions.arrivals import AFTER_THE_BLOCK
from reconciliation.positions.explained import NOT_BOOKED_YET
from tests.reconciliation.outside import index
from tests.reconciliation.places import position_of, reading, sources
from tests.transfers import world as worlds
from tests.transfers.incoming import address_of, fake_chain
from tests.transfers.world import UNIT, USDC, drive_until
from transfers.commands.deposits.watching import watch
from transfers.models import Arrival, Transfer
from transfers.rails.registry import rails

pytestmark = pytest.mark.django_db
DEPOSITS = f"wallet:deposits:{USDC}"


@pytest.fixture
def chain(bound):
    worlds.build()
    sources()
    with fake_chain() as outside:
        yield outside


def _deposit(chain):
    """250.00 USDC in a block that is final by now."""
    chain.pay(address_of().value, 250 * UNIT)
    watch()
    chain.mine(rails().evm.final_depth)
    return Transfer.objects.get()


def test_a_deposit_that_is_shown_and_not_credited_is_explained(chain):
    _deposit(chain)
    index()
    reading(DEPOSITS, 250 * UNIT, block=1)
    found = position_of(DEPOSITS)
    assert (found.place.kind, found.ledger, found.difference, found.unexplained) == (PlaceKind.POOL, 0, 250 * UNIT, 0)
    assert [one.words for one in found.explanations] == [NOT_BOOKED_YET]
    assert found.in_flight.coming == 250 * UNIT


def test_a_deposit_that_is_credited_before_its_block_is_read_is_explained(chain):
    drive_until(_deposit(chain), "CONFIRMED")
    block = Arrival.objects.get().block_number or 0
    reading(DEPOSITS, 0, block=block - 1)
    found = position_of(DEPOSITS)
    assert (found.ledger, found.difference, found.unexplained) == (250 * UNIT, -250 * UNIT, 0)
    assert [one.words for one in found.explanations] == [AFTER_THE_BLOCK]
    index()
    assert [one.count for one in position_of(DEPOSITS).explanations] == [1]
    reading(DEPOSITS, 250 * UNIT, block=block)
    assert (position_of(DEPOSITS).difference, position_of(DEPOSITS).explanations) == (0, ())
