"""manage.py seal as a process: it seals, anchors, signs its life, ends when told to, and goes on after it was killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from audit.models import AuditEvent
from audit.sealing.keys import SigningKey
from backoffice.sealing import checks
from backoffice.sealing.process import Rounds
from tests.audit.log import KEY, House, events, holds, house, leaves, notes, rows
from tests.audit.log import db as db
from tests.audit.log import event as one_event
from transfers.models import Heartbeat

__all__ = ["db", "house"]


@pytest.fixture(autouse=True)
def _configured(settings: Any, tmp_path: Path) -> None:
    settings.COUNTERSIGN_PROCESS = "sealer"
    settings.AUDIT_LOG_KEY = str(KEY.public())
    settings.AUDIT_SIGNING_KEY = KEY.text()
    settings.AUDIT_STATE_DIR = tmp_path / "state"
    settings.AUDIT_ANCHORS = {"disk": f"file://{tmp_path}/anchor", "other": f"file://{tmp_path}/other"}


def _until(met: Callable[[], bool], within_s: float = 60.0) -> None:
    deadline = time.monotonic() + within_s
    while not met():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)


@contextmanager
def _sealer(directory: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The real process, with the sealer's own role."""
    at = connection.settings_dict
    port = f"&port={at['PORT']}" if at["PORT"] else ""
    (directory / "key").write_text(KEY.text() + "\n")
    environment = os.environ | {
        "COUNTERSIGN_PROCESS": "sealer",
        "DATABASE_URL_SEALER": f"postgresql://countersign_sealer@/{at['NAME']}?host={at['HOST']}{port}",
        "AUDIT_LOG_KEY": str(KEY.public()),
        "AUDIT_SIGNING_KEY_FILE": str(directory / "key"),
        "AUDIT_STATE_DIR": str(directory / "state"),
        "AUDIT_ANCHORS": f"disk=file://{directory}/anchor",
        "AUDIT_SEAL_EVERY": "0.2",
    }
    command = [sys.executable, "manage.py", "seal"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_it_seals_and_anchors_with_its_own_role_and_goes_on_after_it_was_killed(house: House, tmp_path: Path) -> None:
    events(10)
    with _sealer(tmp_path) as process:
        _until(lambda: leaves() == 10)
        _until(lambda: Heartbeat.objects.filter(kind="sealer").exists())
        process.kill()
    events(10)
    with _sealer(tmp_path) as process:
        _until(lambda: leaves() == 20)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND usename ~ 'sealer'"
            )
        one_event()
        _until(lambda: leaves() == 21)
        _until(lambda: (tmp_path / "anchor").read_text().endswith(notes()[-1] + "\n"))
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
    assert holds(house)
    assert rows("SELECT name, kind, active FROM audit_anchor") == [("disk", "file", True)]


def test_once_takes_one_round_and_visits_every_anchor(house: House, tmp_path: Path) -> None:
    call_command("seal", once=True)
    assert (tmp_path / "anchor").read_text() == (tmp_path / "other").read_text() == notes()[-1] + "\n"


def test_once_says_that_it_was_refused(house: House, tmp_path: Path) -> None:
    call_command("seal", once=True)
    (tmp_path / "state" / "last-signed.checkpoint").unlink()
    with pytest.raises(CommandError, match="not sealed"):
        call_command("seal", once=True)
    assert len(notes()) == 1


def test_a_refusal_is_said_once_a_minute(house: House, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    call_command("seal", once=True)
    (tmp_path / "state" / "last-signed.checkpoint").unlink()
    again = Rounds(house.sealer)
    house.now += 3_600
    assert [again.take() for _ in range(3)] == [False] * 3
    assert len([line for line in caplog.records if "the trail is not sealed" in line.getMessage()]) == 1


def test_a_person_may_say_that_the_database_is_right(house: House, tmp_path: Path) -> None:
    call_command("seal", once=True)
    memory = tmp_path / "state" / "last-signed.checkpoint"
    with pytest.raises(CommandError, match="put that file away first"):
        call_command("seal", adopt=True)
    note = memory.read_text()
    memory.unlink()
    call_command("seal", adopt=True)
    assert memory.read_text() == note == notes()[-1]
    event = AuditEvent.objects.get(type="audit.log_adopted")
    assert (event.actor_id, event.metadata["size"], bool(event.metadata["os_user"])) == ("sealer", 0, True)
    house.seal(1)
    assert holds(house)


def test_nobody_can_adopt_what_is_not_signed_or_not_there(house: House, tmp_path: Path, settings: Any) -> None:
    with pytest.raises(CommandError, match="may simply begin"):
        call_command("seal", adopt=True)
    one_event()
    house.seal(1)
    (tmp_path / "state" / "last-signed.checkpoint").unlink()
    settings.AUDIT_LOG_KEY = str(SigningKey.generate("house.example/audit").public())
    with pytest.raises(CommandError, match="no key that we know"):
        call_command("seal", adopt=True)
    settings.AUDIT_LOG_KEY = str(KEY.public())
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_leaf DISABLE TRIGGER USER; UPDATE audit_leaf SET hash = sha256('other')")
    with pytest.raises(CommandError, match="not those of its newest checkpoint"):
        call_command("seal", adopt=True)
    assert not (tmp_path / "state" / "last-signed.checkpoint").exists()


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("AUDIT_SIGNING_KEY", "", "AUDIT_SIGNING_KEY: "),
        ("AUDIT_SIGNING_KEY", SigningKey("house.example/audit", bytes(32)).text(), "is not the key"),
        ("AUDIT_LOG_KEY", "", "AUDIT_LOG_KEY must hold"),
        ("AUDIT_LOG_KEY", "nonsense", "AUDIT_LOG_KEY: "),
        ("AUDIT_ANCHORS", {"odd": "ftp://x"}, "odd must be"),
    ],
)
def test_it_does_not_start_misconfigured(settings: Any, name: str, value: object, reason: str) -> None:
    assert checks.sealer_is_configured() == []
    setattr(settings, name, value)
    found = checks.sealer_is_configured()
    assert [error.is_serious() for error in found] == [True]
    assert reason in found[0].msg
    assert KEY.text() not in found[0].msg
    settings.COUNTERSIGN_PROCESS = "web"
    assert checks.sealer_is_configured() == []
