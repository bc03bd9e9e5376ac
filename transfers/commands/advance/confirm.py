"""SENT_ON_CHAIN to CONFIRMED: not because a receipt says success, but because the Transfer log that was ordered is final.

At the network's depth, exactly one log of the allow-listed contract must move the right amount from our wallet to the recipient.
Success without that log is an exception that people look at: no refund, no second sending. A reverted transaction gives
everything back and books the gas. A hash the node does not know is sent again, byte for byte.
"""

import dataclasses
import json
from datetime import timedelta
from uuid import UUID

from django.db import transaction

from approvals.commands.limits import give_back_limits
from audit import clock
from ledger.commands import apply_holds, post
from transfers import locks, postings
from transfers.commands import calls, moves, treasury
from transfers.commands.advance.lock_funds import BANK, CHAIN
from transfers.commands.advance.polling import next_look_at_chain
from transfers.commands.advance.send_on_chain import NODE
from transfers.commands.facts import facts_of
from transfers.crashpoints import crashpoint
from transfers.failures import FAILURES
from transfers.locks import Lease
from transfers.models import ChainTransaction, Leg, Transfer
from transfers.rails.evm import ChainState
from transfers.rails.registry import rails
from transfers.states import MoneyState, RequestState, Status

Seen = ChainTransaction.Status
LOOK_AGAIN_AT_DOUBT = timedelta(minutes=5)


def confirm(lease: Lease) -> None:
    """Raises LeaseLost and the rails' errors."""
    sent = (
        ChainTransaction.objects.select_related("leg__transfer", "wallet")
        .filter(leg__transfer_id=lease.transfer_id)
        .latest("attempt")
    )
    state = rails().evm.find(sent.hash)
    if state.status == "unknown":
        rails().evm.broadcast(bytes(sent.raw))
    crashpoint("confirm.after_call")
    final = state.status in ("mined", "reverted") and state.confirmations >= rails().evm.confirmations
    with transaction.atomic():
        transfer = locks.leased(lease, Status.SENT_ON_CHAIN)
        legs = locks.legs(transfer.id)
        _keep(transfer.id, sent, state, final=final)
        if not final:
            _wait(transfer, state)
        elif state.status == "reverted":
            _reverted(transfer, legs[CHAIN], sent, state)
        elif paid_as_ordered(legs[CHAIN], sent, state):
            _confirmed(transfer, legs, sent, state)
        else:
            _in_doubt(transfer, legs[CHAIN], state)
        crashpoint("confirm.before_commit")
    crashpoint("confirm.after_commit")


def paid_as_ordered(leg: Leg, sent: ChainTransaction, state: ChainState) -> bool:
    """Whether exactly one Transfer log of the token moves exactly this amount from our wallet to the recipient."""
    contract, recipient = leg.counterparty["token_contract"].lower(), leg.counterparty["address"].lower()
    of_token = [log for log in state.transfers if log.contract.lower() == contract]
    return len(of_token) == 1 and (of_token[0].sender.lower(), of_token[0].recipient.lower(), of_token[0].amount) == (
        sent.wallet.address.lower(),
        recipient,
        leg.amount,
    )


def _keep(transfer_id: UUID, sent: ChainTransaction, state: ChainState, *, final: bool) -> None:
    """What the chain shows of this hash now, and once per different answer what we asked and heard."""
    status = {"mined": Seen.CONFIRMED if final else Seen.MINED, "reverted": Seen.REVERTED}.get(state.status, Seen.BROADCAST)
    ChainTransaction.objects.filter(pk=sent.pk).update(
        status=status,
        block_number=state.block_number,
        block_hash=state.block_hash,
        confirmations=state.confirmations,
        gas_cost=state.gas_cost,
    )
    where = f"{state.status} in block {state.block_number}" if state.block_number is not None else state.status
    calls.asked(
        transfer_id=transfer_id,
        leg=sent.leg,
        provider=NODE,
        operation="find",
        question=sent.hash,
        answer=json.dumps(dataclasses.asdict(state), default=str),
        summary=f"The node shows the transaction {where}{', final' if final else ''}.",
    )


def _wait(transfer: Transfer, state: ChainState) -> None:
    forgotten = "not_mined: the node did not know the transaction; it was sent again" if state.status == "unknown" else ""
    moves.set_columns(transfer, due_at=next_look_at_chain(), attempts=0, last_error=forgotten, stopped_by="")


def _confirmed(transfer: Transfer, legs: dict[str, Leg], sent: ChainTransaction, state: ChainState) -> None:
    now = clock.now()
    Leg.objects.filter(pk=legs[CHAIN].pk).update(money_state=MoneyState.POSTED)
    treasury.end_reservation(legs[CHAIN])
    moves.move(
        transfer,
        Status.CONFIRMED,
        data={"tx_hash": sent.hash, "block_number": state.block_number, "block_hash": state.block_hash},
        money_state=MoneyState.POSTED,
        request_state=RequestState.RECEIVED if BANK in legs else RequestState.RESPONDED,
        due_at=now if BANK in legs else None,
    )
    for posting in postings.payment(facts_of(transfer, legs), value_at=now):
        post(posting)
    _book_gas(transfer, sent, state)


def _reverted(transfer: Transfer, leg: Leg, sent: ChainTransaction, state: ChainState) -> None:
    code = "reverted_on_chain"
    Leg.objects.filter(pk=leg.pk).update(money_state=MoneyState.NONE)
    give_back_limits(str(transfer.id))
    treasury.end_reservation(leg)
    moves.move(
        transfer,
        Status.FAILED,
        reason=FAILURES[code].detection,
        data={"code": code, "tx_hash": sent.hash, "block_number": state.block_number},
        failure_code=code,
        failure_message=FAILURES[code].client_text,
        money_state=MoneyState.NONE,
        due_at=None,
    )
    apply_holds(postings.released(transfer.hold_reference), transaction_id=transfer.id)
    _book_gas(transfer, sent, state)


def _in_doubt(transfer: Transfer, leg: Leg, state: ChainState) -> None:
    """Mined, but not what was ordered: told once, then only looked at again, since a reorg may still change the story."""
    code = "transfer_log_missing"
    again = clock.now() + LOOK_AGAIN_AT_DOUBT
    if transfer.money_state == MoneyState.EXCEPTION:
        moves.set_columns(transfer, due_at=again)
        return
    Leg.objects.filter(pk=leg.pk).update(money_state=MoneyState.EXCEPTION)
    moves.note(
        transfer,
        "transfer.payment_in_doubt",
        reason=FAILURES[code].detection,
        data={"code": code, "block_number": state.block_number, "transfer_logs": len(state.transfers)},
        money_state=MoneyState.EXCEPTION,
        status_text=FAILURES[code].client_text,
        last_error=f"{code}: {FAILURES[code].detection}",
        due_at=again,
    )


def _book_gas(transfer: Transfer, sent: ChainTransaction, state: ChainState) -> None:
    if state.gas_cost:
        post(
            postings.gas(
                transfer_id=transfer.id,
                tx_hash=sent.hash,
                gas_asset=treasury.gas_asset(sent.wallet.network),
                gas_account=sent.wallet.gas_account_code,
                cost=state.gas_cost,
                value_at=clock.now(),
                spent_for=postings.dimensions(transfer.client_id, transfer.corridor_id or ""),
            )
        )
