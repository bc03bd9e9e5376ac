"""The short campaign, in a sandbox of its own: every crash point that is in the code kills a process once, the most important ones
strike in every way; all invariants hold."""

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from backoffice.campaign.sealing import PLACES
from backoffice.quickstart import programs

pytestmark = [pytest.mark.stack, pytest.mark.timeout(2100), pytest.mark.long(250)]
FLOORS = ("audit", "ledger", "approvals", "transfers", "reconciliation", "backoffice")


def _campaign() -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "manage.py", "campaign", "--short", "--seed", "1", "--json"],
        cwd=programs.root(),
        capture_output=True,
        text=True,
        timeout=2000,
        check=False,
    )
    assert done.stdout.startswith("{"), done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found


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


def test_every_crash_point_in_the_code_kills_a_process_and_everything_comes_to_rest() -> None:
    """One test, so that two workers never run two campaigns."""
    points, report = _points_in_the_code(), _campaign()
    assert len(points) > 30
    assert {point for point in points if not report["fired"].get(point, {}).get("kill")} == set(), (
        "these crash points never fired: register work that leads to them in backoffice/campaign/works, "
        "or the process that meets them in backoffice/campaign/hands.py"
    )
    ways = {how for found in report["fired"].values() for how in found}
    assert ways == {"kill", "raise", "stop"}
    assert report["halts"] > 0
    assert set(report["sealer"]) == {f"{place} by {how}" for place in PLACES for how in ("kill", "raise", "stop")}
    assert report["stuck"] == ""
    assert report["broken"] == []
    assert (report["missed"], report["unreached"]) == ([], [])
    assert report["transfers"] > 20
