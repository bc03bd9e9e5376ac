"""The tables that everybody reads agree with each other and with the code."""

import re
from decimal import Decimal
from pathlib import Path

import pytest

from transfers import crashpoints
from transfers.bounds import client_fee, converted, minimum_target
from transfers.failures import FAILURES
from transfers.machines import MACHINES
from transfers.states import TERMINAL, Route, Status
from transfers.thresholds import threshold
from transfers.wording import status_text

TRANSFERS = Path(__file__).resolve().parents[2] / "transfers"


def test_every_crash_point_stands_in_the_code_and_no_other_does() -> None:
    used = [name for path in TRANSFERS.rglob("*.py") for name in re.findall(r'crashpoint\("([^"]+)"\)', path.read_text())]
    assert sorted(used) == sorted(crashpoints.ALL)


def test_an_unknown_crash_point_is_an_error() -> None:
    with pytest.raises(ValueError, match="not a crash point"):
        crashpoints.crashpoint("send.somewhere")


def test_every_failure_code_in_the_code_is_in_the_catalogue() -> None:
    text = "\n".join(path.read_text() for path in (TRANSFERS / "commands").rglob("*.py"))
    codes = set(re.findall(r'failure_code="([a-z_]+)"', text)) | set(re.findall(r'\bcode = "([a-z_]+)"', text))
    assert codes
    assert codes <= FAILURES.keys()


@pytest.mark.parametrize("code", FAILURES)
def test_every_failure_has_its_four_answers(code: str) -> None:
    failure = FAILURES[code]
    assert failure.code == code
    answers = (failure.detection, failure.transition, failure.client_text, failure.operator_action)
    assert all(answer.endswith(".") and len(answer) > 10 for answer in answers)


def test_every_state_a_machine_can_reach_has_words_for_the_client() -> None:
    for route, version in MACHINES:
        for row in MACHINES[route, version]:
            assert status_text(route, row.target)


def test_the_words_of_a_review_are_those_of_processing() -> None:
    assert "review" not in status_text(Route.OFF_RAMP, Status.CREATED).lower()


def test_every_state_that_waits_has_a_threshold() -> None:
    for route, version in MACHINES:
        reached = {row.target for row in MACHINES[route, version]} | {Status.CREATED}
        for status in reached - TERMINAL:
            assert threshold(route, status) is not None, (route, status)


@pytest.mark.parametrize(
    ("amount", "bps", "minimum", "fee"),
    [(1_000_000, 25, 0, 2_500), (399, 25, 0, 0), (1_000_000, 25, 9_999, 9_999), (10**30, 1, 0, 10**26)],
)
def test_fees_are_rounded_down_and_have_a_minimum(amount: int, bps: int, minimum: int, fee: int) -> None:
    assert client_fee(amount, bps=bps, minimum=minimum) == fee


@pytest.mark.parametrize(
    ("indicative", "bps", "least"), [(10_000, 50, 9_950), (9_999, 50, 9_950), (1, 10_000, 1), (10**30, 0, 10**30)]
)
def test_the_least_is_rounded_up(indicative: int, bps: int, least: int) -> None:
    assert minimum_target(indicative, slippage_bps=bps) == least


def test_conversion_is_exact_for_any_width() -> None:
    assert converted(100_000_000, source_exponent=6, rate=Decimal("17.123456789"), target_exponent=2) == 171_234
    wide = converted(10**40 + 1, source_exponent=6, rate=Decimal("0.1"), target_exponent=6)
    assert wide == 10**39
