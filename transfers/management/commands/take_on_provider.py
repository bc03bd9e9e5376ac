"""manage.py take_on_provider CODE --name NAME: a counterpart that the settings connect, or a desk that people call, gets a breaker,
a quota and a page; a desk also the corridors that it deals in.

Exit 0 when it is so now, 2 when it could not be done.
"""

import getpass
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from audit.context import Actor, bind
from transfers.commands.providers import add_provider, set_terms
from transfers.errors import TransferError
from transfers.models import Provider
from transfers.rails.registry import kind_of


class Command(BaseCommand):
    help = "Take on a provider whose address is in the settings, by its code there, or a desk by phone. Repeating it is harmless."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("code")
        parser.add_argument("--name", required=True, help="What people call it.")
        parser.add_argument("--calls-per-minute", type=int, default=0, help="Its quota; 0: none is agreed.")
        parser.add_argument("--by-phone", action="store_true", help="A desk that people call: it has no address.")
        parser.add_argument(
            "--corridor", action="append", default=[], help="A corridor that the desk deals in; several times: these."
        )

    def handle(self, *_: Any, code: str, **given: Any) -> None:
        kind = Provider.Kind.MANUAL.value if given["by_phone"] else _connected(code)
        try:
            with bind(Actor.system(f"manage.py take_on_provider, {getpass.getuser()}")), transaction.atomic():
                made = add_provider(code=code, name=given["name"], kind=kind, calls_per_minute=given["calls_per_minute"])
                for corridor in given["corridor"]:
                    set_terms(provider=code, corridor=corridor, reason="taken on")
        except TransferError as error:
            raise CommandError(str(error), returncode=2) from error
        deals = f", deals in {', '.join(given['corridor'])}" if given["corridor"] else ""
        self.stdout.write(f"{made.code}: {made.name}, {made.get_kind_display().lower()}{deals}")


def _connected(code: str) -> str:
    """What it is, by its address. Raises CommandError without one."""
    kind = kind_of(code)
    if kind is None:
        raise CommandError(f"{code} has no address: name it in PROVIDERS or DESKS first, or take it on --by-phone", returncode=2)
    return kind.value
