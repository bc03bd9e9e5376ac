"""Alerts about providers, corridors and reference rates: when they open, and that they end by themselves."""

from collections.abc import Iterator

import pytest

from audit import context
from audit.context import Actor
from backoffice.alerts.checks import look
from backoffice.alerts.models import Alert
from tests.transfers import world as worlds
from tests.transfers.tame import tame_outside
from tests.transfers.world import World
from transfers.commands.providers import put_back, take_out
from transfers.models import RateSource

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def house() -> Iterator[World]:
    with context.bind(Actor.system("test")), tame_outside():
        yield worlds.build()


def open_ones() -> dict[str, str]:
    look()
    ours = Alert.objects.filter(resolved_at=None, rule__in=("provider out of use", "corridor walled off", "reference rate missing"))
    return {alert.title: alert.severity for alert in ours}


def test_on_a_good_day_there_is_none() -> None:
    assert open_ones() == {}


def test_a_provider_that_is_out_warns_and_the_corridors_it_walls_off_wake_somebody() -> None:
    take_out(code="bank", reason="their incident 42")
    assert open_ones() == {"Bank is out of use": "warning", "Nothing new begins in US-MX": "critical"}
    assert "their incident 42" in Alert.objects.get(rule="provider out of use").detail

    put_back(code="bank", reason="it is over")
    assert open_ones() == {}
    assert Alert.objects.get(rule="corridor walled off").resolution == "The corridor takes new work again."


def test_the_last_desk_walls_off_its_corridors() -> None:
    take_out(code="desk", reason="wrong rates")
    assert "Nothing new begins in US-MX" in open_ones()
    assert Alert.objects.get(rule="corridor walled off").detail.startswith("No desk is left")


def test_a_rate_that_is_too_old_wakes_somebody_with_the_way_out() -> None:
    RateSource.objects.filter(pk="test").update(max_age_s=1)
    assert open_ones() == {"No fresh reference rate for USDC to MXN": "critical"}
    alert = Alert.objects.get(rule="reference rate missing")
    assert (alert.link, alert.runbook) == ("/providers/rates/", "reference-rate-missing")
