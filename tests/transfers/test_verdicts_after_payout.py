"""What two people may decide once the bank was ordered: who has the tokens that the chain took back, and whether the bank paid."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.db import transaction

from approvals.models import ApprovalRequest
from ledger.models import LedgerTransaction
from ledger.queries.proofs import findings
from reconciliation.commands.closing import close_proved_transfers, report_missing
from reconciliation.commands.matching import match_open_items
from reconciliation.models import Break
from tests.reconciliation import outside
from tests.transfers import uncertain
from tests.transfers.deciding import EVIDENCE, ask, decided, vote
from tests.transfers.tame import Tame, tame_outside
from tests.transfers.world import FUNDS, LONG_AGO, UNIT, Books, World, available, drive_until, history, posted
from transfers import driver
from transfers.commands.reconcile import mark_reconciled
from transfers.commands.returns import dispute
from transfers.commands.verdicts import Verdict
from transfers.errors import Conflict
from transfers.models import BankAccount, Leg, Transfer
from transfers.queries.actions import available_actions
from transfers.rails.evm import ChainState

NOSTRO, WALLET, PARTNER = "nostro:nordbank-mxn:MXN", "wallet:hot-1:USDC.ethereum", "wallet:settlement-1:USDC.ethereum"
TAKEN = 41 * UNIT


@pytest.fixture
def tame() -> Iterator[Tame]:
    with tame_outside() as outside:
        yield outside


def _nonce_used(transfer: Transfer, tame: Tame, patch: pytest.MonkeyPatch) -> None:
    """The payment is in a block again, and the token refused it there: its nonce is used, and nobody was paid."""
    patch.undo()
    tame.reverts, tame.final_depth = True, tame.confirmations
    assert uncertain.watched(transfer).money_state == "exception"


def _drive(transfer: Transfer) -> Transfer:
    Transfer.objects.filter(pk=transfer.pk, due_at__isnull=False).update(due_at=LONG_AGO)
    driver.advance_one(transfer.id)
    transfer.refresh_from_db()
    return transfer


def test_tokens_that_were_delivered_after_all_leave_the_payout_as_it_is(
    world: World, tame: Tame, monkeypatch: pytest.MonkeyPatch
) -> None:
    transfer = uncertain.tokens(world, tame, monkeypatch)
    assert transfer.status_text.startswith("We are working on it")
    before = Books.now().entries
    transfer = decided(world, transfer, Verdict.PAID)
    assert (transfer.status, transfer.money_state, transfer.last_error) == ("FIAT_SETTLED", "posted", "")
    assert transfer.status_text == "The bank has paid your beneficiary."
    assert history(transfer.id)[-1][0] == "doubt_ended"
    assert Books.now().entries == before
    # Nobody looks at the chain for it any more; the bank is asked once whether it said anything meanwhile.
    uncertain.watched(transfer)
    assert _drive(transfer).money_state == "posted"
    assert list(findings(thorough=True)) == []


def test_a_payment_that_is_final_in_another_block_at_once_is_told_with_its_gas(
    world: World, tame: Tame, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody ever doubted it: all that changes is what it cost."""
    tame.final_depth = 99
    transfer = drive_until(world.off_ramp("40.00"), "FIAT_SETTLED")
    honest = tame.find

    def elsewhere(tx_hash: str) -> ChainState:
        state = honest(tx_hash)
        return replace(state, block_hash="0x" + "e" * 64, gas_cost=(state.gas_cost or 0) + 7)

    monkeypatch.setattr(tame, "find", elsewhere)
    transfer = uncertain.watched(transfer)
    assert (transfer.status, transfer.money_state) == ("FIAT_SETTLED", "posted")
    assert [kind for kind, *_ in history(transfer.id)].count("block_changed") == 1
    assert LedgerTransaction.objects.filter(reference__startswith="reorg/gas/").count() == 1
    assert list(findings(thorough=True)) == []


def test_tokens_that_stayed_with_us_are_owed_to_the_partner_and_cost_what_used_their_nonce(
    world: World, tame: Tame, monkeypatch: pytest.MonkeyPatch
) -> None:
    transfer = uncertain.tokens(world, tame, monkeypatch)
    with pytest.raises(Conflict, match="stay valid until their nonce is used"):
        ask(world, transfer, Verdict.NOT_PAID)
    _nonce_used(transfer, tame, monkeypatch)
    transfer = decided(world, transfer, Verdict.NOT_PAID)
    assert (transfer.status, transfer.money_state, transfer.evidence_state) == ("FIAT_SETTLED", "posted", "repaired")
    assert (posted(WALLET), posted(PARTNER), available()) == (FUNDS, 0, FUNDS - TAKEN)
    assert posted("expense:network-fee:ETH.ethereum") == 21_000
    assert list(findings(thorough=True)) == []


