"""Waiting for fees to fall below what the signer may pay, on every route that sends; what the signer refuses all the same fails."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from audit import clock
from ledger.queries.proofs import findings
from tests.transfers.tame import Tame, tame_outside
from tests.transfers.world import FUNDS, World, available, drive_until, history
from transfers import driver
from transfers.failures import FAILURES
from transfers.models import Transfer
from transfers.overdue import overdue
from transfers.rails.base import TerminalError
from transfers.rails.evm import FeeCaps
from transfers.states import Route, Status
from transfers.wording import status_text

TEXT = FAILURES["fees_above_cap"].client_text
CHAIN_ID = 31337
Order = Callable[[World], Transfer]


@pytest.fixture
def tame() -> Iterator[Tame]:
    with tame_outside() as outside:
        outside.caps = {CHAIN_ID: FeeCaps(outside.fees.max_fee_per_gas - 1, 10**9)}
        yield outside


def waiting(order: Order, world: World) -> Transfer:
    transfer = drive_until(order(world), "FUNDS_LOCKED")
    with pytest.raises(AssertionError, match="still FUNDS_LOCKED after 3 passes: fees_above_cap: network fees are above"):
        drive_until(transfer, "SENT_ON_CHAIN", passes=3)
    return transfer


@pytest.mark.parametrize("order", [World.order, World.off_ramp])
def test_every_route_that_sends_waits_and_says_so_once(world: World, tame: Tame, order: Order) -> None:
    transfer = waiting(order, world)
    assert (transfer.status_text, tame.broadcasts) == (TEXT, [])
    assert [kind for kind, *_ in history(transfer.id)].count("fee_cap_reached") == 1
    tame.signs, tame.caps = False, {}
    with pytest.raises(AssertionError, match="the signer sleeps"):
        drive_until(transfer, "SENT_ON_CHAIN", passes=1)
    assert transfer.status_text == status_text(Route(transfer.route), Status.FUNDS_LOCKED)
    tame.signs = True
    drive_until(transfer, "CONFIRMED", "FIAT_SETTLED")
    assert list(findings()) == []


def test_the_alert_about_its_state_says_why(world: World, tame: Tame) -> None:
    transfer = waiting(World.order, world)
    assert transfer.deadline_at is not None
    late = transfer.deadline_at + timedelta(seconds=1)
    with clock.using(lambda: late):
        rows, _ = overdue(route=Route.ON_CHAIN_WITHDRAWAL, status=Status.FUNDS_LOCKED, waits_for_people=False, limit=5)
    assert [(row.transfer_id, row.last_error.split(":")[0]) for row in rows] == [(transfer.id, "fees_above_cap")]


def test_a_chain_of_which_the_signer_says_nothing_is_its_own_to_refuse(world: World, tame: Tame) -> None:
    tame.caps = {1: FeeCaps(1, 1)}
    drive_until(world.order(), "CONFIRMED")


@pytest.mark.parametrize("code", ["gas_above_cap", "token_unknown", "recipient_not_listed"])
def test_what_the_signer_refuses_all_the_same_fails(world: World, tame: Tame, monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    def refuses(*_: Any, **__: Any) -> None:
        raise TerminalError("the signer refuses: no", provider="signer", code=code)

    tame.caps = {}
    monkeypatch.setattr(tame, "sign_transfer", refuses)
    transfer = world.order()
    driver.advance_one(transfer.id)
    transfer.refresh_from_db()
    assert (transfer.status, transfer.failure_code, available()) == ("FAILED", "signer_refused", FUNDS)
    assert list(findings()) == []
