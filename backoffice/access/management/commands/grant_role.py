"""Give an operator a role from the command line (the first administrator has nobody else to ask)."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit import context
from backoffice.access import commands
from backoffice.access.models import Operator
from backoffice.access.roles import ROLES


class Command(BaseCommand):
    help = "Grant a role to an operator; with --all-clients also the sight of every client."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("operator", help="user name")
        parser.add_argument("role", choices=list(ROLES))
        parser.add_argument("--reason", default="")
        parser.add_argument("--all-clients", action="store_true")

    def handle(self, *_: Any, **options: Any) -> None:
        operator = Operator.objects.filter(username=options["operator"]).first()
        if operator is None:
            raise CommandError(f"no operator {options['operator']!r}")
        with context.bind(context.Actor.system("manage.py grant_role")):
            grant = commands.grant_role(operator=operator, role=options["role"], reason=options["reason"])
            if options["all_clients"]:
                commands.see_all_clients(operator=operator)
        self.stdout.write(f"{operator.username} is {grant.role} since {grant.granted_at:%Y-%m-%d %H:%M:%S} UTC")
