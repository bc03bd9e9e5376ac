"""Reads blocks of a chain again for deposits, from a block on: for what no node showed when the watch passed."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from transfers.commands.deposits.watching import rescan
from transfers.models import DepositAddress
from transfers.rails.base import RailError


class Command(BaseCommand):
    help = "Read a chain again for deposits, from a block on. What is known already stays as it is."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("network", help="for instance ethereum")
        parser.add_argument("--from-block", type=int, required=True, help="the first block to read")

    def handle(self, *_args: Any, **options: Any) -> None:
        network, first = options["network"], options["from_block"]
        if first < 0 or not DepositAddress.objects.filter(network=network).exists():
            raise CommandError(f"There is no block {first} of {network} in which a client could have been paid.")
        try:
            made = rescan(network, first)
        except RailError as error:
            raise CommandError(f"The chain cannot be read now: {error}") from error
        self.stdout.write(f"{made} deposits are new.")
