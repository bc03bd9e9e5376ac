"""The short campaign on the running stack: every crash point that is in the code kills a process once; all invariants hold."""

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from backoffice.quickstart import programs
from tests.stack.harness import RunningStack

pytestmark = [pytest.mark.stack, pytest.mark.timeout(2100)]
# Met only when the driver looks at a credited deposit again before reconciliation has proved it, which no short run arranges yet.
BY_CHANCE = "watch_credited."
FLOORS = ("audit", "ledger", "approvals", "transfers", "reconciliation", "backoffice")


@pytest.fixture(scope="module")
def report(stack: RunningStack) -> dict[str, Any]:
    stack.wait_until(lambda: _stranger_is_booked(stack), "the sandbox's unannounced deposit to be in the books", 240)
    with stack.without("worker", "beat", "sweeper"):
        done = subprocess.run(
            [sys.executable, "manage.py", "campaign", "--here", "--short", "--seed", "1", "--json"],
            cwd=programs.root(),
            env=programs.inherited(stack.environ) | stack.services["environment"],
            capture_output=True,
            text=True,
            timeout=1800,
            check=False,
        )
    assert done.stdout.startswith("{"), done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _stranger_is_booked(stack: RunningStack) -> bool:
    """Otherwise the books and the chain would come to differ by less than before, which is a difference too."""
    return stack.query("SELECT EXISTS (SELECT FROM transfers_arrival WHERE rail = 'evm' AND status = 'unallocated')") == [(True,)]


def _points_in_the_code() -> set[str]:
    """The first argument of every call of `crashpoint`, read from the syntax: no list of names can hide one."""
    found: set[str] = set()
    for path in (path for floor in FLOORS for path in (programs.root() / floor).rglob("*.py")):
        found |= _points_in(path)
    return found


def _points_in(path: Path) -> set[str]:
    calls = (node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call))
    named = [call for call in calls if getattr(call.func, "id", getattr(call.func, "attr", "")) == "crashpoint"]
    return {str(ast.literal_eval(call.args[0])) for call in named}


def test_every_crash_point_in_the_code_killed_a_process(report: dict[str, Any]) -> None:
    points = _points_in_the_code()
    assert len(points) > 30
    assert {
        point for point in points if not report["fired"].get(point, {}).get("kill") and not point.startswith(BY_CHANCE)
    } == set(), (
        "these crash points never fired: register work that leads to them in backoffice/campaign/works, "
        "or the process that meets them in backoffice/campaign/hands.py"
    )


def test_whatever_was_killed_everything_came_to_rest_and_every_invariant_holds(report: dict[str, Any]) -> None:
    assert report["stuck"] == ""
    assert report["broken"] == []
    assert report["missed"] == []
    assert [point for point in report["unreached"] if not point.startswith(BY_CHANCE)] == []


def test_the_work_was_done_by_many_transfers_at_once(report: dict[str, Any]) -> None:
    assert report["transfers"] > 20
    assert report["crashes"] >= len([point for point in _points_in_the_code() if not point.startswith(BY_CHANCE)])
