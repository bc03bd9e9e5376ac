"""Take a role from an operator on the command line."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit import context
from backoffice.access import commands
from backoffice.access.models import Operator
from backoffice.access.roles import ROLES


class Command(BaseCommand):
    help = "Revoke a role from an operator; the reason goes into the audit trail."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("operator", help="user name")
        parser.add_argument("role", choices=list(ROLES))
        parser.add_argument("--reason", required=True)

    def handle(self, *_: Any, **options: Any) -> None:
        operator = Operator.objects.filter(username=options["operator"]).first()
        if operator is None:
            raise CommandError(f"no operator {options['operator']!r}")
        with context.bind(context.Actor.system("manage.py revoke_role")):
            commands.revoke_role(operator=operator, role=options["role"], reason=options["reason"])
        self.stdout.write(f"{operator.username} is no longer {options['role']}")
