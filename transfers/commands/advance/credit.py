"""A deposit's way into the client's money, and back out of it when the chain takes it back.

CREATED to CONFIRMED: on a chain when exactly this Transfer log is at final depth; at a bank when the statement has booked it, which
it has before we hear of it. CONFIRMED to REORGED: when every node shows another block where it was credited. Credited again under a
number of its own, so that nothing is ever booked twice under one.
"""

import dataclasses
import json
from datetime import timedelta
from typing import Any

from django.db import transaction

from audit import clock
from ledger import chart
from ledger.chart import ForcedKind
from ledger.commands import post, reverse
from ledger.models import Account
from transfers import deposit_postings, locks
from transfers.commands import calls, moves, unproved
from transfers.commands.advance.permit import no_halt
from transfers.commands.advance.polling import next_look_at_chain
from transfers.commands.advance.send_on_chain import NODE
from transfers.commands.deposits.arrivals import change, set_aside
from transfers.commands.deposits.minimums import minimum_of
from transfers.crashpoints import crashpoint
from transfers.failures import FAILURES
from transfers.locks import Lease
from transfers.models import Arrival, Leg, Transfer
from transfers.rails.base import RetryableError
from transfers.rails.evm import ChainState
from transfers.rails.registry import rails
from transfers.states import MoneyState, Status

# After this long outside any block nobody waits any more; should it be mined after all, it is a deposit anew.
GIVE_UP_AFTER = timedelta(hours=24)
# Below final depth chains are not rewritten, save once in a decade: looked for patiently, until our own index has proved it.
WATCH_CREDITED_EVERY = timedelta(minutes=1)


def credit_on_chain(lease: Lease) -> None:
    """CREATED or REORGED. Raises LeaseLost, Halted and the rails' errors."""
    arrival = Arrival.objects.get(transfer_id=lease.transfer_id)
    state = rails().evm.find(arrival.facts["tx_hash"])
    crashpoint("credit.after_call")
    with transaction.atomic():
        transfer = locks.leased(lease, Status.CREATED, Status.REORGED)
        arrival = Arrival.objects.get(transfer_id=transfer.id)
        legs = locks.legs(transfer.id)
        _keep(transfer, legs["evm"], arrival, state)
        is_final = state.in_a_block and state.confirmations >= rails().evm.final_depth
        if is_final and is_there(arrival, state):
            _settle(transfer, arrival, legs, state)
        elif is_final or _given_up(transfer, state):
            _gone(transfer, arrival)
        else:
            _wait(transfer, arrival, state)
        crashpoint("credit.before_commit")
    crashpoint("credit.after_commit")


def credit_booked(lease: Lease) -> None:
    """CREATED, of what needs no more evidence: a statement's entry, or an arrival that people have allocated. Raises LeaseLost,
    Halted."""
    with transaction.atomic():
        transfer = locks.leased(lease, Status.CREATED)
        arrival = Arrival.objects.get(transfer_id=transfer.id)
        no_halt(transfer, legs=locks.legs(transfer.id))
        _credit(transfer, arrival, {})
        crashpoint("credit_booked.before_commit")
    crashpoint("credit_booked.after_commit")


def watch_credited(lease: Lease) -> None:
    """CONFIRMED on chain: still in the block in which it was credited? Raises LeaseLost and the rails' errors."""
    arrival = Arrival.objects.get(transfer_id=lease.transfer_id)
    state = rails().evm.find(arrival.facts["tx_hash"])
    moved = state.block_hash != arrival.block_hash or not is_there(arrival, state)
    # Not knowing a transaction proves nothing; another block at its height does, when all nodes show one.
    is_rewritten = moved and state.unanimous and _is_replaced(arrival)
    crashpoint("watch_credited.after_call")
    with transaction.atomic():
        transfer = locks.leased(lease, Status.CONFIRMED)
        arrival = Arrival.objects.get(transfer_id=transfer.id)
        again: dict[str, Any] = {"due_at": clock.now() + WATCH_CREDITED_EVERY, "attempts": 0, "stopped_by": ""}
        if is_rewritten:
            _take_back(transfer, arrival)
        elif moved:
            unproved.tell(transfer, **again)
        else:
            moves.set_columns(transfer, last_error="", **again)
        crashpoint("watch_credited.before_commit")
    crashpoint("watch_credited.after_commit")


def _is_replaced(arrival: Arrival) -> bool:
    """Whether every node shows another block; one that is silent does not."""
    try:
        return rails().evm.is_replaced(arrival.block_number or 0, arrival.block_hash)
    except RetryableError:
        return False


def is_there(arrival: Arrival, state: ChainState) -> bool:
    """Whether the transaction moves exactly this amount of this token to this address, in this very log."""
    facts = arrival.facts
    seen = (facts["log_index"], facts["token_contract"].lower(), facts["to"].lower(), arrival.amount)
    return state.status == "mined" and any(
        (str(log.log_index), log.contract.lower(), log.recipient.lower(), log.amount) == seen for log in state.transfers
    )


