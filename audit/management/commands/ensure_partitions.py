"""manage.py ensure_partitions: partitions and guards for the months ahead, on every floor that has them."""

from typing import Any

from django.core.management.base import BaseCommand

from audit import partitions


class Command(BaseCommand):
    help = "Make the monthly partitions of the coming year where they are missing, with their guards."

    def handle(self, *_: Any, **__: Any) -> None:
        partitions.begin_epoch_if_moved()
        for function, made in partitions.prepare().items():
            self.stdout.write(f"{function}: {made} new")
