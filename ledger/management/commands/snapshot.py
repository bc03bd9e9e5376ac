"""manage.py snapshot take|list|verify|get: what the books said as of a moment, kept with its hash.

Exit 0 when done and all that was verified holds, 1 when a snapshot and the books disagree, 2 when it could not be done.
"""

import sys
from argparse import ArgumentParser
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.db import Error

from audit.context import Actor, bind
from ledger.commands.snapshots import snapshot_month, take_snapshot
from ledger.errors import LedgerError, SnapshotDiffers
from ledger.queries.snapshots import Snapshot, UnknownSnapshot, snapshot, snapshot_bytes, snapshots, verify_snapshot
from ledger.queries.times import TimeBasis
from ledger.snapshots.asked import BadQuestion, SnapshotKind

HOLDS, BROKEN, UNCHECKED = 0, 1, 2
_BASIS = {"booked": TimeBasis.BOOKED, "value": TimeBasis.VALUE, "settled": TimeBasis.SETTLED}


class Command(BaseCommand):
    help = "Take snapshots of the books, list them, write out their bytes, and verify that the books still say the same."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parts = parser.add_subparsers(dest="what", required=True)
        take = parts.add_parser("take", help="Keep what the books say as of a moment.")
        take.add_argument("kind", choices=[kind.value for kind in SnapshotKind])
        take.add_argument("--at", type=_moment, required=True, help="RFC 3339, not included: 2026-07-01T00:00:00Z.")
        take.add_argument("--by", choices=_BASIS, default="booked")
        take.add_argument("--known-at", type=_moment, help="Only what was booked before; now, when not given.")
        for name in ("account", "since", "owner"):
            take.add_argument(f"--{name}")
        month = parts.add_parser("month", help="What closing a month leaves.")
        month.add_argument("month", type=_month, help="YYYY-MM, closed.")
        parts.add_parser("list", help="The newest first.").add_argument("--limit", type=int, default=50)
        verify = parts.add_parser("verify", help="Reckon anew and compare.")
        verify.add_argument("id", type=UUID, nargs="*", help="All of them, when none is named.")
        get = parts.add_parser("get", help="Write out the bytes.")
        get.add_argument("id", type=UUID)
        get.add_argument("file", type=Path)

    def handle(self, *_: Any, what: str, **given: Any) -> None:
        does: dict[str, Callable[..., int]] = {
            "take": self._take,
            "month": self._month,
            "list": self._list,
            "verify": self._verify,
            "get": self._get,
        }
        try:
            with bind(Actor.system("manage.py snapshot")):
                code = does[what](given)
        except SnapshotDiffers as error:
            self.stderr.write(str(error))
            sys.exit(BROKEN)
        except (LedgerError, BadQuestion, UnknownSnapshot, OSError, Error) as error:
            raise CommandError(str(error).strip(), returncode=UNCHECKED) from error
        if code:
            sys.exit(code)

    def _take(self, given: dict[str, Any]) -> int:
        parameters = {name: given[name] for name in ("account", "since", "owner") if given[name]}
        kind, by = SnapshotKind(given["kind"]), _BASIS[given["by"]]
        self._say(take_snapshot(kind=kind, at=given["at"], by=by, known_at=given["known_at"], parameters=parameters))
        return HOLDS

    def _month(self, given: dict[str, Any]) -> int:
        for taken in snapshot_month(month=given["month"]):
            self._say(taken)
        return HOLDS

    def _list(self, given: dict[str, Any]) -> int:
        for found in snapshots(limit=given["limit"]):
            self._say(found)
        return HOLDS

    def _verify(self, given: dict[str, Any]) -> int:
        verdicts = [verify_snapshot(snapshot_id) for snapshot_id in given["id"] or _every_id()]
        for verdict in verdicts:
            word = {True: "holds", False: "BROKEN", None: "unchecked"}[verdict.holds]
            self.stdout.write(f"{verdict.snapshot.id} {word}: {verdict.message}")
        if any(verdict.holds is False for verdict in verdicts):
            return BROKEN
        return UNCHECKED if any(verdict.holds is None for verdict in verdicts) else HOLDS

    def _get(self, given: dict[str, Any]) -> int:
        given["file"].write_bytes(snapshot_bytes(given["id"]))
        self._say(snapshot(given["id"]))
        return HOLDS

    def _say(self, found: Snapshot) -> None:
        asked = found.asked
        about = " ".join(f"{name}={value}" for name, value in asked.parameters.items())
        times = f"at={asked.at.isoformat()} by={asked.by} known_at={asked.known_at.isoformat()}"
        self.stdout.write(f"{found.id} {asked.kind} {times} {about}".strip() + f" {found.size} bytes sha256={found.sha256}")


def _every_id() -> list[UUID]:
    ids: list[UUID] = []
    while page := snapshots(before=ids[-1] if ids else None, limit=500):
        ids += [found.id for found in page]
    return ids


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a moment needs its time zone")
    return moment


def _month(text: str) -> Any:
    return datetime.strptime(f"{text}-01+0000", "%Y-%m-%d%z").date()
