"""What beat sends. The sweep does the same without Celery, so a lost task costs nothing."""

from celery import shared_task

from audit import context
from audit.context import Actor
from backoffice.alerts import checks, outbox


@shared_task(name="backoffice.alerts.tasks.check")
def check() -> None:
    """Look at every rule, then send what there is to say."""
    with context.bind(Actor.system("alerts")):
        checks.look()
        outbox.drain()
