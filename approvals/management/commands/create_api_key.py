"""Issues an API key and prints it: the only time anybody sees it."""

import getpass
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from approvals.commands import create_person, issue_api_key
from approvals.errors import ApprovalsError
from approvals.models import ApiKey, Person
from audit import context
from audit.context import Actor


class Command(BaseCommand):
    help = "Issue an API key for a client and print it once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("client", help="the client's id, such as acme")
        parser.add_argument("--scopes", nargs="+", required=True, help="such as transfers:read transfers:write balances:read")
        parser.add_argument("--name", default="api", help="what people call the key")
        parser.add_argument(
            "--controller", help="name of the person who will hold it; default: whoever holds the client's latest key"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        scopes = [scope for given in options["scopes"] for scope in given.split(",") if scope]
        with context.bind(Actor.system(f"create_api_key by {getpass.getuser()}")):
            try:
                holders = _holders(options["client"], options["controller"])
                _, text = issue_api_key(
                    client_id=options["client"], name=options["name"], scopes=scopes, controllers=[holder.id for holder in holders]
                )
            except ApprovalsError as error:
                raise CommandError(str(error)) from error
        self.stdout.write(text)


def _holders(client_id: str, name: str | None) -> list[Person]:
    """The people who count as makers of all that the key makes: the named one, or those who hold the client's latest key."""
    if name:
        return [Person.objects.filter(name=name, active=True).first() or create_person(name=name)]
    latest = ApiKey.objects.filter(client_id=client_id).order_by("-created_at", "-id").first()
    holders = list(latest.controllers.filter(active=True)) if latest else []
    if not holders:
        raise CommandError(f"nobody holds a key of {client_id} yet: say who will with --controller NAME")
    return holders
