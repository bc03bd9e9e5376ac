"""Transfers brought into each state in which the outside does not answer."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.transfers.tame import Tame
from tests.transfers.world import LONG_AGO, World
from transfers import driver
from transfers.models import Transfer
from transfers.rails.base import RetryableError, UnknownOutcome
from transfers.uncertain import BROADCAST, DOUBT, PAYOUT, SIGNING, Uncertainty


def _silent(*_: Any, **__: Any) -> Any:
    raise UnknownOutcome("no answer arrived", provider="somebody")


def _away(*_: Any, **__: Any) -> Any:
    raise RetryableError("nobody is there", provider="somebody")


def _drive(transfer: Transfer, passes: int = 6) -> Transfer:
    for _ in range(passes):
        Transfer.objects.filter(pk=transfer.pk, due_at__isnull=False).update(due_at=LONG_AGO)
        driver.advance_one(transfer.id)
    transfer.refresh_from_db()
    return transfer


def signing(world: World, tame: Tame, patch: pytest.MonkeyPatch) -> Transfer:
    patch.setattr(tame, "sign_transfer", _away)
    return _drive(world.order("40.00"))


def broadcast(world: World, tame: Tame, patch: pytest.MonkeyPatch) -> Transfer:
    patch.setattr(tame, "broadcast", _silent)
    patch.setattr(tame, "find", _away)
    return _drive(world.order("40.00"))


def doubt(world: World, tame: Tame, patch: pytest.MonkeyPatch) -> Transfer:
    honest = tame.find
    patch.setattr(tame, "find", lambda tx_hash: replace(honest(tx_hash), transfers=()))
    return _drive(world.order("40.00"))


def payout(world: World, tame: Tame, patch: pytest.MonkeyPatch) -> Transfer:
    patch.setattr(tame, "submit", _silent)
    patch.setattr(tame, "status", _away)
    return _drive(world.off_ramp("40.00"))


Bring = Callable[[World, Tame, pytest.MonkeyPatch], Transfer]
INTO: dict[str, tuple[Bring, Uncertainty]] = {
    "signing": (signing, SIGNING),
    "broadcast": (broadcast, BROADCAST),
    "doubt": (doubt, DOUBT),
    "payout": (payout, PAYOUT),
}
