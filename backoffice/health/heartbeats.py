"""Signs of life: one row per process, written by itself, read by /readyz and by the alert checks. Times are the database's."""

import os
import socket
from dataclasses import dataclass

from django.db import connection

from backoffice import release
from transfers.commands.heartbeat import beat


@dataclass(frozen=True, slots=True)
class Sign:
    """The last sign of life of a process; `age_s` in seconds of database time."""

    name: str
    kind: str
    age_s: float


def process_name(kind: str) -> str:
    return f"{kind}@{socket.gethostname()}:{os.getpid()}"


def sign(*, name: str, kind: str, detail: dict[str, str] | None = None) -> None:
    """Say that `name` is alive now, and which version it runs. Raises django.db.Error when the database does not answer."""
    beat(name, kind, {**release.current().labels(), **(detail or {})})


def signs(*, newer_than_s: float) -> list[Sign]:
    """Those seen within `newer_than_s` seconds, youngest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, kind, extract(epoch FROM clock_timestamp() - seen_at)::float8 FROM transfers_heartbeat"
            " WHERE seen_at > clock_timestamp() - make_interval(secs => %s) ORDER BY seen_at DESC",
            [newer_than_s],
        )
        return [Sign(*row) for row in cursor.fetchall()]


def forget_the_dead(*, older_than_s: float) -> int:
    """Drop rows of processes that are long gone (each restart has a new pid). Returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM transfers_heartbeat WHERE seen_at < clock_timestamp() - make_interval(secs => %s)", [older_than_s]
        )
        return int(cursor.rowcount)