def test_tokens_that_are_lost_are_our_loss_and_nobody_elses(world: World, tame: Tame, monkeypatch: pytest.MonkeyPatch) -> None:
    transfer = decided(world, uncertain.tokens(world, tame, monkeypatch), Verdict.LOST)
    assert (transfer.status, transfer.money_state, transfer.failure_code) == ("FIAT_SETTLED", "posted", "")
    assert (posted(WALLET), posted(PARTNER), available()) == (FUNDS - 40 * UNIT, 0, FUNDS - TAKEN)
    assert posted("expense:write-off:USDC.ethereum") == 40 * UNIT
    assert list(findings(thorough=True)) == []


def test_what_people_decided_needs_no_proof_from_the_chain_and_all_from_the_bank(
    world: World, tame: Tame, monkeypatch: pytest.MonkeyPatch
) -> None:
    transfer = decided(world, uncertain.tokens(world, tame, monkeypatch), Verdict.LOST)
    assert close_proved_transfers() == 0
    outside.bank_source(BankAccount.objects.get(), last_sequence=0)
    Transfer.objects.filter(pk=transfer.pk).update(deadline_at=LONG_AGO)
    assert (report_missing(), Break.objects.get().expected_amount) == (1, 680_00)
    outside.bank_line("680.00", refs=f"<EndToEndId>{outside.bank_leg(transfer).reference}</EndToEndId>")
    match_open_items()
    transfer.refresh_from_db()
    assert (transfer.status, transfer.evidence_state) == ("RECONCILED", "repaired")
    assert Leg.objects.get(transfer=transfer, rail="evm").evidence_state == "repaired"


@pytest.mark.parametrize("verdict", Verdict)
def test_one_that_older_releases_left_on_its_way_goes_on_to_its_bank(
    world: World, tame: Tame, monkeypatch: pytest.MonkeyPatch, verdict: Verdict
) -> None:
    tame.final_depth = 99
    BankAccount.objects.update(gather_s=600)
    transfer = drive_until(world.off_ramp("40.00"), "CONFIRMED")
    with monkeypatch.context() as patch:
        assert uncertain.gone(transfer, tame, patch).status == "REORGED"
    Leg.objects.filter(transfer=transfer, rail="bank").update(request_state="forwarded")
    tame.reverts, tame.final_depth = True, tame.confirmations
    drive_until(transfer, "SENT_ON_CHAIN")
    transfer = _drive(transfer)
    assert (transfer.money_state, available()) == ("exception", FUNDS - TAKEN)
    transfer = decided(world, transfer, verdict)
    assert (transfer.status, posted("payable:payouts:MXN")) == ("CONFIRMED", 680_00)
    assert posted(PARTNER) == (40 * UNIT if verdict is Verdict.PAID else 0)
    assert posted(WALLET) == (FUNDS if verdict is Verdict.NOT_PAID else FUNDS - 40 * UNIT)
    BankAccount.objects.update(gather_s=0)
    drive_until(transfer, "FIAT_SETTLED")
    assert posted(NOSTRO) == outside_funds() - 680_00
    assert list(findings(thorough=True)) == []


def outside_funds() -> int:
    return 10**11


def test_a_disputed_payout_that_the_bank_made_stands(world: World, tame: Tame, monkeypatch: pytest.MonkeyPatch) -> None:
    transfer = uncertain.dispute(world, tame, monkeypatch)
    before = Books.now().entries
    transfer = decided(world, transfer, Verdict.PAID)
    assert (transfer.status, transfer.money_state, transfer.evidence_state) == ("FIAT_SETTLED", "posted", "repaired")
    assert (transfer.last_error, transfer.due_at) == ("", None)
    assert transfer.status_text == "The bank has paid your beneficiary."
    assert Books.now().entries == before


@pytest.mark.parametrize("verdict", [Verdict.NOT_PAID, Verdict.LOST])
def test_a_disputed_payout_that_did_not_arrive_is_given_back_whole(
    world: World, tame: Tame, monkeypatch: pytest.MonkeyPatch, verdict: Verdict
) -> None:
    transfer = uncertain.dispute(world, tame, monkeypatch)
    before = posted(NOSTRO)
    transfer = decided(world, transfer, verdict)
    lost = verdict is Verdict.LOST
    assert (transfer.status, transfer.failure_code) == ("FAILED", "declared_lost" if lost else "declared_unpaid")
    assert (available(), posted(NOSTRO) - before) == (FUNDS, 0 if lost else 680_00)
    assert posted("payable:payouts:MXN") == 0
    assert LedgerTransaction.objects.filter(kind="lost").exists() is lost
    assert list(findings(thorough=True)) == []


