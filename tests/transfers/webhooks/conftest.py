"""An order that is out, for messages about it."""

from datetime import timedelta

import pytest

from audit import clock
from tests.transfers.world import World
from transfers.models import Leg, Transfer


@pytest.fixture
def sent(world: World) -> Leg:
    """A leg whose order is out, and whose transfer is looked at again in ten minutes."""
    transfer = world.order()
    Transfer.objects.filter(pk=transfer.pk).update(due_at=clock.now() + timedelta(minutes=10))
    leg = Leg.objects.filter(transfer=transfer).first() or _leg(transfer)
    Leg.objects.filter(pk=leg.pk).update(request_state="responded")
    leg.refresh_from_db()
    return leg


def _leg(transfer: Transfer) -> Leg:
    return Leg.objects.create(
        transfer=transfer,
        ordinal=1,
        reference="0123456789ABCDEFGHJKMNPQRS",
        rail="bank",
        direction="out",
        asset_id="MXN",
        amount=1,
        account_code="nostro:nordbank-mxn:MXN",
        counterparty={},
        created_at=clock.now(),
    )
