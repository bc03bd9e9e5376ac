"""An error in the log of a campaign that nobody planned is found, whoever wrote it down."""

import json
from pathlib import Path

import pytest

from backoffice.campaign.said import unplanned
from backoffice.campaign.sealing import BROKE_IT
from transfers.crashpoints import Crashed

FRAMES = 'Traceback (most recent call last):\n  File "driver.py", line 1, in step\n    act()\n'


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "processes.log"


def _logged(error: str) -> str:
    return json.dumps({"event": "step broke", "level": "error", "exception": FRAMES + error}) + "\n"


def test_what_was_asked_for_is_no_finding(log: Path) -> None:
    crashed = f"{Crashed.__module__}.{Crashed.__qualname__}: asked to fail at lock.before_commit"
    log.write_text(f'{FRAMES}{crashed}\n{_logged(crashed)}{FRAMES}OSError: {BROKE_IT}\n{{"event": "all is well"}}\n')
    assert list(unplanned(log)) == []


def test_people_who_come_too_late_are_answered_and_that_is_no_finding(log: Path) -> None:
    log.write_text(
        f"{FRAMES}transfers.errors.Conflict: It is CANCELLED by now.\n{FRAMES}approvals.errors.Halted: Everything is stopped.\n"
    )
    assert list(unplanned(log)) == []
    log.write_text(f"{FRAMES}transfers.errors.IllegalTransition: there is no such row\n")
    assert list(unplanned(log)) == ["1 times transfers.errors.IllegalTransition: there is no such row"]


def test_an_error_that_ended_a_process_is_found(log: Path) -> None:
    log.write_text(f"a line before\n{FRAMES}ValueError: 12 is no amount\na line after\n")
    assert list(unplanned(log)) == ["1 times ValueError: # is no amount"]


def test_an_error_that_somebody_logged_is_found_once_with_how_often_it_stands_there(log: Path) -> None:
    log.write_text(_logged("KeyError: 7") + _logged("KeyError: 8") + _logged("OSError: the disk is full"))
    assert list(unplanned(log)) == ["2 times KeyError: #", "1 times OSError: the disk is full"]


def test_a_line_that_was_cut_off_by_a_kill_is_read_as_it_is(log: Path) -> None:
    log.write_text(_logged("KeyError: x")[:90])
    assert len(list(unplanned(log))) == 1


def test_a_process_that_wrote_nothing_has_no_log(log: Path) -> None:
    assert list(unplanned(log)) == []
