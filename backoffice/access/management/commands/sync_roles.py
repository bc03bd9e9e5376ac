"""Copy the role table into Django's groups: run after `migrate`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from backoffice.access import commands
from backoffice.access.roles import ROLES


class Command(BaseCommand):
    help = "Make the groups of the roles hold exactly the permissions of backoffice.access.roles."

    def handle(self, *_args: Any, **_options: Any) -> None:
        try:
            commands.sync_roles()
        except commands.UnknownPermission as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{len(ROLES)} roles in step with the table")
