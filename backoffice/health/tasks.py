"""Tasks of the shell: one that shows that tasks run, and upkeep that some process must do now and then."""

from contextlib import suppress

from celery import shared_task

from audit import context, partitions
from audit.context import Actor
from backoffice.health import heartbeats
from ledger.commands import advance_checkpoints, carry_forward_due, snapshot_closed_months
from ledger.errors import StillPosting

DEAD_AFTER_S = 24 * 3600.0


@shared_task(name="backoffice.health.tasks.sign_for_beat")
def sign_for_beat() -> None:
    """Sent by beat, run by a worker: a fresh row means that beat, the broker and a worker's child all work."""
    heartbeats.sign(name="beat", kind="beat")
    heartbeats.forget_the_dead(older_than_s=DEAD_AFTER_S)


@shared_task(name="backoffice.health.tasks.keep_house")
def keep_house() -> None:
    """Partitions for the months ahead; checkpoints and carried balances, so that little has to be added up; what months leave."""
    partitions.prepare()
    advance_checkpoints()
    # A posting that takes its time is no fault; the next round finds it ended.
    with context.bind(Actor.system("keep_house")), suppress(StillPosting):
        carry_forward_due()
        snapshot_closed_months()
