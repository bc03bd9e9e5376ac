"""Tasks that only show that tasks run."""

from celery import shared_task

from backoffice.health import heartbeats

DEAD_AFTER_S = 24 * 3600.0


@shared_task(name="backoffice.health.tasks.sign_for_beat")
def sign_for_beat() -> None:
    """Sent by beat, run by a worker: a fresh row means that beat, the broker and a worker's child all work."""
    heartbeats.sign(name="beat", kind="beat")
    heartbeats.forget_the_dead(older_than_s=DEAD_AFTER_S)
