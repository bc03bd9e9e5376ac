"""Health checks: when one starts, how it ends, and that however often anybody looks there is one at a time."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest

from approvals.commands import place_halt
from audit import clock, coverage
from audit.models import AuditEvent
from backoffice.alerts.rules.synthetic import HealthChecks
from ledger import chart
from ledger.chart import AccountKind
from ledger.commands import open_account
from ledger.queries.proofs import findings
from reconciliation.commands.closing import close_proved_transfers
from tests.transfers.incoming import fake_chain
from tests.transfers.within import neighbours
from tests.transfers.world import UNIT, USDC, World, drive_until, posted
from transfers.commands.synthetic import run_due
from transfers.commands.synthetic_setup import prepare
from transfers.models import SyntheticRun, Transfer
from transfers.queries import TransferFilter, transfer_page
from transfers.synthetic import FAR, NEAR

pytestmark = pytest.mark.django_db
_NEAR, _FAR = (chart.client_account_code(party, USDC) for party in (NEAR, FAR))


@pytest.fixture(autouse=True)
def prepared(world: World, settings: Any) -> Iterator[World]:
    settings.SYNTHETIC_TRANSFERS = {"internal_transfer": "1.00"}
    settings.SYNTHETIC_EVERY = 600.0
    neighbours()
    funding = chart.house_account_code("funding", USDC)
    open_account(code=funding, name=funding, kind=AccountKind.HOUSE_FUNDING, asset_id=USDC)
    with fake_chain():
        prepare(asset_id=USDC, amount=50 * UNIT)
        yield world


def later(**span: float) -> AbstractContextManager[None]:
    moment = clock.now() + timedelta(**span)
    return clock.using(lambda: moment)


def newest() -> SyntheticRun:
    return SyntheticRun.objects.latest("started_at")


def ended() -> SyntheticRun:
    """The one that runs, driven to its proof and judged."""
    transfer = newest().transfer
    assert transfer is not None
    drive_until(transfer, "CONFIRMED")
    close_proved_transfers()
    run_due()
    return newest()


def troubles() -> list[tuple[str, str]]:
    return [(found.cause_key, found.severity) for found in HealthChecks().find() or []]


def test_it_goes_back_and_forth_and_what_it_is_charged_is_given_back() -> None:
    assert run_due() == 1
    assert ended().result == "passed"
    assert (posted(_NEAR), posted(_FAR), posted("fees:internal:USDC.ethereum")) == (49 * UNIT, 51 * UNIT, 0)
    with later(minutes=11):
        assert run_due() == 1
        assert ended().result == "passed"
    assert (posted(_NEAR), posted(_FAR)) == (50 * UNIT, 50 * UNIT)
    assert list(findings(thorough=True)) == []
    assert list(coverage.findings()) == []
    told = AuditEvent.objects.filter(resource_type="synthetic_run").values_list("type", flat=True)
    assert sorted(told) == ["synthetic.ended", "synthetic.ended", "synthetic.started", "synthetic.started"]


def test_there_is_one_at_a_time_and_the_next_one_when_it_is_due() -> None:
    assert [run_due() for _ in range(3)] == [1, 0, 0]
    with later(hours=2):
        assert run_due() == 0, "the first is still on its way"
    ended()
    assert run_due() == 0
    with later(minutes=11):
        assert [run_due(), run_due()] == [1, 0]
    assert Transfer.objects.filter(is_synthetic=True).count() == 2


def test_none_is_started_before_what_it_needs_is_there(settings: Any) -> None:
    settings.SYNTHETIC_ASSET = "ETH.ethereum"
    assert run_due() == 0
    assert not SyntheticRun.objects.exists()


def test_it_is_the_workers_work(database_role: Callable[[str], AbstractContextManager[None]]) -> None:
    with database_role("countersign_worker"):
        assert run_due() == 1
    drive_until(Transfer.objects.get(is_synthetic=True), "CONFIRMED")
    close_proved_transfers()
    with database_role("countersign_worker"):
        run_due()
    assert newest().result == "passed"


def test_one_that_fails_alarms_until_another_passes() -> None:
    run_due()
    place_halt(scope="client", target=FAR, reason="a drill")
    transfer = newest().transfer
    assert transfer is not None
    with later(hours=5):
        drive_until(transfer, "EXPIRED")
        run_due()
    first, second = SyntheticRun.objects.order_by("started_at")
    assert (first.result, first.detail) == ("failed", "expired: bounds_expired")
    assert second.result == "skipped", "the halt is still there, and alarms on its own"
    assert troubles() == [("internal_transfer|failed", "critical")]
    assert posted(_NEAR) == 50 * UNIT


def test_one_that_cannot_be_ordered_fails_and_one_that_a_halt_stops_is_skipped(settings: Any) -> None:
    settings.SYNTHETIC_TRANSFERS = {"internal_transfer": "900.00"}
    run_due()
    assert (newest().result, newest().transfer) == ("failed", None)
    assert "could not be ordered" in newest().detail
    assert troubles() == [("internal_transfer|failed", "critical")]
    place_halt(scope="system", target="", reason="a drill")
    with later(minutes=11):
        run_due()
    assert newest().result == "skipped"
    assert not Transfer.objects.filter(is_synthetic=True).exists()


def test_one_that_takes_too_long_alarms_and_so_does_silence(settings: Any) -> None:
    assert troubles() == []
    run_due()
    with later(minutes=3):
        assert troubles() == [("internal_transfer|late", "critical")]
    ended()
    assert troubles() == []
    with later(hours=1):
        assert troubles() == [("internal_transfer|missed", "warning")]
        settings.SYNTHETIC_TRANSFERS = {}
        assert troubles() == []
        assert run_due() == 0


def test_lists_can_leave_them_out_and_a_list_of_them_alone_is_possible(world: World) -> None:
    order = world.order()
    run_due()
    everything = transfer_page(TransferFilter(clients=None)).rows
    assert len(everything) == 2
    assert transfer_page(TransferFilter(clients=None, with_synthetic=False)).rows == [order]


def test_a_route_without_a_check_is_refused(settings: Any) -> None:
    settings.SYNTHETIC_TRANSFERS = {"off_ramp": "1.00"}
    with pytest.raises(ValueError, match="no health check runs on route off_ramp"):
        run_due()
