"""Dispatches the outbox and sends what is due, without Celery and Redis: what the sweep does all the time, once and by hand."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from audit import context
from audit.context import Actor
from transfers.outbox.deliver import deliver_due
from transfers.outbox.dispatch import dispatch_all


class Command(BaseCommand):
    help = "Send clients the webhooks that are due now."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--limit", type=int, default=1000, help="messages at most")

    def handle(self, *_: Any, **options: Any) -> None:
        with context.bind(Actor.system("tell_clients")):
            dispatched = dispatch_all()
            self.stdout.write(f"{dispatched} events dispatched, {deliver_due(options['limit'])} messages tried")
