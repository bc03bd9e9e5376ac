"""What the tests of a bad day on the chain share: waits are skipped, and the books are asked whether they still add up."""

from datetime import UTC, datetime

from ledger.queries import trial_balance
from ledger.queries.proofs import findings
from tests.transfers.stack import CONFIRMATIONS, FINAL_DEPTH, Stack
from tests.transfers.world import ACCOUNT, FUNDS, UNIT, available, drive_until, posted
from transfers import driver
from transfers.api.responses import write_transfer
from transfers.commands.watching import watch_confirmed
from transfers.models import ChainTransaction, Transfer
from transfers.queries.references import outside_names

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
SENT = "100.00"
TAKEN = 100 * UNIT + UNIT // 2


def sent(transfer: Transfer) -> Transfer:
    """Driven until the network has it, and not into a block."""
    return drive_until(transfer, "SENT_ON_CHAIN")


def step(transfer: Transfer) -> Transfer:
    """One pass of the driver, its wait skipped."""
    Transfer.objects.filter(pk=transfer.pk, due_at__isnull=False).update(due_at=LONG_AGO)
    driver.advance_one(transfer.id)
    transfer.refresh_from_db()
    return transfer


def watch(transfer: Transfer) -> Transfer:
    """One look at what is confirmed, its wait skipped."""
    of_it = ChainTransaction.objects.filter(leg__transfer=transfer, watch_at__isnull=False)
    of_it.update(watch_at=LONG_AGO)
    watch_confirmed()
    transfer.refresh_from_db()
    return transfer


def has_waited(transfer: Transfer) -> None:
    """Whatever is sent has been waiting for too long."""
    ChainTransaction.objects.filter(leg__transfer=transfer, broadcast_at__isnull=False).update(broadcast_at=LONG_AGO)


def deep(rails: Stack) -> None:
    rails.mine(CONFIRMATIONS)


def final(rails: Stack) -> None:
    rails.mine(FINAL_DEPTH)


def branch_off(transfer: Transfer, rails: Stack, keep: str = "same") -> None:
    """The block of the payment is replaced, and those on top of it."""
    block = attempts(transfer)[-1].block_number
    assert block is not None
    rails.order("reorg", depth=rails.height() - block + 1, keep=keep)


def attempts(transfer: Transfer) -> list[ChainTransaction]:
    return list(ChainTransaction.objects.filter(leg__transfer=transfer).order_by("attempt"))


def told_hashes(transfer: Transfer) -> tuple[str | None, list[str]]:
    """The hash that the client is told, and as what each attempt's is known."""
    told: str | None = write_transfer(transfer)["on_chain_tx_hash"]
    kinds = {name.value: name.kind for name in outside_names([transfer.pk])}
    return told, [kinds[attempt.hash] for attempt in attempts(transfer)]


def the_books_prove_themselves() -> None:
    assert all(row.balanced for row in trial_balance())
    assert list(findings(thorough=True)) == []


def paid_once(*, taken: int = TAKEN) -> None:
    """The client has paid once, nothing is held, and everything adds up."""
    assert posted(ACCOUNT) == available() == FUNDS - taken
    the_books_prove_themselves()


def nothing_taken() -> None:
    assert posted(ACCOUNT) == available() == FUNDS
    the_books_prove_themselves()
