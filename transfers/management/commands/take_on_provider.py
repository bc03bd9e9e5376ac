"""manage.py take_on_provider CODE --name NAME: a counterpart that the settings connect gets a breaker, a quota and a page.

Exit 0 when it is so now, 2 when it could not be done.
"""

import getpass
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.context import Actor, bind
from transfers.commands.providers import add_provider
from transfers.errors import TransferError
from transfers.rails.registry import kind_of


class Command(BaseCommand):
    help = "Take on a provider whose address is in the settings, by the code that it has there. Repeating it is harmless."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("code")
        parser.add_argument("--name", required=True, help="What people call it.")
        parser.add_argument("--calls-per-minute", type=int, default=0, help="Its quota; 0: none is agreed.")

    def handle(self, *_: Any, code: str, name: str, calls_per_minute: int, **__: Any) -> None:
        kind = kind_of(code)
        if kind is None:
            raise CommandError(f"{code} has no address: name it in PROVIDERS or DESKS first", returncode=2)
        try:
            with bind(Actor.system(f"manage.py take_on_provider, {getpass.getuser()}")):
                made = add_provider(code=code, name=name, kind=kind.value, calls_per_minute=calls_per_minute)
        except TransferError as error:
            raise CommandError(str(error), returncode=2) from error
        self.stdout.write(f"{made.code}: {made.name}, {made.get_kind_display().lower()}")
