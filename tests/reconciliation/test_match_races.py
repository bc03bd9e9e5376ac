"""Several runs at once, with real commits: each item and each transfer is settled once."""

import pytest

from reconciliation.commands.matching import MatchRun
from reconciliation.commands.reconciling import reconcile
from reconciliation.models import Break, ExternalItem, IndexedBlock, Match
from tests.ledger.crowd import at_once
from tests.reconciliation import outside
from tests.transfers.conftest import settle_in
from tests.transfers.stack import Stack
from tests.transfers.world import UNIT
from transfers.models import TransferEvent
from transfers.states import Status

pytestmark = pytest.mark.stack
RUNS = 4


def test_overlapping_runs_settle_each_item_and_each_transfer_once(committing: None, rails: Stack) -> None:
    house = settle_in(rails)
    outside.begin_to_read(rails)
    transfers = [outside.confirmed(house, rails, amount) for amount in ("100.00", "200.00", "300.00")]
    outside.pay_in(rails, UNIT)
    outside.everything_final(rails)

    runs = at_once([reconcile] * RUNS)

    assert all(isinstance(run, MatchRun) for run in runs), runs
    told = [run for run in runs if isinstance(run, MatchRun)]
    rest = reconcile()
    assert sum(run.matched for run in [*told, rest]) == 6
    assert sum(run.reconciled for run in [*told, rest]) == 3
    assert sum(run.breaks for run in [*told, rest]) == 1
    assert (Match.objects.count(), Break.objects.count(), ExternalItem.objects.count()) == (6, 1, 7)
    numbers = list(IndexedBlock.objects.values_list("number", flat=True))
    assert len(numbers) == len(set(numbers))
    for transfer in transfers:
        transfer.refresh_from_db()
        assert transfer.status == Status.RECONCILED
        assert TransferEvent.objects.filter(transfer_id=transfer.id, to_status=Status.RECONCILED).count() == 1


def test_two_runs_do_not_prove_one_payment_with_two_lines(committing: None, rails: Stack) -> None:
    """Each of the two takes one of the bank's two equal lines, at the same moment."""
    house = settle_in(rails)
    outside.begin_to_read(rails)
    leg = outside.bank_leg(outside.settled(house, rails))
    for statement in ("A1", "A2", "A3"):
        refs = f"<EndToEndId>{leg.reference}</EndToEndId>"
        outside.bank_line(outside.pesos(leg.amount), refs=refs, identification=statement)
    runs = at_once([reconcile] * RUNS)
    assert all(isinstance(run, MatchRun) for run in runs), runs
    reconcile()
    assert Match.objects.filter(leg_reference=leg.reference).count() == 1
    assert Break.objects.filter(type="duplicate").count() == 2
