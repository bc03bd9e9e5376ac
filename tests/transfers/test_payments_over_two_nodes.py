"""A confirmed payment of which one node says that its block is gone, while another does not answer: nothing is taken back."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from audit import clock
from backoffice.alerts.rules.reorgs import WAITS, Unproved
from tests.transfers import uncertain
from tests.transfers.tame import Tame, tame_outside
from tests.transfers.world import Books, World, drive_until, history
from transfers.models import Transfer
from transfers.rails.base import RetryableError


@pytest.fixture
def tame() -> Iterator[Tame]:
    with tame_outside() as outside:
        outside.final_depth = 99
        yield outside


def _silent(*_: Any) -> bool:
    raise RetryableError("one of them does not answer", provider="node-2")


@pytest.mark.parametrize("route", ["on_chain", "paid_out"])
def test_it_is_told_once_and_an_alert_follows(world: World, tame: Tame, monkeypatch: pytest.MonkeyPatch, route: str) -> None:
    transfer = _confirmed(world, route)
    before, status = Books.now().entries, transfer.status
    with monkeypatch.context() as patch:
        patch.setattr(tame, "is_replaced", _silent)
        uncertain.gone(transfer, tame, patch)
        uncertain.watched(transfer)
        assert (transfer.status, transfer.money_state, Books.now().entries) == (status, "posted", before)
        assert transfer.last_error.startswith("reorg_unproved: ")
        assert [kind for kind, *_ in history(transfer.id)].count("reorg_unproved") == 1
    assert Unproved().find() == []
    with clock.using(lambda: datetime.now(UTC) + WAITS + timedelta(seconds=1)):
        assert [found.transfer_id for found in Unproved().find() or []] == [transfer.pk]
    # Both answer again, and it was there all the time.
    assert uncertain.watched(transfer).last_error == ""


def test_once_every_node_shows_another_block_it_is_taken_back(world: World, tame: Tame, monkeypatch: pytest.MonkeyPatch) -> None:
    transfer = _confirmed(world, "on_chain")
    with monkeypatch.context() as patch:
        patch.setattr(tame, "is_replaced", _silent)
        uncertain.gone(transfer, tame, patch)
    assert uncertain.gone(transfer, tame, monkeypatch).status == "REORGED"


def _confirmed(world: World, route: str) -> Transfer:
    return drive_until(world.order(), "CONFIRMED") if route == "on_chain" else drive_until(world.off_ramp(), "FIAT_SETTLED")
