"""The page of health checks: what on-call sees of the last ones, of one that is late, and when there are none."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from audit import clock
from transfers.models import SyntheticRun

pytestmark = pytest.mark.django_db
PAGE = "/alerts/health-checks/"


@pytest.fixture
def page(client: Client, cast: Any, settings: Any) -> Callable[[], str]:
    settings.SYNTHETIC_TRANSFERS = {"internal_transfer": "1.00", "on_chain_withdrawal": "2.00"}

    def read() -> str:
        client.force_login(cast.auditor)
        answer = client.get(PAGE)
        assert answer.status_code == 200
        return " ".join(answer.content.decode().split())

    return read


NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with clock.using(lambda: NOON):
        yield


def run(route: str, result: str, *, ago: timedelta, took: timedelta | None = None, detail: str = "") -> None:
    started = clock.now() - ago
    SyntheticRun.objects.create(
        route=route,
        result=result,
        detail=detail,
        started_at=started,
        deadline_at=started + timedelta(seconds=120),
        ended_at=started + took if took else None,
    )


def test_it_shows_result_age_and_duration(page: Callable[[], str]) -> None:
    run("internal_transfer", "passed", ago=timedelta(minutes=4), took=timedelta(seconds=1.5))
    shown = page()
    for words in ("Health checks</h1>", ">passed<", "3 m 58 s ago", "1.5 s", "2.00 USDC.ethereum", "none has ended"):
        assert words in shown, words


def test_it_says_how_to_set_up_what_cannot_run_yet(page: Callable[[], str]) -> None:
    assert page().count("not set up: manage.py prepare_synthetic") == 2


def test_it_says_which_is_in_trouble_and_why(page: Callable[[], str]) -> None:
    run("internal_transfer", "failed", ago=timedelta(minutes=4), took=timedelta(seconds=1), detail="failed: receiver_cannot_take")
    run("on_chain_withdrawal", "running", ago=timedelta(minutes=4))
    shown = page()
    for words in ("2 health checks in trouble", "failed: receiver_cannot_take", "takes too long", "one is on its way"):
        assert words in shown, words


def test_it_says_that_they_are_off_and_keeps_the_old_ones(page: Callable[[], str], settings: Any) -> None:
    run("internal_transfer", "passed", ago=timedelta(days=4), took=timedelta(seconds=1))
    settings.SYNTHETIC_TRANSFERS = {}
    shown = page()
    assert "Health checks are switched off" in shown
    assert "prepare_synthetic" in shown
    assert "1.0 s" in shown
