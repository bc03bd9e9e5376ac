"""manage.py reattach_partition TABLE MONTH [--file FILE]: put an archived month back, unchanged or not at all. Run by the owner."""

from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from audit.archive import registry
from audit.archive.commands import reattach_month
from audit.management.partitions import PartitionCommand, month


class Command(PartitionCommand):
    help = "Put an archived month back into its table, with its guards, after its rows were found to be those that were archived."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("table", choices=[table.name for table in registry.tables()])
        parser.add_argument("month", type=month, help="YYYY-MM, the latest that is archived.")
        parser.add_argument("--file", type=Path, help="Where the file of a dropped month has moved to.")
        parser.add_argument("--reason", default="asked for again")

    def handle(self, *_: Any, table: str, month: date, file: Path | None, reason: str, **__: Any) -> None:
        self.do(reattach_month, table, month, file=file, reason=reason)
