"""Reconciling while one side is ahead of the other: what is only early waits, what is late is missing for as long as it is."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from django.db import transaction

from audit import clock
from audit.models import AuditEvent
from reconciliation.commands.matching import match_open_items
from reconciliation.commands.reconciling import reconcile
from reconciliation.models import Break
from tests.reconciliation import outside
from tests.reconciliation.test_match_command import NOTHING, _told
from tests.transfers.chain.weather import branch_off, watch
from tests.transfers.stack import Stack
from tests.transfers.world import UNIT, World, drive_until
from transfers.commands.returns import dispute
from transfers.models import ChainTransaction, Transfer

pytestmark = pytest.mark.stack


def test_the_chain_may_be_ahead_of_our_books(read: World, rails: Stack) -> None:
    transfer = drive_until(read.order(), "SENT_ON_CHAIN")
    rails.mine(3)
    assert _told(outside.read_and_match(rails)) == NOTHING
    assert outside.statuses() == {"unmatched": 2}
    # Items that wait keep no others from their turn.
    outside.pay_in(rails, UNIT)
    outside.everything_final(rails)
    outside.index()
    assert _told(match_open_items(limit=1)) == (0, 1, 0)
    drive_until(transfer, "CONFIRMED", between=rails.mine)
    assert _told(match_open_items()) == (2, 0, 1)


def test_gas_that_we_booked_otherwise_is_a_fee_break(read: World, rails: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    transfer = outside.confirmed(read, rails)
    cost = ChainTransaction.objects.get(leg__transfer=transfer).gas_cost
    assert cost is not None
    monkeypatch.setattr("reconciliation.commands.matching._gas_booked", lambda _tx_hash: cost - 1)
    assert _told(outside.read_and_match(rails)) == (1, 1, 0)
    opened = Break.objects.get()
    assert (opened.type, opened.expected_amount, opened.actual_amount, opened.currency) == ("fee", cost - 1, cost, "ETH.ethereum")


def test_a_block_that_is_read_before_its_gas_is_booked_anew_waits_for_that(read: World, rails: Stack) -> None:
    transfer = outside.confirmed(read, rails)
    branch_off(transfer, rails)
    assert watch(transfer).status == "REORGED"
    # The new branch is read while the books have taken everything back.
    assert _told(outside.read_and_match(rails)) == NOTHING
    drive_until(transfer, "CONFIRMED", between=rails.mine)
    assert _told(match_open_items()) == (2, 0, 1)


def test_a_block_that_is_read_before_anybody_has_looked_waits_for_the_gas_that_is_booked_anew(read: World, rails: Stack) -> None:
    transfer = outside.settled(read, rails)
    branch_off(transfer, rails, "later")
    # Both ends of the tokens' way are right wherever they are; what they cost is not known to be.
    assert _told(outside.read_and_match(rails)) == (2, 0, 0)
    watch(transfer)
    assert _told(match_open_items()) == (1, 0, 0)
    outside.close_statement(rails)
    assert _told(outside.read_and_match(rails)) == (1, 0, 1)
    assert not Break.objects.exists()


def test_a_payment_that_is_not_shown_within_a_day_is_missing_once(read: World, rails: Stack) -> None:
    transfer = outside.confirmed(read, rails)
    for late, breaks in ((timedelta(hours=23), 0), (timedelta(hours=25), 1), (timedelta(hours=26), 0)):
        moment = transfer.state_entered_at + late
        with clock.using(partial(datetime.fromtimestamp, moment.timestamp(), UTC)):
            assert _told(match_open_items()) == (0, breaks, 0)
    opened = Break.objects.get()
    assert (opened.type, opened.severity, opened.transfer_id) == ("missing_external", "high", transfer.id)
    assert (opened.expected_amount, opened.actual_amount) == (100 * UNIT, None)
    assert opened.source_id == outside.HOT
    # It shows after all: the transfer is closed, and so is what was said about it.
    assert _told(outside.read_and_match(rails)) == (2, 0, 1)
    opened.refresh_from_db()
    assert (opened.status, opened.resolution) == ("resolved", "The outside shows the payment, or two people have decided.")
    assert AuditEvent.objects.filter(type="reconciliation.break_resolved", transaction_id=transfer.id).count() == 1
    assert _told(reconcile()) == NOTHING


def test_what_the_bank_disputes_is_not_said_to_be_missing_too(read: World, rails: Stack) -> None:
    transfer = outside.settled(read, rails)
    with transaction.atomic():
        dispute(Transfer.objects.select_for_update().get(pk=transfer.pk), "bank_contradicts", reason="it says both", data={})
    assert _told(match_open_items()) == NOTHING
    assert not Break.objects.exists()
