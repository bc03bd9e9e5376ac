"""What beat sends. The sweep does the same without Celery, so a lost task costs nothing."""

from celery import shared_task

from audit import context
from audit.context import Actor
from backoffice.alerts import checks, outbox
from ledger.commands.proofs import prove_books


@shared_task(name="backoffice.alerts.tasks.check")
def check() -> None:
    """Look at every rule, then send what there is to say."""
    with context.bind(Actor.system("alerts")):
        checks.look()
        outbox.drain()


@shared_task(name="backoffice.alerts.tasks.prove")
def prove() -> None:
    """The books since the last checkpoint, because somebody asked. The sweep does it every minute anyway."""
    prove_books()
