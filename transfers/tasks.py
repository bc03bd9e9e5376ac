"""Celery entry points. They carry ids, may be lost or doubled, and change nothing when there is nothing to do."""

import logging
from uuid import UUID

from celery import shared_task

from transfers import driver
from transfers.commands.bulk.carry_out import carry_out_due
from transfers.commands.bulk.completing import complete_due
from transfers.commands.deposits import watching
from transfers.commands.nonces import mend_gaps
from transfers.commands.recall_steps import recall_due
from transfers.commands.reference import fetch_rates
from transfers.commands.sweeping.begin import begin_due
from transfers.commands.synthetic import run_due as run_checks
from transfers.commands.wake import hint_bulk
from transfers.commands.watching import watch_confirmed
from transfers.outbox.deliver import deliver_due
from transfers.outbox.dispatch import dispatch_all
from transfers.rails.base import RailError
from transfers.receipts import make as receipts

log = logging.getLogger(__name__)
# One sweep stays well inside the task time limit; beat sends the next one.
SWEEP_LIMIT = 20
# A part takes seconds.
PARTS_LIMIT = 5
# Messages in one go: a receiver may keep a worker waiting, and the sweep has hands of its own for the rest.
MESSAGES_LIMIT = 20


@shared_task(name="transfers.tasks.advance", ignore_result=True)
def advance(*, transfer_id: str) -> None:
    """A hint that this transfer is due."""
    driver.advance_one(UUID(transfer_id))


@shared_task(name="transfers.tasks.watch_chain", ignore_result=True)
def watch_chain() -> None:
    """Look after what is confirmed but not final, and after gaps in the wallets' nonces."""
    watch_confirmed()
    mend_gaps()


@shared_task(name="transfers.tasks.drive_due", ignore_result=True)
def drive_due() -> int:
    """Find what hints missed."""
    return driver.run_due(SWEEP_LIMIT)


@shared_task(name="transfers.tasks.carry_out_bulk", ignore_result=True)
def carry_out_bulk() -> int:
    """Parts of files that wait, then the files that are done."""
    done = carry_out_due(PARTS_LIMIT)
    if done == PARTS_LIMIT:
        # There is more: whoever has hands free goes on at once, and this worker looks after other work in between.
        hint_bulk()
    complete_due()
    return done


@shared_task(name="transfers.tasks.fetch_rates", ignore_result=True)
def reference_rates() -> None:
    """Ask the feed of reference rates, unless somebody just did. A feed that is away is told by the age of its last sheet."""
    try:
        fetch_rates()
    except RailError as error:
        log.warning("no reference rates: %s", error)


@shared_task(name="transfers.tasks.tell_clients", ignore_result=True)
def tell_clients() -> int:
    """A hint that something is in the outbox."""
    dispatch_all()
    sent = deliver_due(MESSAGES_LIMIT)
    receipts.make_due()
    return sent


@shared_task(name="transfers.tasks.check_health", ignore_result=True)
def check_health() -> int:
    """Judge the health checks that run, and start those that are due."""
    return run_checks()


@shared_task(name="transfers.tasks.call_back", ignore_result=True)
def call_back() -> int:
    """Ask banks for payouts that are called back, and how that stands."""
    return recall_due(SWEEP_LIMIT)


@shared_task(name="transfers.tasks.watch_deposits", ignore_result=True)
def watch_deposits() -> int:
    """See what clients have sent us on chain. A node that does not answer is asked again by the next beat."""
    try:
        return watching.watch()
    except RailError as error:
        log.warning("deposits are not seen for now: %s", error)
        return 0


@shared_task(name="transfers.tasks.sweep_deposits", ignore_result=True)
def sweep_deposits() -> int:
    """Begin to bring home what clients have paid in on chain."""
    return begin_due()
