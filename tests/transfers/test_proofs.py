"""Holds against transfers: silent while they agree, and each disagreement is found, whoever caused it."""

from typing import Any

from django.db import connection

from audit import clock
from ledger.commands import PlaceHold, ReleaseHold, apply_holds, post, reverse
from ledger.proofs.registry import START
from tests.alerts.looking import in_state
from tests.ledger.lies import lie
from tests.transfers.world import ACCOUNT, MXN, UNIT, USDC, World
from transfers import postings
from transfers.commands.cancel import cancel
from transfers.models import Transfer
from transfers.proofs import PROOFS

_HOLDS = ("ledger_hold", "ledger_balance")
TOTAL = 100 * UNIT + UNIT // 2


def _found() -> list[tuple[str, str, str]]:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
    return [(proof.name, subject, message) for proof in PROOFS for subject, message in proof.find(START)]


def _facts(transfer: Transfer, **more: Any) -> postings.PaymentFacts:
    usual: dict[str, Any] = {
        "transfer_id": transfer.id,
        "reference": transfer.reference,
        "client_id": "acme",
        "source_asset": USDC,
        "principal": transfer.source_amount,
        "fee": transfer.max_fee,
        "wallet_account": "wallet:hot-1:USDC.ethereum",
        "hold_reference": transfer.hold_reference,
    }
    return postings.PaymentFacts(**usual | more)


def _paid(transfer: Transfer, status: str = "CONFIRMED", **more: Any) -> None:
    """As if it had gone all the way to `status`."""
    in_state(transfer, status, clock.now(), fee_amount=transfer.max_fee)
    for posting in postings.payment(_facts(transfer, **more), value_at=clock.now()):
        post(posting)


def _rejected(transfer: Transfer) -> None:
    """As the bank's rejection leaves it: converted, and the conversion reversed."""
    target = {"target_asset": MXN, "target": 1_700_00, "settlement_account": "wallet:settlement-1:USDC.ethereum"}
    _paid(transfer, "FAILED", **target)
    reverse(
        reference_of=f"conversion/{transfer.reference}",
        reference=f"conversion-reversal/{transfer.reference}",
        reason="AM03",
        value_at=clock.now(),
    )


def test_every_stage_of_an_honest_transfer_agrees(world: World) -> None:
    waiting = world.order("5000.00")
    ended, locked, paid, rejected = (world.order() for _ in range(4))
    cancel(ended.id, "no longer needed")
    in_state(locked, "FUNDS_LOCKED", clock.now(), fee_amount=locked.max_fee)
    _paid(paid)
    _rejected(rejected)
    assert Transfer.objects.get(pk=waiting.pk).status == "CREATED"
    assert _found() == []


def test_a_lower_fee_makes_a_smaller_hold(world: World) -> None:
    transfer = world.order()
    fixed = f"{transfer.hold_reference}/fixed"
    apply_holds(ReleaseHold(transfer.hold_reference), PlaceHold(fixed, ACCOUNT, 100 * UNIT), transaction_id=transfer.id)
    in_state(transfer, "FUNDS_LOCKED", clock.now(), fee_amount=0, hold_reference=fixed)
    assert _found() == []


def test_a_hold_that_was_given_back_too_early_is_found(world: World) -> None:
    transfer = world.order()
    apply_holds(ReleaseHold(transfer.hold_reference))
    assert _found() == [("transfers_match_holds", transfer.reference, "CREATED: its hold is released")]


def test_a_hold_that_outlives_its_transfer_is_found_from_both_sides(world: World) -> None:
    transfer = world.order()
    in_state(transfer, "CANCELLED", clock.now())
    assert _found() == [
        ("transfers_match_holds", transfer.reference, "CANCELLED: its hold is placed"),
        ("holds_match_transfers", transfer.hold_reference, f"the transfer is CANCELLED, and still holds {TOTAL}"),
    ]


def test_a_hold_of_another_amount_is_found(world: World) -> None:
    transfer = world.order()
    lie("UPDATE ledger_hold SET amount = amount - 1", "UPDATE ledger_balance SET held = held - 1 WHERE held > 0", about=_HOLDS)
    assert _found() == [("transfers_match_holds", transfer.reference, f"CREATED: it may take {TOTAL}, its hold is {TOTAL - 1}")]


def test_a_second_hold_of_one_transfer_is_found(world: World) -> None:
    transfer = world.order()
    apply_holds(PlaceHold("another", ACCOUNT, 5), transaction_id=transfer.id)
    assert _found() == [("holds_match_transfers", "another", f"the transfer goes by hold {transfer.hold_reference}")]


def test_a_hold_for_no_transfer_is_found_and_other_holds_are_not_ours(world: World) -> None:
    apply_holds(PlaceHold("withdrawal-hold/none", ACCOUNT, 5), PlaceHold("a card payment", ACCOUNT, 5))
    assert _found() == [("holds_match_transfers", "withdrawal-hold/none", "a hold for a transfer that does not exist")]


def test_a_transfer_without_any_hold_is_found(world: World) -> None:
    transfer = world.order()
    lie(f"DELETE FROM ledger_hold WHERE reference = '{transfer.hold_reference}'", about=_HOLDS)
    assert _found() == [("transfers_match_holds", transfer.reference, "CREATED: it has no hold")]


def test_a_hold_on_somebody_else_s_account_is_found(world: World) -> None:
    transfer = world.order()
    lie("UPDATE ledger_hold SET account_id = (SELECT id FROM ledger_account WHERE code = 'payable:payouts:MXN')", about=_HOLDS)
    said = f"CREATED: its hold is on payable:payouts:MXN, for {transfer.id}"
    assert _found() == [("transfers_match_holds", transfer.reference, said)]


def test_a_transfer_that_says_it_paid_and_took_nothing_is_found(world: World) -> None:
    transfer = world.order()
    in_state(transfer, "CONFIRMED", clock.now(), fee_amount=transfer.max_fee)
    assert _found() == [("transfers_match_holds", transfer.reference, "CONFIRMED: its hold is placed")]


def test_a_posting_that_took_more_than_the_price_is_found(world: World) -> None:
    transfer = world.order()
    in_state(transfer, "RECONCILED", clock.now(), fee_amount=transfer.max_fee)
    (posting,) = postings.payment(_facts(transfer, fee=transfer.max_fee + 7), value_at=clock.now())
    post(posting)
    said = f"RECONCILED: its price is {TOTAL}, its hold settled {TOTAL + 7}"
    assert _found() == [("transfers_match_holds", transfer.reference, said)]


def test_a_posting_under_another_name_is_found(world: World) -> None:
    transfer = world.order()
    _paid(transfer)
    lie(
        f"UPDATE ledger_ledgertransaction SET reference = 'x' WHERE reference = 'withdrawal/{transfer.reference}'",
        about=("ledger_ledgertransaction",),
    )
    said = f"CONFIRMED: its price is {TOTAL}, its posting took nothing: there is none"
    assert _found() == [("transfers_match_holds", transfer.reference, said)]


def test_a_failed_payout_whose_money_did_not_come_back_is_found(world: World) -> None:
    transfer = world.order()
    _paid(transfer, "FAILED")
    assert _found() == [("transfers_match_holds", transfer.reference, "FAILED: what it took was not given back")]