def test_a_payout_that_the_statement_has_shown_is_lost_and_never_unpaid(
    world: World, tame: Tame, monkeypatch: pytest.MonkeyPatch
) -> None:
    transfer = drive_until(world.off_ramp("40.00"), "FIAT_SETTLED")
    transfer = mark_reconciled(transfer_id=transfer.pk, evidence={"bank": "booked"})
    with transaction.atomic():
        dispute(transfer, "bank_returned_short", reason="less came back", data={})
    transfer.refresh_from_db()
    offered = {one.name: one for one in available_actions(transfer, ["transfers.ask_verdict"])}
    assert [name for name in ("paid", "not_paid", "lost") if offered[name].allowed] == ["paid", "lost"]
    assert "statement has shown that it left" in offered["not_paid"].reason
    assert decided(world, transfer, Verdict.LOST).failure_code == "declared_lost"
    assert available() == FUNDS


@pytest.mark.parametrize("name", ["tokens", "dispute"])
def test_the_page_says_what_follows(world: World, tame: Tame, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    transfer = uncertain.INTO[name][0](world, tame, monkeypatch)
    offered = {one.name: one for one in available_actions(transfer, ["transfers.ask_verdict"])}
    words = {"tokens": "the partner has the tokens", "dispute": "the payout stands"}[name]
    assert words in offered["paid"].reason
    assert words in ask(world, transfer, Verdict.PAID).title


@pytest.mark.parametrize(("name", "verdict"), [("tokens", Verdict.NOT_PAID), ("tokens", Verdict.LOST), ("dispute", Verdict.LOST)])
def test_a_web_process_has_the_rights_for_it_and_what_breaks_leaves_nothing(
    world: World, tame: Tame, monkeypatch: pytest.MonkeyPatch, database_role: Any, name: str, verdict: Verdict
) -> None:
    transfer = uncertain.INTO[name][0](world, tame, monkeypatch)
    if verdict is Verdict.NOT_PAID:
        _nonce_used(transfer, tame, monkeypatch)
    request = ask(world, transfer, verdict)
    vote(request, world.checker)
    before = Books.now()
    with monkeypatch.context() as patch:
        patch.setattr("transfers.commands.verdict_steps.post", _pulled)
        patch.setattr("transfers.commands.verdict_tokens.reverse", _pulled)
        with pytest.raises(OSError, match="pulled"):
            vote(request, world.second_checker)
    assert Books.now() == before
    with database_role("countersign_web"):
        assert vote(request, world.second_checker).status == "approved"
    transfer.refresh_from_db()
    assert transfer.money_state in ("posted", "reversed")
    assert ApprovalRequest.objects.get(pk=request.pk).executed_at is not None
    assert transfer.events.get(seq=transfer.version).reason == EVIDENCE


def _pulled(*_: Any, **__: Any) -> None:
    raise OSError("the plug was pulled")


def test_tokens_in_doubt_are_watched_on_when_the_bank_rejects_the_payout(
    world: World, tame: Tame, monkeypatch: pytest.MonkeyPatch
) -> None:
    tame.final_depth, tame.bank_says = 99, "ACSP"
    transfer = drive_until(world.off_ramp("40.00"), "CONFIRMED")
    _drive(transfer)
    with monkeypatch.context() as patch:
        assert uncertain.gone(transfer, tame, patch).money_state == "exception"
        tame.bank_says = "RJCT"
        assert _drive(transfer).status == "FAILED"
        tame.broadcasts.clear()
        uncertain.watched(transfer)
        assert len(tame.broadcasts) == 1
    transfer = uncertain.watched(transfer)
    assert (transfer.status, transfer.money_state, available()) == ("FAILED", "reversed", FUNDS)
    assert {leg.rail: leg.money_state for leg in transfer.legs.all()} == {"evm": "posted", "bank": "reversed"}
    assert posted(PARTNER) == 40 * UNIT


def test_the_chain_ends_no_dispute_with_the_bank(world: World, tame: Tame, monkeypatch: pytest.MonkeyPatch) -> None:
    tame.final_depth = 99
    transfer = uncertain.dispute(world, tame, monkeypatch)
    assert (uncertain.watched(transfer).money_state, transfer.evidence_state) == ("exception", "disputed")
    assert transfer.last_error.startswith("bank_contradicts")
