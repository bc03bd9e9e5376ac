"""A deposit that was given up as gone, and that our own index finds in a final block after all."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from audit import clock, coverage
from ledger.queries.proofs import findings
from reconciliation.commands.matching import match_open_items
from reconciliation.models import Break
from tests.reconciliation.outside import index
from tests.reconciliation.places import sources
from tests.transfers import world as worlds
from tests.transfers.incoming import FakeChain, address_of, fake_chain
from tests.transfers.test_chain_deposits import look
from tests.transfers.world import ACCOUNT, FUNDS, UNIT, drive_until, posted
from transfers.commands.deposits.watching import watch
from transfers.models import Arrival, Transfer

pytestmark = pytest.mark.django_db
DAYS = timedelta(hours=25)


@pytest.fixture
def chain(bound: None) -> Iterator[FakeChain]:
    worlds.build()
    with fake_chain() as outside:
        yield outside


def seen(chain: FakeChain) -> Transfer:
    chain.pay(address_of().value, 250 * UNIT)
    watch()
    sources()
    return Transfer.objects.get()


def given_up(transfer: Transfer) -> Transfer:
    with clock.using(lambda: transfer.state_entered_at + DAYS):
        assert look(transfer).failure_code == "deposit_gone"
    return transfer


def credited_once(first: Transfer) -> None:
    again = drive_until(Transfer.objects.exclude(pk=first.pk).get(), "CONFIRMED")
    match_open_items()
    again.refresh_from_db()
    assert (again.status, posted(ACCOUNT)) == ("RECONCILED", FUNDS + 250 * UNIT)
    assert list(findings()) == []
    assert list(coverage.findings()) == []


def test_what_the_index_alone_reads_after_it_was_given_up_is_a_new_deposit(chain: FakeChain) -> None:
    transfer = seen(chain)
    chain.reorg(1)
    given_up(transfer)
    chain.pay(address_of().value, 250 * UNIT)
    chain.mine(3)
    with clock.using(lambda: transfer.state_entered_at + DAYS):
        index()
        match_open_items()
        assert not Break.objects.exists()
        credited_once(transfer)


def test_what_the_index_had_read_before_is_a_break_until_it_is_seen_again(chain: FakeChain) -> None:
    transfer = seen(chain)
    chain.mine(3)
    index()
    chain.reorg(4)
    given_up(transfer)
    assert [match_open_items() and Arrival.objects.get().status for _ in range(2)] == ["gone", "gone"]
    assert "our books say that it is gone" in Break.objects.get().title
    chain.pay(address_of().value, 250 * UNIT)
    chain.mine(2)
    assert watch() == 1
    credited_once(transfer)
    found = Break.objects.get()
    assert (found.status, found.resolution[:27]) == ("resolved", "Seen again and credited to ")
