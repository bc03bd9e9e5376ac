"""manage.py chart asset|open|close|mode|list: the assets and accounts of the house, as its owner brings them into being.

Exit 0 when it is so now, 2 when it could not be done.
"""

import getpass
from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import Error, transaction

from audit.context import Actor, bind
from ledger.chart import ROOMS, AccountKind
from ledger.commands import close_account, open_account, register_asset, set_account_guarded
from ledger.commands.accounts import NotACurrency
from ledger.errors import LedgerError
from ledger.models import Account, Asset

GUARDED, COLLECTING = "guarded", "collecting"


class Command(BaseCommand):
    help = "Register assets; open, close and list accounts; switch one between guarded and collecting. Repeating it is harmless."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parts = parser.add_subparsers(dest="what", required=True)
        asset = parts.add_parser("asset", help="A currency of ISO 4217, or with --network a token or coin.")
        asset.add_argument("code", help="USD, USDC")
        asset.add_argument("--network", default="")
        asset.add_argument("--contract", default="", help="Checksummed address; none for the network's own coin.")
        asset.add_argument("--exponent", type=int, help="Digits after the point; of a token or coin.")
        asset.add_argument("--name", default="")
        opened = parts.add_parser("open", help="An account, guarded or collecting as its kind usually is.")
        opened.add_argument("code")
        opened.add_argument("--name", required=True)
        opened.add_argument("--kind", required=True, choices=[kind.value for kind in AccountKind])
        opened.add_argument("--asset", required=True)
        opened.add_argument("--owner", default="", help="client:acme; none for the house.")
        opened.add_argument("--mode", choices=(GUARDED, COLLECTING))
        closed = parts.add_parser("close", help="An empty account, for good.")
        mode = parts.add_parser("mode", help="Guarded: locked and never below its floor. Collecting: never waited for.")
        for part in (closed, mode):
            part.add_argument("code")
        mode.add_argument("mode", choices=(GUARDED, COLLECTING))
        for part in (closed, mode):
            part.add_argument("--reason", required=True)
        parts.add_parser("list", help="Assets, then accounts.")

    def handle(self, *_: Any, what: str, **given: Any) -> None:
        does: dict[str, Callable[[dict[str, Any]], str]] = {
            "asset": _asset,
            "open": _open,
            "close": _close,
            "mode": _mode,
            "list": _list,
        }
        try:
            # Whoever types it is on the trail by the name that the machine knows.
            with bind(Actor.system(f"manage.py chart, {getpass.getuser()}")), transaction.atomic():
                self.stdout.write(does[what](given))
        except (LedgerError, NotACurrency, ValueError, Error) as error:
            raise CommandError(str(error).strip(), returncode=2) from error


def _asset(given: dict[str, Any]) -> str:
    wanted = {name: given[name] for name in ("code", "network", "contract", "name", "exponent")}
    made = register_asset(**wanted)
    return f"{made.id}: {made.exponent} digits after the point"


def _open(given: dict[str, Any]) -> str:
    guarded = None if given["mode"] is None else given["mode"] == GUARDED
    kind = AccountKind(given["kind"])
    if not Asset.objects.filter(pk=given["asset"]).exists():
        raise ValueError(f"there is no asset {given['asset']}: register it first, manage.py chart asset")
    return _line(
        open_account(
            code=given["code"], name=given["name"], kind=kind, asset_id=given["asset"], owner=given["owner"], guarded=guarded
        )
    )


def _close(given: dict[str, Any]) -> str:
    close_account(code=given["code"], reason=given["reason"])
    return f"{given['code']} is closed"


def _mode(given: dict[str, Any]) -> str:
    set_account_guarded(code=given["code"], guarded=given["mode"] == GUARDED, reason=given["reason"])
    return f"{given['code']} is {given['mode']}"


def _list(_: dict[str, Any]) -> str:
    assets = [f"{asset.id}\t{asset.exponent}\t{asset.kind}\t{asset.contract}" for asset in Asset.objects.order_by("id")]
    return "\n".join([*assets, *(_line(account) for account in Account.objects.order_by("code"))])


def _line(account: Account) -> str:
    side = ROOMS[AccountKind(account.kind)].type
    mode = GUARDED if account.guarded else COLLECTING
    return f"{account.code}\t{account.kind}, {side}\t{mode}\t{account.status}"
