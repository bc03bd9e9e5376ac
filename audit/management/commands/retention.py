"""manage.py retention: the policy of each class of records, and what is due under it. Removes nothing."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit import clock
from audit.retention import BadRetention, due, policy


class Command(BaseCommand):
    help = "Say how long each class of records stays attached and is kept, and what is due. Removes nothing."

    def handle(self, *_: Any, **__: Any) -> None:
        try:
            classes = policy()
        except BadRetention as error:
            raise CommandError(str(error), returncode=2) from error
        for kept in classes:
            self.stdout.write(f"{kept.name} ({kept.title}): attached {kept.attached_months} months, kept {kept.kept_months}")
            for found in due(kept, clock.now()):
                self.stdout.write(f"  due: {found.what}" + (f"; manage.py {found.command}" if found.command else ""))