def _settle(transfer: Transfer, arrival: Arrival, legs: dict[str, Leg], state: ChainState) -> None:
    """At final depth: the client's, or nobody's yet."""
    where = {"block_number": state.block_number, "block_hash": state.block_hash}
    if arrival.amount < minimum_of(arrival.asset_id):
        _not_for_client(transfer, arrival, "deposit_below_minimum")
    elif not Account.objects.filter(code=chart.client_account_code(transfer.client_id, arrival.asset_id)).exists():
        _not_for_client(transfer, arrival, "deposit_asset_not_kept")
    else:
        no_halt(transfer, legs=legs)
        _credit(transfer, arrival, where)


def _credit(transfer: Transfer, arrival: Arrival, where: dict[str, int | str | None]) -> None:
    posting = deposit_postings.credit(arrival, transfer)
    Leg.objects.filter(transfer=transfer).update(money_state=MoneyState.POSTED)
    change(arrival, "deposit.credited", status=Arrival.Status.CREDITED, credits=arrival.credits + 1, reason="", **where)
    moves.move(
        transfer,
        Status.CONFIRMED,
        data={"arrival": arrival.reference, "posting": posting.reference, **where},
        money_state=MoneyState.POSTED,
        due_at=next_look_at_chain() if arrival.block_hash else None,
    )
    post(posting)


def _not_for_client(transfer: Transfer, arrival: Arrival, code: str) -> None:
    """The money is here, so it is in our books; nobody gets it before people have decided."""
    Leg.objects.filter(transfer=transfer).update(money_state=MoneyState.EXCEPTION)
    _fail(transfer, code, money_state=MoneyState.EXCEPTION)
    set_aside(arrival, FAILURES[code].detection)


def _gone(transfer: Transfer, arrival: Arrival) -> None:
    Leg.objects.filter(transfer=transfer).update(money_state=MoneyState.NONE)
    taken_back = transfer.money_state == MoneyState.REVERSED
    _fail(transfer, "deposit_gone", money_state=MoneyState.REVERSED if taken_back else MoneyState.NONE)
    change(arrival, "deposit.gone", status=Arrival.Status.GONE, reason=FAILURES["deposit_gone"].detection)


def _fail(transfer: Transfer, code: str, **columns: object) -> None:
    moves.move(
        transfer,
        Status.FAILED,
        reason=FAILURES[code].detection,
        data={"code": code},
        failure_code=code,
        failure_message=FAILURES[code].client_text,
        due_at=None,
        **columns,
    )


def _take_back(transfer: Transfer, arrival: Arrival) -> None:
    """The chain no longer says that we were paid: the credit is reversed, below zero if the client has spent it."""
    reference = deposit_postings.credit_reference(arrival, arrival.credits)
    Leg.objects.filter(transfer=transfer).update(money_state=MoneyState.REVERSED)
    change(arrival, "deposit.taken_back", status=Arrival.Status.SEEN, block_number=None, block_hash="")
    moves.move(
        transfer,
        Status.REORGED,
        reason=FAILURES["deposit_reorged"].detection,
        data={"posting": reference},
        money_state=MoneyState.REVERSED,
        due_at=next_look_at_chain(),
    )
    reverse(
        reference_of=reference,
        reference=f"{reference}/reversed",
        reason="The chain was rewritten: the deposit is in no block any more.",
        value_at=clock.now(),
        forced_kind=ForcedKind.REVERSAL,
    )


def _given_up(transfer: Transfer, state: ChainState) -> bool:
    return _is_nowhere(state) and clock.now() - transfer.state_entered_at > GIVE_UP_AFTER


def _is_nowhere(state: ChainState) -> bool:
    """No node shows it in a block."""
    return not state.in_a_block and state.unanimous


def _wait(transfer: Transfer, arrival: Arrival, state: ChainState) -> None:
    """Told once when the block that it was seen in is no longer there; for the rest only looked at again."""
    columns = {"due_at": next_look_at_chain(), "attempts": 0, "stopped_by": ""}
    vanished = _is_nowhere(state)
    words = f"deposit_vanished: {FAILURES['deposit_vanished'].detection}" if vanished else ""
    if vanished and transfer.last_error != words:
        moves.note(
            transfer,
            "transfer.deposit_vanished",
            reason=FAILURES["deposit_vanished"].detection,
            data={"arrival": arrival.reference},
            last_error=words,
            **columns,
        )
    else:
        moves.set_columns(transfer, last_error=words, **columns)


def _keep(transfer: Transfer, leg: Leg, arrival: Arrival, state: ChainState) -> None:
    where = f"{state.status} in block {state.block_number}" if state.block_number is not None else state.status
    leg.transfer = transfer
    calls.asked(
        transfer_id=transfer.id,
        leg=leg,
        provider=NODE,
        operation="find",
        question=arrival.facts["tx_hash"],
        answer=json.dumps(dataclasses.asdict(state), default=str),
        summary=f"The node shows the transaction {where}.",
    )
