"""What the sweep does again and again. Each job is safe beside others of its kind: what it takes is claimed in the database."""

from datetime import timedelta

from approvals.commands.expiry import expire_due
from backoffice.alerts import checks, outbox
from backoffice.health.heartbeats import signs
from backoffice.health.lanes import Job
from ledger.commands.proofs import prove_books
from ledger.queries.proofs import full_proof_is_due, seconds_since_last_run
from reconciliation.commands import readings, reconciling
from transfers import driver
from transfers.commands.moot import dismiss_moot
from transfers.commands.nonces import mend_gaps
from transfers.commands.recall_steps import recall_due
from transfers.commands.sweeping.begin import begin_due
from transfers.commands.synthetic import run_due as run_checks
from transfers.commands.watching import watch_confirmed
from transfers.health.probing import probe_due
from transfers.outbox.deliver import HANDS_PER_ADDRESS, deliver_due
from transfers.outbox.dispatch import dispatch_all
from transfers.overdue import left_behind
from transfers.queries.transitions import count_transitions
from transfers.receipts.make import make_due
from transfers.tasks import carry_out_bulk, reference_rates, watch_deposits
from transfers.webhooks.commands import process_stored

# Workers get this long before the sweep steps in: it is the net, not the trapeze.
LEFT_BEHIND = timedelta(seconds=15)
WEBHOOK_LEFT = timedelta(seconds=10)
BEAT_SILENT_S = 30.0
TRANSFERS_AT_ONCE = 20
PROVE_EVERY_S = 60.0


def drive() -> None:
    """Take the next step of transfers that nobody drives."""
    for transfer_id in left_behind(longer_than=LEFT_BEHIND, limit=TRANSFERS_AT_ONCE):
        driver.advance_one(transfer_id)


def beat_is_silent() -> bool:
    """While beat is heard, workers do what it sends, with more hands than the sweep has."""
    return not any(sign.kind == "beat" for sign in signs(newer_than_s=BEAT_SILENT_S))


def see_deposits() -> None:
    if beat_is_silent():
        watch_deposits()


def sweep_deposits() -> None:
    if beat_is_silent():
        begin_due()


def watch_chain() -> None:
    if beat_is_silent():
        watch_confirmed()
        mend_gaps()


def call_back() -> None:
    if beat_is_silent():
        recall_due()


def reconcile() -> None:
    if beat_is_silent():
        reconciling.reconcile()


def read_outside() -> None:
    """What wallets and banks hold outside."""
    if beat_is_silent():
        readings.read_balances()


def prove() -> None:
    """The books since the last checkpoint, unless another sweep has just done it."""
    silent_s = seconds_since_last_run()
    if silent_s is None or silent_s > PROVE_EVERY_S / 2:
        prove_books()


def prove_in_full() -> None:
    """The books from the first entry, once a day."""
    if full_proof_is_due():
        prove_books(full=True)


def all_jobs() -> list[Job]:
    return [
        # Twenty transfers with slow providers take their time.
        Job("drive", 3.0, drive, patience_s=20 * 60.0),
        Job("files", 5.0, carry_out_bulk, patience_s=10 * 60.0),
        Job("alerts", 5.0, checks.look),
        Job("deliveries", 3.0, outbox.drain, patience_s=10 * 60.0),
        Job("approvals", 5.0, expire_due),
        Job("moot requests", 5.0, dismiss_moot),
        Job("health checks", 10.0, run_checks),
        Job("webhooks", 5.0, lambda: process_stored(older_than=WEBHOOK_LEFT)),
        Job("rates", 15.0, reference_rates),
        Job("outbox", 1.0, dispatch_all),
        Job("receipts", 2.0, make_due),
        # Two more than one address may have: a client's server that takes its time keeps its own messages waiting.
        *(Job(f"messages {hand}", 1.0, deliver_due, patience_s=30 * 60.0) for hand in range(1, HANDS_PER_ADDRESS + 3)),
        Job("providers", 5.0, probe_due, patience_s=5 * 60.0),
        Job("deposits", 5.0, see_deposits, patience_s=5 * 60.0),
        Job("sweeping", 60.0, sweep_deposits, patience_s=5 * 60.0),
        Job("chain", 5.0, watch_chain, patience_s=5 * 60.0),
        Job("recalls", 5.0, call_back, patience_s=5 * 60.0),
        Job("reconcile", 15.0, reconcile, patience_s=10 * 60.0),
        Job("balances", 20.0, read_outside, patience_s=5 * 60.0),
        Job("figures", 60.0, count_transitions),
        Job("proofs", PROVE_EVERY_S, prove, patience_s=5 * 60.0),
        # Ten million entries take minutes; the alert about late proofs watches the lane above.
        Job("full proof", 600.0, prove_in_full, patience_s=6 * 3600.0),
    ]
