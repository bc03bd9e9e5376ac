"""What the commands that archive and re-attach months share: how a month is written, and how a refusal ends."""

import sys
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import Error

from audit.archive.errors import ArchiveDiffers, ArchiveError
from audit.archive.steps import Done
from audit.context import Actor, bind

DONE, DIFFERS, NOT_DONE = 0, 1, 2


def month(text: str) -> date:
    """`2026-06` as its first day. Raises ValueError."""
    return datetime.strptime(f"{text}-01+0000", "%Y-%m-%d%z").date()


class PartitionCommand(BaseCommand):
    """Exit 0 when done, 1 when rows or file are not what was archived, 2 when it could not be done."""

    def do(self, step: Callable[..., Done], *arguments: Any, **options: Any) -> None:
        try:
            with bind(Actor.system(f"manage.py {self.name}")):
                done = step(*arguments, **options)
        except ArchiveDiffers as error:
            self.stderr.write(str(error))
            sys.exit(DIFFERS)
        except (ArchiveError, OSError, Error) as error:
            raise CommandError(str(error).strip(), returncode=NOT_DONE) from error
        self.stdout.write(f"{done.partition} {done.action}: {done.rows} rows, sha256 {done.sha256}, {done.file}")

    @property
    def name(self) -> str:
        return type(self).__module__.rpartition(".")[2]
