"""The scene of every crime here: one sealed, honest log, who attacks it, and how it looks to those who check it afterwards.

Attacks run inside a transaction that is rolled back: what is exported then is what would have been committed.
"""

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.db import DatabaseError, connection, transaction

from audit import vocabulary
from audit.commands import record
from audit.context import Actor, ActorType, bind
from audit.sealing import export
from audit.sealing.keys import SigningKey
from audit.sealing.memory import Memory
from audit.sealing.sealer import Sealer
from audit.verifier import Report, parse_keys, verify_export
from tests.audit.log import events, leaves, notes, rows
from tests.databases import committed_copy

KEY = SigningKey("house.example/audit", b"k" * 32)
KEYS = parse_keys([str(KEY.public())])
BULK = 270
AN_HOUR_S = 3600.0
WEB, OWNER, SUPERUSER = "countersign_web", "tamper_owner", "superuser"
# Made owner of everything, as a role that nobody logs in with is in production; no superuser.
GIVE_AWAY = f"""
DO $$ DECLARE thing record; BEGIN
    BEGIN
        CREATE ROLE {OWNER} NOLOGIN;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
    END;
    FOR thing IN SELECT oid::regclass AS name FROM pg_class
                  WHERE relnamespace IN ('public'::regnamespace, 'archive'::regnamespace)
                    AND relkind IN ('r', 'p', 'v') AND relname LIKE 'audit%' LOOP
        EXECUTE format('ALTER TABLE %s OWNER TO {OWNER}', thing.name);
    END LOOP;
    FOR thing IN SELECT oid::regprocedure AS name FROM pg_proc
                  WHERE pronamespace = 'public'::regnamespace AND proname LIKE 'audit%' LOOP
        EXECUTE format('ALTER FUNCTION %s OWNER TO {OWNER}', thing.name);
    END LOOP;
    GRANT ALL ON SCHEMA public, archive TO {OWNER};
    EXECUTE format('ALTER DATABASE %I OWNER TO {OWNER}', current_database());
END $$
"""
THIS_MONTH = "to_char(now() AT TIME ZONE 'UTC', '\"audit_event_y\"YYYY\"m\"MM')"
_GUARDED = f"ARRAY['audit_event', {THIS_MONTH}, 'audit_leaf', 'audit_node', 'audit_checkpoint', 'audit_cluster_epoch']"
# On a partitioned table this reaches the row triggers of all partitions.
GUARDS_OFF = f"""
DO $$ DECLARE relation text; BEGIN
    FOREACH relation IN ARRAY {_GUARDED} LOOP EXECUTE format('ALTER TABLE %I DISABLE TRIGGER USER', relation); END LOOP;
END $$
"""
GUARDS_ON = f"""
DO $$ DECLARE guard record; BEGIN
    FOR guard IN SELECT tgrelid::regclass AS relation, tgname FROM pg_trigger
                  WHERE NOT tgisinternal AND tgrelid = ANY ({_GUARDED}::regclass[]) LOOP
        EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', guard.relation, guard.tgname);
    END LOOP;
END $$
"""


@dataclass(frozen=True, slots=True)
class Scene:
    """Two databases and what the sealer remembered outside of each. `anchors`: today's checkpoints, as somebody else kept them."""

    yesterday: str
    yesterdays_state: Path
    today: str
    state: Path
    anchors: Path


def sealer(state: Path, clock: Callable[[], float] = time.time) -> Sealer:
    return Sealer(KEY, Memory(state, [KEY.public()]), clock=clock, heartbeat_s=0)


def seal(mine: Sealer, size: int) -> None:
    """Until the log has `size` leaves: transactions of other tests on this server may hold them back for a moment. A heart
    that beats at every look would fill the log with checkpoints meanwhile, more than a verifier tells of."""
    patient = replace(mine, heartbeat_s=AN_HOUR_S)
    deadline = time.monotonic() + 60
    while leaves() < size:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{leaves()} of {size} events are sealed")
        patient.round()


