"""What is offered is what the machine allows, for every route and state; and what is refused is refused in words that are true."""

import pytest

from tests.transfers.cards import Provider, ordered
from tests.transfers.test_card_deposits import psp
from tests.transfers.world import Books, World, drive_until
from transfers import machines
from transfers.commands.cancel import CANCELLABLE, NEVER, ON_ITS_WAY, cancel, why_not_cancel
from transfers.commands.recall import recall, why_not_recall
from transfers.errors import Conflict
from transfers.models import Leg, Transfer
from transfers.queries import available_actions
from transfers.queries.actions import REFUND, RULES
from transfers.states import RequestState, Status

__all__ = ["psp"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bound")]
ALL = frozenset(rule.permission for rule in (*RULES, REFUND))
OVER_NO_CHAIN = "No payment of it goes over a blockchain."


def _reason(transfer: Transfer, name: str) -> str:
    """Why it is not offered; empty when it is."""
    action = next(one for one in available_actions(transfer, ALL) if one.name == name)
    return "" if action.allowed else action.reason


def test_cancelling_is_offered_where_the_machine_has_it_and_nothing_is_committed() -> None:
    begun = {"rail": Leg(request_state=RequestState.FORWARDED)}
    for route, version in machines.MACHINES:
        for status in Status:
            transfer = Transfer(route=route, machine_version=version, status=status)
            is_possible = status in CANCELLABLE and machines.may(route, version, status, Status.CANCELLED)
            assert (why_not_cancel(transfer, {}) == "") == is_possible, (route, version, status)
            assert why_not_cancel(transfer, begun)


def test_only_what_is_sent_on_a_chain_is_recalled() -> None:
    for route, version in machines.MACHINES:
        transfer = Transfer(route=route, machine_version=version, status=Status.CREATED)
        is_sent = Status.SENT_ON_CHAIN in machines.MILESTONES[route]
        assert (why_not_recall(transfer) == OVER_NO_CHAIN) != is_sent, (route, version)


def test_a_card_deposit_is_neither_cancelled_nor_recalled(psp: Provider) -> None:
    transfer = ordered()
    before = Books.now()
    assert (_reason(transfer, "cancel"), _reason(transfer, "recall")) == (NEVER, OVER_NO_CHAIN)
    with pytest.raises(Conflict, match=NEVER):
        cancel(transfer.pk, "not wanted")
    with pytest.raises(Conflict, match=OVER_NO_CHAIN):
        recall(transfer.pk, "not wanted")
    assert Books.now() == before
    drive_until(transfer, "CONFIRMED")
    assert _reason(transfer, "cancel") == NEVER


def test_a_withdrawal_says_of_both_what_is_so(world: World) -> None:
    transfer = world.order()
    assert _reason(transfer, "cancel") == ""
    assert "signed and not yet in a block" in _reason(transfer, "recall")
    assert why_not_cancel(transfer, {"evm": Leg(request_state=RequestState.FORWARDED)}) == ON_ITS_WAY
