"""Tasks of the shell: one that shows that tasks run, and upkeep that some process must do now and then."""

from celery import shared_task

from audit import partitions
from backoffice.health import heartbeats
from ledger.commands import advance_checkpoints

DEAD_AFTER_S = 24 * 3600.0


@shared_task(name="backoffice.health.tasks.sign_for_beat")
def sign_for_beat() -> None:
    """Sent by beat, run by a worker: a fresh row means that beat, the broker and a worker's child all work."""
    heartbeats.sign(name="beat", kind="beat")
    heartbeats.forget_the_dead(older_than_s=DEAD_AFTER_S)


@shared_task(name="backoffice.health.tasks.keep_house")
def keep_house() -> None:
    """Partitions for the months ahead, and checkpoints that keep the balances of collecting accounts short to add up."""
    partitions.prepare()
    advance_checkpoints()
