"""manage.py archive_partition TABLE MONTH [--drop]: take a month out of its table into the archive. Run by the owner."""

from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings

from audit.archive import registry
from audit.archive.commands import archive_month, drop_month
from audit.archive.months import archived_month
from audit.management.partitions import PartitionCommand, month


class Command(PartitionCommand):
    help = (
        "Write a month of a table to a file with its hash and detach it; with --drop give up its rows once the file was read back."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("table", choices=[table.name for table in registry.tables()])
        parser.add_argument("month", type=month, help="YYYY-MM, the oldest that is attached.")
        parser.add_argument("--directory", type=Path, default=settings.ARCHIVE_DIR)
        parser.add_argument("--drop", action="store_true", help="Keep the rows in the file alone.")
        parser.add_argument("--reason", default="retention policy")

    def handle(self, *_: Any, table: str, month: date, directory: Path, drop: bool, reason: str, **__: Any) -> None:
        kept = archived_month(registry.table(table), month)
        if not (drop and kept is not None and kept.action == "archived"):
            self.do(archive_month, table, month, directory=directory, reason=reason)
        if drop:
            self.do(drop_month, table, month, reason=reason)
