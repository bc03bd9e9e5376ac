"""`manage.py import_rates FILE [--since DATE]`: euro reference rates of the European Central Bank, plain or zipped.

Exits 0 when they were taken, 1 when the file was refused or contradicts what is kept, 2 when it could not be read.
"""

import argparse
import getpass
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit.context import Actor, ActorType, bind
from transfers.commands.reference import import_ecb
from transfers.errors import Refused


class Command(BaseCommand):
    help = "Import a file of euro reference rates (one day or the whole history; csv or zip). The same file again changes nothing."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--since", type=date.fromisoformat, help="leave out the days before this one")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            content = options["file"].read_bytes()
        except OSError as error:
            raise CommandError(f"{options['file']} cannot be read: {error.strerror}", returncode=2) from error
        with bind(Actor(ActorType.SYSTEM, f"import_rates:{getpass.getuser()}")):
            try:
                taken = import_ecb(content, since=options["since"])
            except Refused as refusal:
                raise CommandError(refusal.detail) from refusal
        self.stdout.write(f"{taken.new} new days, {taken.known} known, {taken.contradicted} contradicted.")
        if taken.contradicted:
            raise SystemExit(1)
