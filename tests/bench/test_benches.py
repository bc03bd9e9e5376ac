"""Every benchmark at a tiny size: nothing is timed here, but both sides must have left the same, or the benchmark says no."""

import json
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from audit.context import Actor, bind
from backoffice.bench import evidence, scratch
from backoffice.bench.benches import BENCHES
from backoffice.bench.history import load_history
from backoffice.bench.load import AMOUNT, HOT, open_house, wallet
from backoffice.bench.management.commands import bench as command
from backoffice.bench.report import BenchBroken, Figure, Ratio, Report
from backoffice.bench.scale import TINY, Scale
from ledger.commands import Line
from tests.ledger.house import book


@pytest.fixture
def db() -> None:
    """The name makes pytest-django provide the test database; what is needed here are copies of it."""


@pytest.fixture
def template(django_db_setup: None, django_db_blocker: Any, db: None) -> Iterator[str]:
    """One test after the other: all workers of pytest-xdist share the server, and one benchmark runs on it at a time."""
    with django_db_blocker.unblock(), scratch.connect("postgres") as server:
        server.execute("SELECT pg_advisory_lock(hashtext('tests of the benchmarks'))")
        yield connection.settings_dict["NAME"]


@pytest.fixture
def databases(template: str) -> Iterator[scratch.Scratch]:
    with scratch.scratch(template=template) as made:
        yield made


@pytest.mark.long(10)
@pytest.mark.parametrize("name", BENCHES)
def test_it_measures_both_sides_and_the_books_prove_themselves_afterwards(name: str, databases: scratch.Scratch) -> None:
    report = BENCHES[name](databases, TINY)
    assert report.name == name
    assert len(report.figures) >= 2
    assert all(rate > 0 for figure in report.figures for rate in figure.rounds)
    assert report.ratios
    assert report.facts
    with scratch.using(databases.base):
        assert evidence.contradictions() == []


def test_a_loaded_past_proves_itself_and_its_guards_are_back(databases: scratch.Scratch) -> None:
    with scratch.using(databases.base):
        open_house(TINY)
        load_history(databases.base, 90, TINY)
        assert evidence.postings() == {"past": {"transactions": 30, "entries": 90, "events": 30}}
        assert evidence.contradictions() == []


def test_a_floor_that_writes_something_else_is_refused(databases: scratch.Scratch) -> None:
    with scratch.using(databases.base), bind(Actor.system("test"), correlation_id="a test"):
        open_house(TINY)
        for side, target in (("ours", wallet(0)), ("same", wallet(0)), ("bare", wallet(1))):
            book(f"{side}-0-1", Line.debit(target, AMOUNT), Line.credit(HOT, AMOUNT))
        assert evidence.same_contents("ours", "same") == 1
        with pytest.raises(BenchBroken, match="posting 0-1"):
            evidence.same_contents("ours", "bare")


def test_only_one_runs_on_a_server_at_a_time(databases: scratch.Scratch) -> None:
    with pytest.raises(scratch.BenchBusy), scratch.scratch():
        pass
    assert _databases() == [databases.base]


def test_its_databases_are_gone_afterwards_whatever_happened(template: str) -> None:
    seen = []

    def interrupted() -> None:
        with scratch.scratch(template=template) as made:
            made.copy("another")
            seen.extend(_databases())
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert len(seen) == 2
    assert _databases() == []
    assert connection.settings_dict["NAME"] == template


def test_what_a_killed_one_left_behind_is_dropped_by_the_next(template: str) -> None:
    with scratch.connect("postgres") as server:
        server.execute(f"CREATE DATABASE {scratch.PREFIX}left_behind")
    with scratch.scratch(template=template) as made:
        assert _databases() == [made.base]


REPORT = Report(
    "posting",
    {"cores": 2},
    [Figure("ours", "postings", (50.0, 80.0, 60.0)), Figure("floor", "postings", (100.0, 100.0, 100.0))],
    [Ratio.of("of the floor", Figure("ours", "postings", (50.0, 80.0)), Figure("floor", "postings", (100.0, 100.0)), 0.7)],
)


@pytest.fixture
def _measured(template: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(_databases: scratch.Scratch, _scale: Scale) -> Report:
        return REPORT

    monkeypatch.setitem(BENCHES, "posting", run)
    monkeypatch.setattr(command, "scratch", lambda: scratch.scratch(template=template))


@pytest.mark.usefixtures("_measured")
def test_the_command_says_the_same_to_people_and_to_programs() -> None:
    said, lines = StringIO(), StringIO()
    call_command("bench", "posting", "--json", stdout=said)
    call_command("bench", "posting", stdout=lines)
    found = json.loads(said.getvalue())
    assert found["figures"][0] == {"name": "ours", "unit": "postings/s", "median": 60.0, "best": 80.0, "rounds": [50.0, 80.0, 60.0]}
    assert found["ratios"] == [{"name": "of the floor", "value": 0.65, "best": 0.8, "required": 0.7, "holds": False}]
    assert found["holds"] is False
    assert "ours: 60 postings/s (best 80)" in lines.getvalue()
    assert "of the floor: 0.65 (of the best rounds 0.80), at least 0.7: MISSED" in lines.getvalue()


@pytest.mark.usefixtures("_measured")
def test_a_missed_ratio_fails_only_when_asked_to_check() -> None:
    with pytest.raises(SystemExit) as ended:
        call_command("bench", "posting", "--check", stdout=StringIO())
    assert ended.value.code == 1


def test_the_command_says_when_another_one_is_running(databases: scratch.Scratch) -> None:
    with pytest.raises(CommandError, match="another benchmark is running") as refused:
        call_command("bench", "posting", stdout=StringIO())
    assert refused.value.returncode == 2


def _databases() -> list[str]:
    with scratch.connect("postgres") as server:
        named = server.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [scratch.PREFIX])
        return [name for (name,) in named.fetchall()]
