"""Speeding up at a high price: one asks with exact amounts, somebody else decides, and what has moved on ends the request."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import transaction

from approvals.commands import expire_due, place_halt
from approvals.errors import Halted, MakerMayNotDecide, NotCarriedOut, NotPending, RequestAlreadyPending
from approvals.models import ApprovalRequest
from audit import clock
from audit.models import AuditEvent
from tests.transfers.tame import tame_outside
from tests.transfers.world import World, acting, drive_until
from transfers import locks
from transfers.commands import dear_speed_up, moves
from transfers.commands.moot import dismiss_moot
from transfers.commands.recall import recall
from transfers.commands.speed_up import gas_room, speed_up
from transfers.errors import Conflict, Refused, Unavailable
from transfers.models import Transfer, WalletReservation
from transfers.queries import available_actions
from transfers.states import Status

WEI = 10**12
RESERVED, ALONE, DEAR, MOST = 120 * WEI, 240 * WEI, 500 * WEI, 600 * WEI


@pytest.fixture
def sent(world: World) -> Iterator[Transfer]:
    """Waiting for a block; its bid costs half of what is reserved."""
    with tame_outside():
        yield drive_until(world.order("100.00"), "SENT_ON_CHAIN")


def _ask(world: World, transfer: Transfer, gas: int = DEAR, reason: str = "the client waits") -> ApprovalRequest:
    with acting(world.maker):
        return dear_speed_up.ask(transfer_id=transfer.id, gas_amount=gas, reason=reason, maker=world.maker.id)


def _seen(transfer: Transfer) -> tuple[int, bool, int]:
    """What is reserved, whether somebody hurried it, and how often that is told."""
    promise = WalletReservation.objects.get(leg__transfer=transfer)
    told = transfer.events.filter(type="transfer.hurried").count()
    return int(promise.gas_amount), promise.hurried_at is not None, told


UNTOUCHED = (RESERVED, False, 0)


def _ended(request: ApprovalRequest) -> tuple[str, bool]:
    request.refresh_from_db()
    return request.status, bool(request.closing_reason)


def test_somebody_else_approves_it_and_the_limit_is_raised_once(world: World, sent: Transfer) -> None:
    request = _ask(world, sent)
    assert _seen(sent) == UNTOUCHED
    with pytest.raises(RequestAlreadyPending):
        _ask(world, sent)
    with pytest.raises(MakerMayNotDecide):
        world.vote_on(request, world.maker)
    assert _seen(sent) == UNTOUCHED
    assert world.vote_on(request, world.checker).status == "approved"
    assert _seen(sent) == (DEAR, True, 1)
    with pytest.raises(NotPending):
        world.vote_on(request, world.second_checker)
    assert _seen(sent) == (DEAR, True, 1)
    event = AuditEvent.objects.get(type="transfer.hurried")
    told = sent.events.get(type="transfer.hurried").data
    assert (told["gas_before"], told["gas_reserved"], told["request"]) == (str(RESERVED), str(DEAR), str(request.id))
    assert event.reason == "the client waits"
    drive_until(sent, "CONFIRMED")


def test_one_operator_alone_goes_as_far_as_is_configured(world: World, sent: Transfer) -> None:
    with pytest.raises(Refused, match="decided by two people"):
        speed_up(sent.id, "hurry", gas_amount=ALONE + 1)
    assert _seen(sent) == UNTOUCHED
    speed_up(sent.id, "hurry")
    assert _seen(sent) == (ALONE, True, 1)
    # The driver has not bid yet: so much is asked for already.
    speed_up(sent.id, "hurry more")
    assert _seen(sent) == (ALONE, True, 1)
    room = gas_room(sent)
    assert room is not None
    assert (room.alone, room.after, room.most) == (ALONE, 2 * ALONE, MOST)


def test_what_needs_nobody_is_too_much_or_has_no_reason_is_not_asked(world: World, sent: Transfer) -> None:
    for gas, reason in ((ALONE, "x"), (MOST + 1, "x"), (DEAR, " ")):
        with pytest.raises(Refused):
            _ask(world, sent, gas, reason)
    with pytest.raises(Conflict, match="Only what waits"):
        _ask(world, world.order("11.00"))
    assert not ApprovalRequest.objects.filter(action=dear_speed_up.ACTION).exists()


def test_a_rejection_leaves_everything_as_it_is_and_another_may_be_asked_for(world: World, sent: Transfer) -> None:
    assert world.vote_on(_ask(world, sent), world.checker, "reject").status == "rejected"
    assert _seen(sent) == UNTOUCHED
    assert _ask(world, sent).revision == 2


def test_a_block_meanwhile_voids_it(world: World, sent: Transfer) -> None:
    request = _ask(world, sent)
    assert dismiss_moot() == 0
    drive_until(sent, "CONFIRMED")
    with pytest.raises(NotCarriedOut):
        world.vote_on(request, world.checker)
    assert (_ended(request), _seen(sent)) == (("dismissed", True), UNTOUCHED)


@pytest.mark.parametrize("meanwhile", ["mined", "recalled", "raised"])
def test_what_has_moved_on_ends_the_request_by_itself(world: World, sent: Transfer, meanwhile: str) -> None:
    request = _ask(world, sent)
    with acting(world.maker):
        if meanwhile == "mined":
            drive_until(sent, "CONFIRMED")
        elif meanwhile == "recalled":
            recall(sent.id, "not wanted any more")
        else:
            speed_up(sent.id, "a little")
    before = _seen(sent)
    assert (dismiss_moot(), dismiss_moot()) == (1, 0)
    assert (_ended(request), _seen(sent)) == (("dismissed", True), before)


def test_one_that_every_node_has_forgotten_may_still_be_approved(world: World, sent: Transfer) -> None:
    request = _ask(world, sent)
    with transaction.atomic():
        moves.move(locks.transfer(sent.id), Status.DROPPED, due_at=clock.now())
    assert dismiss_moot() == 0
    world.vote_on(request, world.checker)
    assert _seen(sent)[0] == DEAR


def test_nobody_decides_and_it_lapses(world: World, sent: Transfer) -> None:
    request = _ask(world, sent)
    later = clock.now() + timedelta(hours=5)
    with clock.using(lambda: later):
        assert expire_due() == 1
    assert (_ended(request), _seen(sent)) == (("expired", True), UNTOUCHED)


def test_under_a_halt_it_is_not_approved_and_stays_asked(world: World, sent: Transfer) -> None:
    request = _ask(world, sent)
    place_halt(scope="client", target="acme", reason="fraud")
    with pytest.raises(Halted):
        world.vote_on(request, world.checker)
    assert (_ended(request), _seen(sent)) == (("pending", False), UNTOUCHED)


def test_a_wallet_without_the_gas_is_told_when_asked_and_when_approved(
    world: World, sent: Transfer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def short(*_: object) -> None:
        raise Unavailable("the wallet has too little gas")

    request = _ask(world, sent)
    monkeypatch.setattr("transfers.commands.treasury.check_free_gas", short)
    with pytest.raises(NotCarriedOut, match="too little gas"):
        world.vote_on(request, world.checker)
    assert (_ended(request), _seen(sent)) == (("dismissed", True), UNTOUCHED)
    with pytest.raises(Unavailable):
        _ask(world, sent)


def test_while_it_waits_the_action_says_so(world: World, sent: Transfer) -> None:
    def offered() -> tuple[bool, str]:
        found = available_actions(sent, {"transfers.retry_transfer"})
        action = next(one for one in found if one.name == "speed_up")
        return action.allowed, action.reason

    assert offered()[0]
    _ask(world, sent)
    assert offered() == (False, "Somebody has asked already, and an approver decides.")
