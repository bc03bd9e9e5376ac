"""manage.py open_nostro CODE --provider ...: an account of ours at a bank, its ledger account, and where its statements come from.

Exit 0 when it is so now, 2 when it could not be done.
"""

import getpass
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from audit.context import Actor, bind
from ledger.errors import LedgerError
from reconciliation.models import Source
from transfers.commands.nostros import open_nostro
from transfers.errors import TransferError


class Command(BaseCommand):
    help = "Open an account of ours at a bank that was taken on. Repeating it is harmless."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("code")
        for name, words in (
            ("provider", "Code of the bank."),
            ("name", "What people call the account."),
            ("currency", "Its asset, such as MXN."),
            ("iban", ""),
            ("bic", ""),
            ("holder", "As the bank has it."),
        ):
            parser.add_argument(f"--{name}", required=True, help=words)
        parser.add_argument("--calendar", default="", help="Of the rail it pays over; none: open at any time.")
        parser.add_argument("--gather", type=int, default=0, dest="gather_s", help="Seconds for which payouts share a message.")

    def handle(self, *_: Any, **given: Any) -> None:
        fields = ("code", "provider", "name", "currency", "iban", "bic", "holder", "calendar", "gather_s")
        try:
            with bind(Actor.system(f"manage.py open_nostro, {getpass.getuser()}")), transaction.atomic():
                account = open_nostro(**{field: given[field] for field in fields})
                Source.objects.get_or_create(
                    code=account.code,
                    defaults={
                        "name": f"{account.name}, statements",
                        "kind": Source.Kind.BANK_STATEMENT,
                        "account_identification": account.iban,
                        "account_code": account.account_code,
                    },
                )
        except (TransferError, LedgerError) as error:
            raise CommandError(str(error).strip(), returncode=2) from error
        self.stdout.write(f"{account.code} at {account.provider}: {account.account_code}")
