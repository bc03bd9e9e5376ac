"""The sweep: what it does when nobody else does, and that it survives what breaks."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from audit import clock
from backoffice.alerts import jobs
from backoffice.alerts.models import Alert, Delivery
from backoffice.health import heartbeats
from backoffice.health.lanes import Job, Lanes
from backoffice.schedule import beat_schedule
from tests.alerts.conftest import Sink
from tests.transfers import world as worlds
from transfers.models import Heartbeat, Transfer


def until(met: Callable[[], bool], within_s: float = 30.0) -> None:
    deadline = time.monotonic() + within_s
    while not met():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)


def test_it_drives_only_what_others_left(db: None, monkeypatch: pytest.MonkeyPatch, bound: None) -> None:
    world = worlds.build()
    overdue, fresh, waiting = world.order(), world.order(), world.order("5000.00")
    now = clock.now()
    Transfer.objects.filter(pk=overdue.pk).update(due_at=now - timedelta(seconds=16))
    Transfer.objects.filter(pk=fresh.pk).update(due_at=now - timedelta(seconds=14))
    driven: list[Any] = []
    monkeypatch.setattr("transfers.driver.advance_one", driven.append)
    with clock.using(lambda: now):
        jobs.drive()
    assert driven == [overdue.pk]
    assert waiting.pk not in driven


@pytest.mark.parametrize(("silent_s", "runs"), [(0, 0), (31, 1)])
@pytest.mark.parametrize(
    ("job", "work"),
    [
        (jobs.reconcile, "backoffice.alerts.jobs.reconciling.reconcile"),
        (jobs.read_outside, "backoffice.alerts.jobs.readings.read_balances"),
        (jobs.see_deposits, "backoffice.alerts.jobs.watch_deposits"),
        (jobs.watch_chain, "backoffice.alerts.jobs.watch_confirmed"),
        (jobs.sweep_deposits, "backoffice.alerts.jobs.begin_due"),
    ],
)
def test_it_does_what_beat_sends_only_while_beat_is_silent(
    db: None, monkeypatch: pytest.MonkeyPatch, silent_s: int, runs: int, job: Callable[[], None], work: str
) -> None:
    heartbeats.sign(name="beat", kind="beat")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE transfers_heartbeat SET seen_at = seen_at - make_interval(secs => %s)", [silent_s])
    called: list[bool] = []
    monkeypatch.setattr(work, lambda: called.append(True))
    monkeypatch.setattr("backoffice.alerts.jobs.mend_gaps", lambda: None)
    job()
    assert called == [True] * runs


# What beat sends, and the job of the sweep that does it when there is no broker to send it over.
INSTEAD = {
    "drive due transfers": "drive",
    "reference rates": "rates",
    "watch deposits": "deposits",
    "sweep deposits": "sweeping",
    "watch the chain": "chain",
    "call payouts back": "recalls",
    "carry out files": "files",
    "reconcile": "reconcile",
    "read balances": "balances",
    "check health": "health checks",
    "check alerts": "alerts",
}
# Beat's own sign of life, and tidying that can wait.
ONLY_BEAT = {"beat is alive", "keep house"}


def test_without_a_broker_the_sweep_does_everything_that_beat_sends() -> None:
    assert set(beat_schedule()) == set(INSTEAD) | ONLY_BEAT
    assert set(INSTEAD.values()) <= {job.name for job in jobs.all_jobs()}


def test_one_job_can_be_run_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    from backoffice.alerts.management.commands import sweep

    ran: list[str] = []
    two = [Job("rates", 1, lambda: ran.append("rates")), Job("drive", 1, lambda: ran.append("drive"))]
    monkeypatch.setattr(sweep, "all_jobs", lambda: two)
    monkeypatch.setattr("backoffice.health.lanes.connections.close_all", lambda: None)
    call_command("sweep", once=True, job=["rates"])
    assert ran == ["rates"]


def test_a_job_that_breaks_is_tried_again_and_stops_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    rounds = {"bad": 0, "good": 0}

    def bad() -> None:
        rounds["bad"] += 1
        raise RuntimeError("a bug")

    def good() -> None:
        rounds["good"] += 1

    monkeypatch.setattr(heartbeats, "sign", lambda **_: None)
    swept = Lanes("sweeper", [Job("bad", 0.01, bad), Job("good", 0.01, good)], sign_every_s=0.01)
    thread = threading.Thread(target=swept.run)
    thread.start()
    until(lambda: min(rounds.values()) >= 3)
    swept.stop()
    thread.join(timeout=10)
    assert not thread.is_alive()
    assert not any(lane.is_alive() for lane in swept.lanes)


def test_a_lane_that_hangs_makes_it_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    signs: list[str] = []
    monkeypatch.setattr(heartbeats, "sign", lambda **given: signs.append(given["kind"]))
    let_go = threading.Event()
    swept = Lanes("sweeper", [Job("hangs", 0.01, lambda: let_go.wait(30), patience_s=0.2)], sign_every_s=60)
    thread = threading.Thread(target=swept.run)
    thread.start()
    until(lambda: signs == ["sweeper"])
    time.sleep(0.4)
    assert swept.sign() is False
    assert signs == ["sweeper"]
    let_go.set()
    swept.stop()
    thread.join(timeout=15)
    assert not thread.is_alive()


def test_once_says_which_jobs_broke(monkeypatch: pytest.MonkeyPatch) -> None:
    from backoffice.alerts.management.commands import sweep

    def bad() -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(sweep, "all_jobs", lambda: [Job("bad", 1, bad), Job("good", 1, lambda: None)])
    monkeypatch.setattr("backoffice.health.lanes.connections.close_all", lambda: None)
    with pytest.raises(CommandError, match="the log: bad"):
        call_command("sweep", once=True)


def _environment(sink: Sink) -> dict[str, str]:
    at = connection.settings_dict
    port = f"&port={at['PORT']}" if at["PORT"] else ""
    return os.environ | {
        "DATABASE_URL": f"postgresql://{at['USER']}:{at['PASSWORD']}@/{at['NAME']}?host={at['HOST']}{port}",
        # Nothing answers here: the sweep needs no broker.
        "REDIS_URL": "redis://127.0.0.1:9/0",
        "ALERT_CHANNELS": f"oncall={sink.url}",
        "ALERT_THRESHOLDS": "CREATED=1 process=4 seal=3600",
        "ALERT_PROCESSES": "worker,beat,sweeper",
        "COUNTERSIGN_PROCESS": "owner",
    }


@pytest.mark.long(24)
def test_alerts_arrive_with_beat_worker_and_broker_dead_and_the_database_restarting(
    committing: None, sink: Sink, tmp_path: Path
) -> None:
    """The real process: a stuck transfer and dead processes are told, also after every database connection was cut."""
    world = worlds.build()
    first = world.order()
    Transfer.objects.update(due_at=None)
    # Into a file: a pipe that nobody reads holds up whoever has much to say, as the sweep has about its cut connections.
    with (tmp_path / "sweep.log").open("wb") as said:
        process = subprocess.Popen([sys.executable, "manage.py", "sweep"], env=_environment(sink), stdout=said, stderr=said)
    try:
        until(lambda: any(first.reference in title for title in sink.titles), 60)
        until(
            lambda: (
                {"Critical: No beat has reported for 4 seconds", "Critical: No worker has reported for 4 seconds"}
                <= set(sink.titles)
            ),
            60,
        )
        assert Heartbeat.objects.filter(kind="sweeper").count() == 1
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        second = world.order()
        Transfer.objects.update(due_at=None)
        until(lambda: any(second.reference in title for title in sink.titles), 60)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
    finally:
        process.kill()
        process.wait()
    told = [title for title in sink.titles if "has reported" in title or "“Created”" in title]
    assert len(told) == len(set(told)) == 4
    assert Alert.objects.filter(resolved_at=None).count() == 4
    assert Delivery.objects.filter(delivered_at=None).count() == 0
