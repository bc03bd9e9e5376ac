"""Worked examples, to be read like a bookkeeping course. Each says in words what happened, then what the books say.

USDC has six digits after the point, MXN two, ETH eighteen; amounts here are minor units.
"""

from uuid import uuid4

import pytest

from ledger.commands import Line, PlaceHold, ReleaseHold, SettleHold, apply_holds, reverse
from ledger.queries import balances_of, entries_of, holds_of, postings_of, trial_balance
from tests.ledger.house import (
    ACME,
    DAY,
    FEES,
    FUNDING,
    FUNDING_ETH,
    FUNDING_MXN,
    GAS,
    GLOBEX,
    HOT,
    NETWORK_FEES,
    NOSTRO,
    PAYABLE,
    POSITION_MXN,
    POSITION_USDC,
    SETTLEMENT,
    book,
    books_balance,
    deposit,
    figures,
)

pytestmark = pytest.mark.usefixtures("house")

USDC = 1_000_000
MXN = 100
GWEI = 10**9


def test_a_deposit_makes_the_wallet_and_our_debt_grow_together() -> None:
    deposit("deposit-1", ACME, 1_000 * USDC)
    assert figures(HOT) == (1_000 * USDC, 0, 1_000 * USDC)
    assert figures(ACME) == (1_000 * USDC, 0, 1_000 * USDC)
    assert figures(GLOBEX) == (0, 0, 0)


def test_a_withdrawal_is_held_first_then_paid_with_its_fee_on_top() -> None:
    """Acme withdraws 100 USDC; the fee is 2, and 3 were held for it. At the end 102 leave acme: 100 left the wallet, 2 are ours."""
    transfer = uuid4()
    deposit("deposit-1", ACME, 1_000 * USDC)
    apply_holds(PlaceHold("withdrawal-1", ACME, 103 * USDC), transaction_id=transfer)
    assert figures(ACME) == (1_000 * USDC, 103 * USDC, 897 * USDC)

    book(
        "withdrawal-1:confirmed",
        Line.debit(ACME, 102 * USDC),
        Line.credit(HOT, 100 * USDC),
        Line.credit(FEES, 2 * USDC),
        holds=(SettleHold("withdrawal-1", 102 * USDC),),
        transaction_id=transfer,
    )
    assert figures(ACME) == (898 * USDC, 0, 898 * USDC)
    assert figures(HOT) == (900 * USDC, 0, 900 * USDC)
    assert figures(FEES) == (2 * USDC, 0, 2 * USDC)
    assert [(hold.status, hold.amount, hold.settled_amount) for hold in holds_of(transfer)] == [("settled", 103 * USDC, 102 * USDC)]
    assert [(entry.account.code, entry.debit, entry.credit) for entry in entries_of(transfer)] == [
        (ACME, 102 * USDC, 0),
        (HOT, 0, 100 * USDC),
        (FEES, 0, 2 * USDC),
    ]


def test_gas_is_booked_in_its_own_asset() -> None:
    book("gas-stock", Line.debit(GAS, 10**18), Line.credit(FUNDING_ETH, 10**18))
    book("withdrawal-1:gas", Line.debit(NETWORK_FEES, 65_000 * 20 * GWEI), Line.credit(GAS, 65_000 * 20 * GWEI))
    assert figures(NETWORK_FEES)[0] == 1_300_000_000_000_000
    assert figures(GAS)[0] == 10**18 - 1_300_000_000_000_000


