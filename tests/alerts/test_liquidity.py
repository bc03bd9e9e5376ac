"""Too little, too much, or something that nothing explains: one alert each, which ends by itself and says why."""

import pytest

from audit import clock
from backoffice.alerts import checks
from backoffice.alerts.models import Alert
from backoffice.console.runbooks import RUNBOOKS
from ledger.commands import Line, Posting, post
from tests.alerts.looking import opened
from tests.reconciliation.places import HOT, SETTLEMENT, reading
from tests.transfers.levels import set_levels
from tests.transfers.world import FUNDS, UNIT, World

pytestmark = pytest.mark.usefixtures("healthy")


def _move(amount: int, reference: str) -> None:
    """From the hot wallet to the one at the partner; a negative amount comes back."""
    source, target = (HOT, SETTLEMENT) if amount > 0 else (SETTLEMENT, HOT)
    lines = (Line.debit(target, abs(amount)), Line.credit(source, abs(amount)))
    post(Posting(reference=reference, kind="wallet_movement", value_at=clock.now(), lines=lines))


def test_a_wallet_below_its_minimum_raises_one_alert_and_ends_by_itself(world: World) -> None:
    set_levels(world, HOT, minimum=FUNDS - 10 * UNIT, target=FUNDS)
    assert opened() == []
    _move(11 * UNIT, "out")
    assert opened() == [("liquidity", "liquidity-low")]
    assert checks.look().opened == 0
    alert = Alert.objects.get()
    assert (alert.severity, alert.title) == ("warning", "hot-1 is below its minimum")
    assert "so 999,989.00 USDC is expected" in alert.detail
    assert alert.runbook in RUNBOOKS
    _move(-UNIT, "back")
    assert opened() == []
    alert.refresh_from_db()
    assert alert.resolution == "hot-1 is within its levels, and nothing waits for it: 999,990.00 USDC is expected there."


def test_a_wallet_above_its_maximum_has_an_alert_of_its_own(world: World) -> None:
    set_levels(world, HOT, minimum=0, target=UNIT, maximum=FUNDS - 1)
    assert opened() == [("liquidity", "liquidity-high")]
    set_levels(world, HOT, minimum=FUNDS + 1, target=FUNDS + 1)
    assert opened() == [("liquidity", "liquidity-low")]
    gone = Alert.objects.get(runbook="liquidity-high")
    assert gone.resolution.startswith("hot-1 is below its minimum now, which has an alert of its own")


def test_an_unexplained_difference_is_critical_when_money_is_missing(world: World) -> None:
    reading(HOT, FUNDS - 7)
    assert opened() == [("unexplained difference", "position-unexplained")]
    alert = Alert.objects.get()
    assert (alert.severity, alert.cause_key) == ("critical", HOT)
    assert alert.title == "hot-1: 0.000007 USDC less outside than anything explains"
    reading(HOT, FUNDS, block=8)
    assert opened() == []
    alert.refresh_from_db()
    assert alert.resolution == "Books and outside agree."


def test_a_figure_that_grows_old_resolves_nothing(world: World) -> None:
    reading(HOT, FUNDS + 7)
    assert opened() == [("unexplained difference", "position-unexplained")]
    assert Alert.objects.get().severity == "warning"
    assert opened(hours=1) == [("unexplained difference", "position-unexplained")]
