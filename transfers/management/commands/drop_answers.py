"""manage.py drop_answers: stored API answers that are older than the policy keeps are dropped; their keys stay for ever."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from audit import clock, context
from audit.context import Actor
from audit.retention import months_before, policy
from transfers.commands.stored_answers import drop_answers


class Command(BaseCommand):
    help = "Drop answers under idempotency keys that are older than RETENTION keeps attached (api_responses). The keys stay."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--reason", required=True, help="why, and on whose word; it goes on the audit trail")

    def handle(self, *_: Any, **options: Any) -> None:
        months = next(kept.attached_months for kept in policy() if kept.name == "api_responses")
        with context.bind(Actor.system("drop_answers")):
            dropped = drop_answers(before=months_before(clock.now(), months), reason=options["reason"])
        self.stdout.write(f"{dropped} answers older than {months} months dropped; their keys stay.")