def test_an_off_ramp_passes_the_position_accounts_and_balances_in_each_asset() -> None:
    """Acme turns 1,000 USDC into 18,500 MXN for 5 USDC. Tokens go to the settlement wallet; pesos are owed, then paid."""
    transfer = uuid4()
    book("nostro-stock", Line.debit(NOSTRO, 50_000 * MXN), Line.credit(FUNDING_MXN, 50_000 * MXN))
    deposit("deposit-1", ACME, 2_000 * USDC)
    apply_holds(PlaceHold("offramp-1", ACME, 1_005 * USDC), transaction_id=transfer)
    book(
        "offramp-1:confirmed",
        Line.debit(ACME, 1_005 * USDC),
        Line.credit(POSITION_USDC, 1_000 * USDC),
        Line.credit(FEES, 5 * USDC),
        Line.debit(SETTLEMENT, 1_000 * USDC),
        Line.credit(HOT, 1_000 * USDC),
        Line.debit(POSITION_MXN, 18_500 * MXN),
        Line.credit(PAYABLE, 18_500 * MXN),
        holds=(SettleHold("offramp-1", 1_005 * USDC),),
        transaction_id=transfer,
    )
    assert (figures(PAYABLE)[0], figures(NOSTRO)[0]) == (18_500 * MXN, 50_000 * MXN)
    book("offramp-1:settled", Line.debit(PAYABLE, 18_500 * MXN), Line.credit(NOSTRO, 18_500 * MXN), transaction_id=transfer)

    assert (figures(PAYABLE)[0], figures(NOSTRO)[0]) == (0, 31_500 * MXN)
    assert (figures(POSITION_USDC)[0], figures(POSITION_MXN)[0]) == (1_000 * USDC, -18_500 * MXN)
    assert (figures(ACME)[0], figures(HOT)[0], figures(SETTLEMENT)[0]) == (995 * USDC, 1_000 * USDC, 1_000 * USDC)
    assert [posting.reference for posting in postings_of(transfer)] == ["offramp-1:confirmed", "offramp-1:settled"]
    assert books_balance()


def test_a_cancelled_withdrawal_gives_back_what_was_held() -> None:
    deposit("deposit-1", ACME, 10 * USDC)
    apply_holds(PlaceHold("withdrawal-1", ACME, 9 * USDC))
    apply_holds(ReleaseHold("withdrawal-1"))
    assert figures(ACME) == (10 * USDC, 0, 10 * USDC)


def test_a_reorganised_chain_gives_the_money_back_and_reserves_it_again_in_one_breath() -> None:
    deposit("deposit-1", ACME, 10 * USDC)
    apply_holds(PlaceHold("withdrawal-1", ACME, 10 * USDC))
    book("withdrawal-1:1", Line.debit(ACME, 10 * USDC), Line.credit(HOT, 10 * USDC), holds=(SettleHold("withdrawal-1", 10 * USDC),))
    reverse(
        reference_of="withdrawal-1:1",
        reference="withdrawal-1:1:reorg",
        reason="block 12 left the chain",
        value_at=DAY,
        holds=(PlaceHold("withdrawal-1:2", ACME, 10 * USDC),),
    )
    assert figures(ACME) == (10 * USDC, 10 * USDC, 0)
    assert figures(HOT)[0] == 10 * USDC


def test_a_reversed_deposit_that_was_spent_is_an_overdraft_and_is_shown_as_one() -> None:
    """The outside took the tokens back. The books must say so, though acme has spent them; only a named reason lets it pass."""
    deposit("deposit-1", ACME, 10 * USDC)
    book("spent", Line.debit(ACME, 10 * USDC), Line.credit(HOT, 10 * USDC))
    deposit("other-client", GLOBEX, 50 * USDC)
    reverse(reference_of="deposit-1", reference="deposit-1:back", reason="returned", value_at=DAY, forced_kind="return")
    assert figures(ACME) == (-10 * USDC, 0, -10 * USDC)
    # A repayment is welcome although the account stays below its floor.
    deposit("repayment", ACME, 4 * USDC)
    assert figures(ACME) == (-6 * USDC, 0, -6 * USDC)
    assert figures(GLOBEX) == (50 * USDC, 0, 50 * USDC)


def test_house_money_in_the_client_wallet_is_on_its_own_account() -> None:
    book("float", Line.debit(HOT, 500 * USDC), Line.credit(FUNDING, 500 * USDC))
    deposit("deposit-1", ACME, 100 * USDC)
    assert figures(HOT)[0] == figures(FUNDING)[0] + figures(ACME)[0]


def test_the_trial_balance_shows_both_sides_of_the_equation_per_asset() -> None:
    deposit("deposit-1", ACME, 100 * USDC)
    book("fee", Line.debit(ACME, 3 * USDC), Line.credit(FEES, 3 * USDC))
    row = next(row for row in trial_balance() if row.asset.code == "USDC")
    assert (row.debits, row.credits, row.balanced) == (103 * USDC, 103 * USDC, True)
    assert row.by_type == {"asset": 100 * USDC, "equity": 0, "liability": 97 * USDC, "revenue": 3 * USDC}


def test_an_owner_sees_all_accounts_of_its_own() -> None:
    deposit("deposit-1", ACME, 100 * USDC)
    assert [(mine.code, mine.posted) for mine in balances_of("client:acme")] == [(ACME, 100 * USDC)]