@contextmanager
def built(directory: Path) -> Iterator[Scene]:
    """An idle log two hours old, then one that was used: by three people, in transactions of one and of several events."""
    here = connection.settings_dict
    anchors, old, state = directory / "anchors", directory / "old", directory / "state"
    with committed_copy():
        yesterday, began = str(here["NAME"]), time.time() - 7200
        for beat in range(24):
            sealer(state, lambda: began + beat * 300).round(seconds=0)  # noqa: B023 - called at once
        _people_at_work()
        seal(sealer(state), 22)
        rows(GIVE_AWAY)
        shutil.copytree(state, old)
        with committed_copy():
            rows(GIVE_AWAY)
            events(BULK)
            seal(sealer(state), 22 + BULK)
            sealer(state).round()
            anchors.write_text("".join(note + "\n" for note in notes()), encoding="utf-8")
            yield Scene(yesterday, old, str(here["NAME"]), state, anchors)


def _people_at_work() -> None:
    vocabulary.register("audit.tested")
    for number in range(15):
        person = Actor(ActorType.OPERATOR, ("maker", "checker", "auditor")[number % 3], person_id=uuid4())
        with bind(person, correlation_id=f"conversation {number // 2}"), transaction.atomic():
            for half in range(1 + number % 2):
                record(
                    type="audit.tested",
                    resource_type="thing",
                    resource_id=str(number),
                    reason=f"tab\t backslash\\ line\n {half}",
                    diff={"limit": [str(number), str(number + 1)]},
                    metadata={"amount": str(number * 100), "note": "Grüße \\ \t"},
                )


@contextmanager
def using(database: str) -> Iterator[None]:
    """Django's connection goes to that database."""
    here = connection.settings_dict
    connection.close()
    before, here["NAME"] = here["NAME"], database
    try:
        yield
    finally:
        connection.close()
        here["NAME"] = before


@contextmanager
def living_on(database: str, state: Path, to: Path) -> Iterator[Sealer]:
    """A copy of the database and of the sealer's memory, in which commits are real. Gives the sealer."""
    shutil.copytree(state, to)
    with using(database), committed_copy():
        yield sealer(to)


@contextmanager
def undone() -> Iterator[None]:
    """Whatever happens inside is taken back."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def act(role: str, *statements: str) -> None:
    """As a session of that role. Raises DatabaseError, and then nothing of it happened."""
    with transaction.atomic(), connection.cursor() as cursor:
        if role != SUPERUSER:
            cursor.execute(f"SET LOCAL SESSION AUTHORIZATION {role}")
        for statement in statements:
            cursor.execute(statement)
        if role != SUPERUSER:
            cursor.execute("RESET SESSION AUTHORIZATION")


def force(role: str, *statements: str) -> None:
    """With the guards taken off first and put back afterwards."""
    act(role, GUARDS_OFF, *statements, GUARDS_ON)


def contents() -> list[Any]:
    """A hash of every row of the log."""
    tables = ("audit_event", "audit_leaf", "audit_node", "audit_checkpoint", "audit_cluster_epoch")
    return [rows(f"SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {table} t") for table in tables]


def offline(directory: Path, anchors: Sequence[Path] = (), **limits: int) -> Report:
    """The verdict of the standalone verifier over an export of the database as it is now. An export that fails raises."""
    export.write(directory, export.extent(), [KEY.public()])
    return verdict(directory, anchors, **limits)


def verdict(directory: Path, anchors: Sequence[Path] = (), **limits: int) -> Report:
    """The scene was sealed when the tests began, however long ago that is: a silence counts from half an hour on."""
    return verify_export(directory, KEYS, anchors, **({"max_gap_s": 1800} | limits))


def kinds(report: Report) -> set[str]:
    return {finding.kind for finding in report.findings}


def refusal(role: str, *statements: str) -> str:
    """The SQLSTATE with which the database refused; empty when it did not."""
    try:
        act(role, *statements)
    except DatabaseError as error:
        return str(error.__cause__.sqlstate)  # type: ignore[union-attr]
    return ""
