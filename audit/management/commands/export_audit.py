"""manage.py export_audit DIR [--until SIZE]: the sealed trail as files that can be checked without us."""

import getpass
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit import vocabulary
from audit.commands import record_access
from audit.context import Actor, bind
from audit.sealing import export
from audit.sealing.config import LogUnconfigured, log_keys


class Command(BaseCommand):
    help = "Write the sealed audit trail to a new directory, for `python audit/verifier.py`. The export itself is recorded."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("directory", type=Path, help="Must not exist yet.")
        parser.add_argument(
            "--until", type=int, metavar="SIZE", help="Up to the newest checkpoint that covers at most SIZE events."
        )

    def handle(self, *_: Any, directory: Path, until: int | None, **__: Any) -> None:
        try:
            lost = self._export(directory, until)
        except (LogUnconfigured, export.NothingSealed) as error:
            raise CommandError(str(error)) from error
        except FileExistsError as error:
            raise CommandError(f"{directory} exists already: an export goes to a new directory") from error
        if lost:
            self.stderr.write(f"{lost} sealed events are not in the database any more; the export lacks them")
            sys.exit(1)

    def _export(self, directory: Path, until: int | None) -> int:
        keys, what = log_keys(), export.extent(until)
        if directory.exists():
            raise FileExistsError(directory)
        with bind(Actor.system("export_audit")):
            record_access(
                type=vocabulary.EXPORTED,
                resource_type="audit_log",
                resource_id=what.origin,
                metadata={"size": what.size, "checkpoint": what.sequence, "os_user": getpass.getuser()},
            )
        lost = export.write(directory, what, keys)
        self.stdout.write(f"{what.size} events up to checkpoint {what.sequence} are in {directory}")
        return lost
