"""What a campaign plans from its seed, and what it makes of what it finds; the campaign itself runs in tests/stack."""

import os
import signal
from pathlib import Path
from random import Random

import pytest
from django.db import connection

from backoffice.campaign import invariants, shots, works
from backoffice.campaign.processes import Hung, Nursery, paused, wait
from backoffice.campaign.run import Result
from backoffice.campaign.shots import Cell, How
from backoffice.campaign.storm import Storm
from transfers import crashpoints

CELLS = [
    Cell("off_ramp", "drive", "send.after_sign"),
    Cell("off_ramp", "drive", "pay_out.after_submit"),
    Cell("x", "begin", "create.after_commit"),
]


def test_it_shoots_every_cell_in_every_way() -> None:
    planned = shots.singles(CELLS, Random(1))
    assert [(shot.cell, shot.how) for (shot,) in planned] == [(cell, how) for cell in CELLS for how in How]


def test_the_place_where_a_point_was_first_met_stands_for_one_that_does_not_meet_it_again() -> None:
    elsewhere = Cell("y", "drive", "send.after_sign")
    *_, last = shots.singles([*CELLS, elsewhere], Random(1), ways=[How.RAISE])
    assert [(shot.cell, shot.how) for shot in last] == [(elsewhere, How.RAISE), (CELLS[0], How.RAISE)]
    assert last[1].nth == 1


def test_a_shot_too_deep_for_what_there_is_falls_back_to_the_first_time() -> None:
    deep = shots.Shot(CELLS[0], How.STOP, 3)
    assert deep.order == "send.after_sign:3=stop"
    assert deep.the_first_time().order == "send.after_sign:1=stop"


def test_the_same_seed_plans_the_same() -> None:
    assert shots.singles(CELLS, Random(5)) == shots.singles(CELLS, Random(5))
    assert list(shots.pairs(CELLS, Random(5))) == list(shots.pairs(CELLS, Random(5)))


def test_pairs_are_of_important_points_of_the_same_work() -> None:
    found = {(one.cell.point, two.cell.point) for one, two in shots.pairs(CELLS, Random(1))}
    first, second = "send.after_sign", "pay_out.after_submit"
    assert found == {(first, first), (first, second), (second, second)}


def test_important_points_exist() -> None:
    assert set(shots.IMPORTANT) <= set(crashpoints.ALL)


def test_a_point_that_no_work_leads_to_is_named() -> None:
    missing = Storm.unreached(CELLS)
    assert "send.after_sign" not in missing
    assert "lock.before_commit" in missing
    result = Result(seed=1, seconds=1.0, transfers=0, fired={}, unreached=["lock.before_commit"])
    assert not result.holds
    assert any("lock.before_commit" in line and "backoffice/campaign/works" in line for line in result.lines())


def test_two_kinds_of_work_of_one_name_are_refused() -> None:
    first = works.every()[0]
    with pytest.raises(ValueError, match="registered already"):
        works.register(first)


@pytest.fixture
def nursery(tmp_path: Path) -> Nursery:
    return Nursery(tmp_path / "log")


def _pass_twice() -> None:
    crashpoints.crashpoint("send.after_sign")
    crashpoints.crashpoint("send.after_sign")


def test_a_process_is_killed_the_nth_time_it_passes(nursery: Nursery, tmp_path: Path) -> None:
    log = tmp_path / "points"
    environment = {"COUNTERSIGN_CRASH": "send.after_sign:2=kill", "COUNTERSIGN_CRASH_LOG": str(log)}
    fate = nursery.run(_pass_twice, role="", environment=environment)
    assert fate.signal == signal.SIGKILL
    assert log.read_text().split() == ["send.after_sign", "send.after_sign", "send.after_sign!"]


def test_a_process_that_stops_goes_on_when_it_is_woken(nursery: Nursery) -> None:
    pid = nursery.start(_pass_twice, role="", environment={"COUNTERSIGN_CRASH": "send.after_sign=stop"})
    assert wait(pid).stopped
    with paused(pid):
        pass
    assert wait(pid).status == 0


def test_an_error_at_a_point_ends_the_process_without_a_signal(nursery: Nursery) -> None:
    fate = nursery.run(_pass_twice, role="", environment={"COUNTERSIGN_CRASH": "send.after_sign=raise"})
    assert (fate.signal, fate.status) == (0, 1)


def test_one_that_does_not_end_is_killed_and_reported(nursery: Nursery) -> None:
    pid = nursery.start(signal.pause, role="", environment={})
    with pytest.raises(Hung):
        wait(pid, within_s=0.05)
    with pytest.raises(ChildProcessError):
        os.waitpid(pid, 0)


@pytest.mark.django_db
@pytest.mark.parametrize("query", list(invariants.invariants()), ids=lambda query: f"{query[0]} {query[1][:30]}")
def test_every_invariant_can_be_asked_and_finds_nothing_in_an_empty_house(query: tuple[str, str, str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(query[2])
        assert cursor.fetchall() == []


def test_invariants_have_numbers_and_names() -> None:
    found = [(number, name) for number, name, _ in invariants.invariants()]
    assert len(found) > 12
    assert all(number[1:].isdigit() and name for number, name in found)
