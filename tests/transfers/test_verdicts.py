"""What two people may decide where the outside does not answer, and what it does to the books."""

from collections.abc import Iterator
from typing import Any

import pytest

from approvals.commands import place_halt
from approvals.errors import Halted, MakerMayNotDecide, NotCarriedOut, RequestAlreadyPending
from approvals.models import ApprovalRequest, LimitUse
from audit.models import AuditEvent
from ledger.chart import AccountKind
from ledger.commands import Line, Posting, open_account, post
from ledger.queries import balance
from ledger.queries.proofs import findings
from reconciliation.commands.closing import close_proved_transfers
from tests.transfers import uncertain
from tests.transfers.deciding import EVIDENCE, ask, decided, vote
from tests.transfers.tame import Tame, tame_outside
from tests.transfers.world import FUNDS, LONG_AGO, UNIT, USDC, Books, World, acting, available, drive_until, posted
from transfers.commands import verdicts
from transfers.commands.deposits.refund import refundable
from transfers.commands.moot import dismiss_moot
from transfers.commands.verdicts import Verdict
from transfers.errors import Conflict, Refused
from transfers.models import Transfer, WalletReservation
from transfers.uncertain import UNCERTAIN, uncertainty_of

CARDHOLDER, OWED = "client:acme:MXN", "receivable:psp:MXN"
ON_CHAIN_AND_BANK = [("broadcast", Verdict.LOST), ("doubt", Verdict.PAID), ("payout", Verdict.LOST)]
WALLET, NOSTRO = "wallet:hot-1:USDC.ethereum", "nostro:nordbank-mxn:MXN"


@pytest.fixture
def tame() -> Iterator[Tame]:
    with tame_outside() as outside:
        yield outside


def _legs(transfer: Transfer) -> dict[str, Any]:
    return {leg.rail: leg for leg in transfer.legs.all()}


def _cover(amount: int) -> None:
    house = "house:funding:USDC.ethereum"
    open_account(code=house, name=house, kind=AccountKind.HOUSE_FUNDING, asset_id=USDC)
    lines = (Line.debit(WALLET, amount), Line.credit(house, amount))
    post(Posting(reference="cover", kind="funding", value_at=LONG_AGO, lines=lines))


