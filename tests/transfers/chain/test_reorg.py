"""A confirmed payment whose block is gone: taken back, held anew and sent again in one breath, and paid once in the end."""

import pytest

from approvals.commands import place_halt
from backoffice.alerts.rules.reorgs import AfterPayout
from ledger.models import Hold, LedgerTransaction
from reconciliation.commands.closing import close_proved_transfers
from tests.transfers.chain.weather import attempts, branch_off, deep, final, paid_once, step, the_books_prove_themselves, watch
from tests.transfers.stack import Stack
from tests.transfers.world import FUNDS, PAYEE, UNIT, World, available, drive_until, history, posted
from transfers.commands.watching import watch_confirmed
from transfers.models import Transfer, WalletReservation

pytestmark = pytest.mark.stack
ANVIL = True


def confirmed(transfer: Transfer, rails: Stack) -> Transfer:
    return drive_until(transfer, "CONFIRMED", between=rails.mine)


@pytest.mark.parametrize("keep", ["same", "later", "never"])
def test_it_is_reversed_held_anew_and_paid_once(live: World, rails: Stack, keep: str) -> None:
    before = rails.token_balance(PAYEE)
    transfer = confirmed(live.order(), rails)
    branch_off(transfer, rails, keep)
    assert watch(transfer).status == "REORGED"
    assert (transfer.money_state, available()) == ("reserved", FUNDS - 100 * UNIT - UNIT // 2)
    assert posted("wallet:hot-1:USDC.ethereum") == FUNDS
    assert posted("expense:network-fee:ETH.ethereum") == 0
    assert WalletReservation.objects.get(leg__transfer=transfer).ended_at is None
    assert Hold.objects.get(reference=transfer.hold_reference).status == "placed"
    the_books_prove_themselves()
    drive_until(transfer, "CONFIRMED", between=lambda: deep(rails))
    assert rails.token_balance(PAYEE) == before + 100 * UNIT
    assert len(attempts(transfer)) == 1
    withdrawals = LedgerTransaction.objects.filter(transaction_id=transfer.id, kind="withdrawal")
    assert sorted(row.reference.removeprefix(f"withdrawal/{transfer.reference}") for row in withdrawals) == ["", "/2"]
    assert [target for _, source, target in history(transfer.id) if source != target][-4:] == [
        "CONFIRMED",
        "REORGED",
        "SENT_ON_CHAIN",
        "CONFIRMED",
    ]
    paid_once()


def test_it_may_happen_again(live: World, rails: Stack) -> None:
    transfer = confirmed(live.order(), rails)
    for _ in range(2):
        # Mined again later, and so not deep already when it is confirmed again.
        branch_off(transfer, rails, "later")
        watch(transfer)
        drive_until(transfer, "CONFIRMED", between=lambda: deep(rails))
    assert [target for *_, target in history(transfer.id)].count("REORGED") == 2
    paid_once()


def test_the_watch_ends_at_final_depth(live: World, rails: Stack) -> None:
    transfer = confirmed(live.order(), rails)
    assert attempts(transfer)[0].watch_at is not None
    final(rails)
    watch(transfer)
    assert (transfer.status, attempts(transfer)[0].watch_at) == ("CONFIRMED", None)
    assert watch_confirmed() == 0
    assert close_proved_transfers() == 0


def test_an_off_ramp_whose_bank_was_not_ordered_is_taken_back_whole(live: World, rails: Stack) -> None:
    place_halt(scope="provider", target="bank", reason="it does not answer")
    transfer = confirmed(live.off_ramp(), rails)
    branch_off(transfer, rails)
    assert watch(transfer).status == "REORGED"
    assert posted("payable:payouts:MXN") == 0
    assert posted("wallet:settlement-1:USDC.ethereum") == 0
    the_books_prove_themselves()
    drive_until(transfer, "CONFIRMED", between=lambda: deep(rails))
    paid_once(taken=101 * UNIT)


def test_what_the_bank_may_have_paid_is_never_taken_back_by_itself(live: World, rails: Stack) -> None:
    transfer = drive_until(live.off_ramp(), "FIAT_SETTLED", between=rails.mine)
    taken = posted("nostro:nordbank-mxn:MXN")
    branch_off(transfer, rails, "never")
    assert watch(transfer).status == "FIAT_SETTLED"
    assert (transfer.money_state, history(transfer.id)[-1][0]) == ("exception", "payment_in_doubt")
    assert [(found.transfer_id, found.severity) for found in AfterPayout().find() or []] == [(transfer.id, "critical")]
    assert posted("nostro:nordbank-mxn:MXN") == taken
    watch(transfer)
    assert [kind for kind, *_ in history(transfer.id)].count("payment_in_doubt") == 1
    deep(rails)
    assert watch(transfer).money_state == "posted"
    assert history(transfer.id)[-1][0] == "doubt_ended"
    assert AfterPayout().find() == []
    paid_once(taken=101 * UNIT)


def test_a_reorg_before_it_is_confirmed_is_only_waited_for(live: World, rails: Stack) -> None:
    transfer = drive_until(live.order(), "SENT_ON_CHAIN")
    rails.mine()
    step(transfer)
    branch_off(transfer, rails, "later")
    assert step(transfer).status == "SENT_ON_CHAIN"
    drive_until(transfer, "CONFIRMED", between=lambda: deep(rails))
    assert "REORGED" not in [target for *_, target in history(transfer.id)]
    paid_once()
