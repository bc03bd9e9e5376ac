"""Tokens sent to a client's address, from the first sight to the balance, with everything a chain may do in between."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from approvals.commands import create_client, place_halt
from audit import clock, coverage
from ledger.commands import PlaceHold, apply_holds
from ledger.models import LedgerTransaction
from ledger.queries.proofs import findings
from tests.transfers.incoming import FakeChain, address_of, fake_chain
from tests.transfers.world import ACCOUNT, FUNDS, UNIT, USDC, World, available, drive_until, history, posted
from transfers import driver
from transfers.commands.deposits import arrivals, watching
from transfers.commands.deposits.watching import watch
from transfers.models import Arrival, Transfer

DEPOSITS, UNALLOCATED = f"wallet:deposits:{USDC}", f"quarantine:arrivals:{USDC}"


@pytest.fixture
def chain(world: World) -> Iterator[FakeChain]:
    with fake_chain() as chain:
        yield chain


def seen(chain: FakeChain, amount: int = 250 * UNIT, **how: object) -> Transfer:
    """One deposit in the newest block, seen once."""
    chain.pay(address_of().value, amount, **how)  # type: ignore[arg-type]
    assert watch() == 1
    return Transfer.objects.latest("created_at")


def look(transfer: Transfer) -> Transfer:
    """One look of the driver, whenever it was due."""
    Transfer.objects.filter(pk=transfer.pk, due_at__isnull=False).update(due_at=clock.now())
    driver.advance_one(transfer.id)
    transfer.refresh_from_db()
    return transfer


def everything_holds() -> None:
    assert list(findings()) == []
    assert list(coverage.findings()) == []


def test_a_deposit_is_seen_at_once_and_credited_at_final_depth(chain: FakeChain) -> None:
    transfer = seen(chain)
    assert (transfer.status, transfer.route, transfer.client_id) == ("CREATED", "chain_deposit", "acme")
    assert "waiting for its confirmations" in transfer.status_text
    assert (look(transfer).status, posted(ACCOUNT)) == ("CREATED", FUNDS)
    chain.mine(1)
    assert look(transfer).status == "CREATED"
    chain.mine(1)
    assert look(transfer).status == "CONFIRMED"
    assert (posted(ACCOUNT), posted(DEPOSITS)) == (FUNDS + 250 * UNIT, 250 * UNIT)
    assert history(transfer.id) == [("created", "", "CREATED"), ("confirmed", "CREATED", "CONFIRMED")]


def test_one_sight_or_ten_is_one_deposit(chain: FakeChain) -> None:
    transfer = seen(chain)
    chain.mine(5)
    drive_until(transfer, "CONFIRMED")
    assert [watch() for _ in range(3)] == [0, 0, 0]
    assert (Transfer.objects.count(), posted(ACCOUNT)) == (1, FUNDS + 250 * UNIT)


def test_one_that_cannot_be_kept_keeps_no_other_from_being_seen(chain: FakeChain, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = arrivals.see

    def see(sight: arrivals.Sight) -> Arrival:
        if sight.amount == 7 * UNIT:
            raise ZeroDivisionError
        return honest(sight)

    chain.pay(address_of().value, 7 * UNIT, tx="0x07")
    chain.pay(address_of().value, 8 * UNIT, tx="0x08")
    with monkeypatch.context() as patch:
        patch.setattr(watching, "see", see)
        assert watch() == 1
    assert list(Arrival.objects.values_list("amount", flat=True)) == [8 * UNIT]
    assert watch() == 1
    assert Arrival.objects.count() == 2


def test_two_logs_of_one_transaction_are_two_deposits(chain: FakeChain) -> None:
    to = address_of().value
    number = len(chain.blocks)
    chain.blocks.append(
        [chain.log(to, amount, tx="pair", log_index=index, number=number) for index, amount in ((0, UNIT), (1, UNIT))]
    )
    chain.mine(3)
    assert watch() == 2
    for transfer in Transfer.objects.all():
        drive_until(transfer, "CONFIRMED")
    assert posted(ACCOUNT) == FUNDS + 2 * UNIT


def test_a_deposit_that_vanishes_before_it_is_final_is_never_credited(chain: FakeChain) -> None:
    transfer = seen(chain)
    chain.reorg(1)
    assert look(transfer).status == "CREATED"
    look(transfer)
    assert [kind for kind, *_ in history(transfer.id)] == ["created", "deposit_vanished"]
    with clock.using(lambda: transfer.state_entered_at + timedelta(hours=25)):
        assert look(transfer).status == "FAILED"
    assert (transfer.failure_code, posted(ACCOUNT), posted(DEPOSITS)) == ("deposit_gone", FUNDS, 0)
    assert Arrival.objects.get().status == "gone"


def gone(chain: FakeChain) -> Transfer:
    """A deposit that was in no block for a day."""
    transfer = seen(chain)
    chain.reorg(1)
    with clock.using(lambda: transfer.state_entered_at + timedelta(hours=25)):
        assert look(transfer).failure_code == "deposit_gone"
    return transfer


def test_what_was_given_up_and_is_mined_after_all_is_a_new_deposit_credited_once(chain: FakeChain) -> None:
    first = gone(chain)
    chain.pay(address_of().value, 250 * UNIT)
    assert [watch() for _ in range(3)] == [1, 0, 0]
    again = Transfer.objects.exclude(pk=first.pk).get()
    assert (again.status, again.client_id, Arrival.objects.get().transfer_id) == ("CREATED", "acme", again.pk)
    chain.mine(2)
    drive_until(again, "CONFIRMED")
    first.refresh_from_db()
    assert (first.status, posted(ACCOUNT), posted(DEPOSITS)) == ("FAILED", FUNDS + 250 * UNIT, 250 * UNIT)
    everything_holds()


def test_what_was_given_up_stays_so_while_what_is_mined_is_not_it(chain: FakeChain) -> None:
    gone(chain)
    chain.pay(address_of().value, 251 * UNIT)
    assert (watch(), Arrival.objects.get().status, Transfer.objects.count()) == (0, "gone", 1)


def test_mined_again_under_another_log_it_is_credited_once(chain: FakeChain) -> None:
    first = seen(chain, log_index=4)
    chain.reorg(1)
    second = seen(chain, log_index=7)
    chain.mine(3)
    assert drive_until(second, "CONFIRMED").status == "CONFIRMED"
    assert drive_until(first, "FAILED").failure_code == "deposit_gone"
    assert posted(ACCOUNT) == FUNDS + 250 * UNIT


def test_a_credited_deposit_that_the_chain_takes_back_is_reversed_and_credited_again(chain: FakeChain) -> None:
    transfer = seen(chain)
    chain.mine(2)
    drive_until(transfer, "CONFIRMED")
    assert look(transfer).status == "CONFIRMED"
    # All of it is promised to somebody by now.
    apply_holds(PlaceHold("spent", ACCOUNT, available()))
    chain.reorg(3)
    assert look(transfer).status == "REORGED"
    assert (posted(ACCOUNT), posted(DEPOSITS), available()) == (FUNDS, 0, -250 * UNIT)
    everything_holds()
    chain.pay(address_of().value, 250 * UNIT)
    chain.mine(2)
    assert drive_until(transfer, "CONFIRMED").money_state == "posted"
    assert (posted(ACCOUNT), available()) == (FUNDS + 250 * UNIT, 0)
    kinds = LedgerTransaction.objects.filter(transaction_id=transfer.id).order_by("booked_at").values_list("kind", flat=True)
    assert list(kinds) == ["deposit", "deposit.reversal", "deposit"]
    everything_holds()


def test_a_node_that_does_not_know_the_transaction_is_no_reorg(chain: FakeChain) -> None:
    transfer = seen(chain)
    chain.mine(2)
    drive_until(transfer, "CONFIRMED")
    kept, chain.blocks = chain.blocks, [[] for _ in chain.blocks]
    assert look(transfer).status == "CONFIRMED"
    chain.blocks = kept
    assert posted(ACCOUNT) == FUNDS + 250 * UNIT


def test_dust_is_set_aside_and_belongs_to_nobody_yet(chain: FakeChain) -> None:
    transfer = seen(chain, UNIT - 1)
    chain.mine(2)
    assert drive_until(transfer, "FAILED").failure_code == "deposit_below_minimum"
    assert (posted(ACCOUNT), posted(DEPOSITS), posted(UNALLOCATED)) == (FUNDS, UNIT - 1, UNIT - 1)
    everything_holds()


def test_a_frozen_client_is_not_credited_until_the_freeze_is_lifted(chain: FakeChain) -> None:
    transfer = seen(chain)
    place_halt(scope="client", target="acme", reason="strange")
    chain.mine(2)
    assert (look(transfer).status, posted(ACCOUNT)) == ("CREATED", FUNDS)
    assert transfer.stopped_by


def test_an_address_leads_to_one_client_for_ever(chain: FakeChain) -> None:
    create_client(client_id="globex", name="Globex")
    assert address_of().pk == address_of().pk
    assert address_of("globex").value != address_of().value
    chain.pay(address_of("globex").value, 10 * UNIT)
    chain.mine(2)
    watch()
    assert drive_until(Transfer.objects.get(), "CONFIRMED").client_id == "globex"
    assert (posted(f"client:globex:{USDC}"), posted(ACCOUNT)) == (10 * UNIT, FUNDS)
    everything_holds()


def test_transfers_of_nothing_are_not_seen(chain: FakeChain) -> None:
    chain.pay(address_of().value, 0)
    assert watch() == 0
    assert not Arrival.objects.exists()
