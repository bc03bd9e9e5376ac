"""One confirmed payment at which nobody can look keeps no other from being watched, and rings."""

from collections.abc import Iterator
from typing import Any

import pytest

from audit import clock
from backoffice.alerts.rules.reorgs import WatchBroken
from ledger.commands.corrections import reverse
from ledger.models import LedgerTransaction
from tests.transfers.tame import Tame, tame_outside
from tests.transfers.world import LONG_AGO, World, drive_until
from transfers.commands.watching import watch_confirmed
from transfers.models import ChainTransaction, Transfer
from transfers.rails.evm import ChainState


@pytest.fixture
def tame() -> Iterator[Tame]:
    with tame_outside() as outside:
        outside.final_depth = 99
        yield outside


def _confirmed(world: World) -> Transfer:
    return drive_until(world.order("40.00"), "CONFIRMED")


def _corrected(transfer: Transfer) -> Transfer:
    """People have taken its posting back, so that a reorg of it cannot do so again."""
    paid = LedgerTransaction.objects.get(transaction_id=transfer.id, kind="withdrawal")
    reverse(reference_of=paid.reference, reference="by-hand", reason="booked by mistake", value_at=clock.now())
    return transfer


def _watched() -> dict[Any, str]:
    ChainTransaction.objects.exclude(watch_at=None).update(watch_at=LONG_AGO)
    watch_confirmed()
    return dict(Transfer.objects.values_list("pk", "status"))


def test_one_that_breaks_is_told_and_the_others_are_watched(world: World, tame: Tame, monkeypatch: pytest.MonkeyPatch) -> None:
    broken, fine = _corrected(_confirmed(world)), _confirmed(world)
    with monkeypatch.context() as patch:
        patch.setattr(tame, "find", lambda _: ChainState("unknown"))
        assert _watched() == {broken.pk: "CONFIRMED", fine.pk: "REORGED"}
        broken.refresh_from_db()
        assert broken.last_error == "watch_broken: unexpected AlreadyReversed; see the log"
        assert [found.transfer_id for found in WatchBroken().find() or []] == [broken.pk]

    _watched()
    broken.refresh_from_db()
    assert (broken.last_error, WatchBroken().find()) == ("", [])
