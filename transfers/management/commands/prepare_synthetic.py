"""manage.py prepare_synthetic AMOUNT: makes the two parties of the house that health checks run for, with house money each."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from audit import context
from audit.context import Actor
from ledger.money import Money
from ledger.queries import unit
from transfers.commands.synthetic_setup import prepare


class Command(BaseCommand):
    help = "Make what health checks need, once: parties, accounts, destinations, and AMOUNT of house money for each party."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("amount", help="In major units of SYNTHETIC_ASSET, such as 100.00, for each of the two parties.")

    def handle(self, *_: Any, amount: str, **__: Any) -> None:
        asset = unit(settings.SYNTHETIC_ASSET)
        with context.bind(Actor.system("prepare_synthetic")):
            prepare(asset_id=asset.id, amount=int(Money.parse(amount, asset).minor))
        self.stdout.write(f"Health checks have {amount} {asset.code} on each side.")