@pytest.mark.parametrize("name", uncertain.INTO)
def test_each_uncertain_state_is_recognised(world: World, tame: Tame, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    bring, expected = uncertain.INTO[name]
    transfer = bring(world, tame, monkeypatch)
    assert uncertainty_of(transfer, _legs(transfer)) is expected


def test_every_uncertain_state_has_a_story_here() -> None:
    assert {expected for _, expected in uncertain.INTO.values()} == set(UNCERTAIN)


@pytest.mark.parametrize("name", ["signing", "broadcast", "doubt"])
def test_what_is_lost_on_chain_gives_the_client_its_hold_back_and_is_our_loss(
    world: World, tame: Tame, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    transfer = uncertain.INTO[name][0](world, tame, monkeypatch)
    before = posted(WALLET)
    transfer = decided(world, transfer, Verdict.LOST)
    assert (transfer.status, transfer.failure_code) == ("FAILED", "declared_lost")
    assert available() == FUNDS
    assert posted(WALLET) == before - 40 * UNIT
    assert posted("expense:write-off:USDC.ethereum") == 40 * UNIT
    assert not WalletReservation.objects.filter(ended_at=None).exists()
    assert not LimitUse.objects.filter(given_back_at=None).exists()
    # The client was made whole from a wallet that held nothing but clients' money: the proof says so until the house covers it.
    assert [found.proof for found in findings(thorough=True)] == ["client_money"]
    _cover(40 * UNIT)
    assert list(findings(thorough=True)) == []


def test_an_off_ramp_that_is_lost_on_chain_promises_nothing_of_the_nostro(
    world: World, tame: Tame, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        transfer = uncertain.signing(world, tame, patch, order=world.off_ramp)
        transfer = decided(world, transfer, Verdict.LOST)
    assert {leg.money_state for leg in transfer.legs.all()} == {"none"}


def test_a_payout_that_is_lost_gives_the_client_everything_back_and_counts_as_gone_from_the_nostro(
    world: World, tame: Tame, monkeypatch: pytest.MonkeyPatch
) -> None:
    transfer = uncertain.payout(world, tame, monkeypatch)
    before = posted(NOSTRO)
    transfer = decided(world, transfer, Verdict.LOST)
    assert (transfer.status, transfer.failure_code) == ("FAILED", "declared_lost")
    assert available() == FUNDS
    assert posted(NOSTRO) == before - 680_00
    assert posted("expense:write-off:MXN") == 680_00
    assert posted("payable:payouts:MXN") == 0
    assert list(findings(thorough=True)) == []


def test_evidence_that_the_bank_paid_settles_it(world: World, tame: Tame, monkeypatch: pytest.MonkeyPatch) -> None:
    transfer = uncertain.payout(world, tame, monkeypatch)
    before = posted(NOSTRO)
    transfer = decided(world, transfer, Verdict.PAID)
    assert (transfer.status, transfer.failure_code) == ("FIAT_SETTLED", "")
    assert posted(NOSTRO) == before - 680_00
    told = AuditEvent.objects.get(type="transfer.fiat_settled", transaction_id=transfer.id)
    assert told.reason == EVIDENCE
    assert told.metadata["verdict"] == "paid"
    assert list(findings(thorough=True)) == []


def test_evidence_that_the_bank_did_not_pay_reverses_it(world: World, tame: Tame, monkeypatch: pytest.MonkeyPatch) -> None:
    transfer = uncertain.payout(world, tame, monkeypatch)
    before = posted(NOSTRO)
    transfer = decided(world, transfer, Verdict.NOT_PAID)
    assert (transfer.status, transfer.failure_code) == ("FAILED", "declared_unpaid")
    assert (available(), posted(NOSTRO)) == (FUNDS, before)
    assert list(findings(thorough=True)) == []


def test_evidence_that_it_arrived_on_chain_books_the_payment(world: World, tame: Tame, monkeypatch: pytest.MonkeyPatch) -> None:
    transfer = decided(world, uncertain.doubt(world, tame, monkeypatch), Verdict.PAID)
    assert (transfer.status, transfer.money_state) == ("CONFIRMED", "posted")
    assert available() == FUNDS - 40 * UNIT - UNIT // 2
    assert posted("expense:network-fee:ETH.ethereum") == 21_000
    assert list(findings(thorough=True)) == []
    # No block will ever prove it: what people said is what it is closed by.
    assert close_proved_transfers() == 1
    transfer.refresh_from_db()
    assert (transfer.status, transfer.evidence_state) == ("RECONCILED", "repaired")


@pytest.mark.parametrize("verdict", Verdict)
def test_a_refund_in_doubt_is_decided_by_two(world: World, tame: Tame, monkeypatch: pytest.MonkeyPatch, verdict: Verdict) -> None:
    transfer = uncertain.refund(world, tame, monkeypatch)
    assert (transfer.request_state, transfer.last_error.partition(":")[0]) == ("timed_out", "card_provider_unavailable")
    transfer = decided(world, transfer, verdict)
    assert (transfer.status, transfer.failure_code, balance(CARDHOLDER).posted, balance(CARDHOLDER).held, posted(OWED)) == {
        Verdict.PAID: ("CONFIRMED", "", 10_000, 10_000, 6_000),
        Verdict.NOT_PAID: ("FAILED", "refund_declared_unpaid", 14_000, 10_000, 10_000),
        Verdict.LOST: ("FAILED", "declared_lost", 14_000, 10_000, 6_000),
    }[verdict]
    # What may be with the cardholder is not given again.
    deposit = Transfer.objects.get(route="card_deposit")
    assert refundable(deposit) == (10_000 if verdict is Verdict.NOT_PAID else 6_000)
    assert transfer.request_state == "responded"
    assert list(findings(thorough=True)) == []


def test_what_is_not_uncertain_cannot_bedecided(world: World, tame: Tame) -> None:
    paid = drive_until(world.order(), "CONFIRMED")
    tame.signs = False
    waiting = world.order("5000.00")
    before = Books.now()
    for transfer in (paid, waiting):
        for verdict in Verdict:
            with pytest.raises(Conflict):
                ask(world, transfer, verdict)
    assert Books.now() == before
    assert not ApprovalRequest.objects.filter(action__in=set(verdicts.ACTIONS.values())).exists()


def test_signed_bytes_are_never_overridden_as_unpaid(world: World, tame: Tame, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Conflict, match="stay valid"):
        ask(world, uncertain.doubt(world, tame, monkeypatch), Verdict.NOT_PAID)


def test_it_takes_evidence_toask(world: World, tame: Tame, monkeypatch: pytest.MonkeyPatch) -> None:
    transfer = uncertain.payout(world, tame, monkeypatch)
    with acting(world.maker), pytest.raises(Refused, match="what was seen"):
        verdicts.ask(transfer_id=transfer.id, verdict=Verdict.LOST, evidence=" it is gone ", maker=world.maker.id)


def test_whoever_asks_does_not_decide_and_nobody_asks_twice(world: World, tame: Tame, monkeypatch: pytest.MonkeyPatch) -> None:
    transfer = uncertain.payout(world, tame, monkeypatch)
    request, before = ask(world, transfer, Verdict.LOST), Books.now()
    with pytest.raises(MakerMayNotDecide):
        vote(request, world.maker)
    with pytest.raises(RequestAlreadyPending):
        ask(world, transfer, Verdict.LOST)
    assert Books.now() == before


def test_one_rejection_leaves_everything_as_it_was(world: World, tame: Tame, monkeypatch: pytest.MonkeyPatch) -> None:
    transfer = uncertain.payout(world, tame, monkeypatch)
    request = ask(world, transfer, Verdict.LOST)
    assert vote(request, world.checker, "reject").status == "rejected"
    transfer.refresh_from_db()
    assert transfer.status == "CONFIRMED"
    assert posted("payable:payouts:MXN") == 680_00


def test_an_answer_that_comes_meanwhile_makes_the_request_void(world: World, tame: Tame, monkeypatch: pytest.MonkeyPatch) -> None:
    transfer = uncertain.payout(world, tame, monkeypatch)
    request = ask(world, transfer, Verdict.LOST)
    vote(request, world.checker)
    monkeypatch.undo()
    drive_until(transfer, "FIAT_SETTLED")
    before = posted(NOSTRO)
    with pytest.raises(NotCarriedOut, match="it is “Fiat settled” by now"):
        vote(request, world.second_checker)
    request.refresh_from_db()
    assert (request.status, posted(NOSTRO)) == ("dismissed", before)


def test_what_nobody_need_decide_any_more_is_ended_by_the_worker(
    world: World, tame: Tame, monkeypatch: pytest.MonkeyPatch, database_role: Any
) -> None:
    transfer = uncertain.payout(world, tame, monkeypatch)
    request = ask(world, transfer, Verdict.LOST)
    with database_role("countersign_worker"):
        assert dismiss_moot() == 0
    monkeypatch.undo()
    drive_until(transfer, "FIAT_SETTLED")
    with database_role("countersign_worker"):
        assert dismiss_moot() == 1
    request.refresh_from_db()
    assert (request.status, request.closing_reason.endswith("it is “Fiat settled” by now.")) == ("dismissed", True)


def test_a_halt_keeps_approvals_from_counting(world: World, tame: Tame, monkeypatch: pytest.MonkeyPatch) -> None:
    transfer = uncertain.payout(world, tame, monkeypatch)
    request = ask(world, transfer, Verdict.LOST)
    with acting(world.checker):
        place_halt(scope="client", target="acme", reason="under investigation")
    with pytest.raises(Halted):
        vote(request, world.checker)
    assert request.votes.count() == 0


@pytest.mark.parametrize(("name", "verdict"), [*ON_CHAIN_AND_BANK, ("refund", Verdict.PAID), ("refund", Verdict.LOST)])
def test_a_web_process_has_the_rights_for_it(
    world: World, tame: Tame, monkeypatch: pytest.MonkeyPatch, database_role: Any, name: str, verdict: Verdict
) -> None:
    transfer = uncertain.INTO[name][0](world, tame, monkeypatch)
    with database_role("countersign_web"):
        decided(world, transfer, verdict)
    assert transfer.status in ("FAILED", "CONFIRMED")
