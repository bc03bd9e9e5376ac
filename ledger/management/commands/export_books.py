"""manage.py export_books DIR: what every account came to at the checkpoint of an export, for whoever rebuilds the books."""

import getpass
import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction

from audit import vocabulary
from audit.commands import record_access
from audit.context import Actor, bind

NAME = "books.tsv"
# Everything of older transactions is sealed; of the one at the horizon, perhaps a part.
_HORIZON = "SELECT horizon_epoch, horizon_txid FROM audit_checkpoint WHERE size = %s ORDER BY sequence DESC LIMIT 1"
_SUMS = """
    SELECT coalesce(account.code, booked.account_id::text), sum(booked.debits), sum(booked.credits), sum(booked.entries)
      FROM (SELECT entry.account_id, entry.debit AS debits, entry.credit AS credits, 1 AS entries FROM ledger_entry AS entry
             WHERE (entry.cluster_epoch, entry.txid) < (%s, %s)
             UNION ALL SELECT * FROM ledger_archived_sums()) AS booked
      LEFT JOIN ledger_account AS account ON account.id = booked.account_id
     GROUP BY 1 ORDER BY 1
"""


class Command(BaseCommand):
    help = "Add the sums of every account to a directory made by export_audit, for `python ledger/rebuild.py`. It is recorded."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("directory", type=Path, help="What export_audit wrote.")

    def handle(self, *_: Any, directory: Path, **__: Any) -> None:
        size = _size_of(directory)
        with bind(Actor.system("export_books")):
            record_access(
                type=vocabulary.EXPORTED,
                resource_type="books",
                resource_id=str(size),
                metadata={"size": size, "os_user": getpass.getuser()},
            )
        try:
            written = _write(directory.joinpath(NAME), size)
        except FileExistsError as error:
            raise CommandError(f"{directory.joinpath(NAME)} exists already") from error
        self.stdout.write(f"{written} accounts as of checkpoint size {size} are in {directory.joinpath(NAME)}")


def _size_of(directory: Path) -> int:
    try:
        return int(json.loads(directory.joinpath("manifest.json").read_text(encoding="utf-8"))["size"])
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise CommandError(f"{directory} is no export: run manage.py export_audit {directory} first") from error


def _write(path: Path, size: int) -> int:
    """A line of what it speaks for, then code, debits, credits and number of entries of each account. Raises FileExistsError."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute(_HORIZON, [size])
        row = cursor.fetchone()
        if row is None:
            raise CommandError(f"there is no checkpoint of size {size} here: this export is of another house")
        cursor.execute(_SUMS, row)
        found = cursor.fetchall()
    with path.open("x", encoding="utf-8") as file:
        file.write(json.dumps({"size": size, "epoch": row[0], "txid": row[1]}) + "\n")
        file.writelines("\t".join(map(str, line)) + "\n" for line in found)
    return len(found)
