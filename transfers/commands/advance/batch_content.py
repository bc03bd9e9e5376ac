"""What goes into one message to the bank: every payout that has joined it and may still go when it is closed."""

import json
from collections.abc import Sequence
from typing import Any

from approvals.errors import Halted
from audit import clock
from transfers.commands.advance import promise
from transfers.commands.advance.lock_funds import BANK
from transfers.commands.advance.payout_order import draw_up, key_of
from transfers.commands.advance.permit import no_halt
from transfers.commands.deadlines import expected_of
from transfers.models import BankAccount, ExternalReference, Leg, PayoutBatch, ProviderCall
from transfers.states import MoneyState, RequestState, Status

State = PayoutBatch.Status
BATCH_MESSAGE_ID = "batch_message_id"


def fix_content(batch: PayoutBatch, members: Sequence[Leg]) -> None:
    """With those of its members that may still go, the batch passes the point of no return. All of them, their transfers and the
    batch are locked. Raises Refused for a calendar that nobody has set."""
    account = batch.bank_account
    in_time = expected_of(account, clock.now()).value_date == batch.value_date
    legs = [leg for leg in members if _may_go(leg, account, in_time=in_time)]
    if not legs:
        PayoutBatch.objects.filter(pk=batch.pk).update(status=State.EMPTY)
        return
    content = [draw_up(leg, account, value_date=batch.value_date, message_id=batch.message_id) for leg in legs]
    PayoutBatch.objects.filter(pk=batch.pk).update(
        status=State.SENT, content=content, count=len(legs), total=sum(int(leg.amount) for leg in legs), sent_at=clock.now()
    )
    Leg.objects.filter(pk__in=[leg.pk for leg in legs]).update(request_state=RequestState.FORWARDED)
    _record(batch, account, legs, content)


def still_going(batch: PayoutBatch, members: Sequence[Leg]) -> list[Leg]:
    """Of a batch that the bank has never had, though its content is fixed: the members that are paid with it when it is handed over
    again, the promise of each renewed. What people have ended meanwhile is not paid any more. Who is under a halt by now, or whose
    payment on chain is in doubt, leaves and goes by itself later. All of them, their transfers and the batch are locked. Raises
    Refused."""
    account, going = batch.bank_account, []
    for leg in members:
        if leg.transfer.status != Status.CONFIRMED:
            continue
        if leg.transfer.money_state == MoneyState.EXCEPTION or _is_halted(leg, account):
            Leg.objects.filter(pk=leg.pk).update(batch=None)
            continue
        promise.ordered_again(leg.transfer, leg, account)
        going.append(leg)
    return going


def _may_go(leg: Leg, account: BankAccount, *, in_time: bool) -> bool:
    """Asked again of each at the last moment: it joined a while ago. Who may not leaves, and joins another when it can go; so do
    all when the day they were promised has passed."""
    if in_time and leg.transfer.status == Status.CONFIRMED and not _is_halted(leg, account):
        return True
    leave(leg)
    return False


def _is_halted(leg: Leg, account: BankAccount) -> bool:
    try:
        no_halt(leg.transfer, legs={BANK: leg}, provider=account.provider)
    except Halted:
        return True
    return False


def leave(leg: Leg) -> None:
    """Out of a batch whose content is not fixed, as if it had never joined. The leg is locked by the caller."""
    Leg.objects.filter(pk=leg.pk).update(batch=None, value_date=None, expected_on=None, missed_cut_off="")


def _record(batch: PayoutBatch, account: BankAccount, legs: Sequence[Leg], content: Sequence[dict[str, Any]]) -> None:
    """Each order has its own call on record, as if it went by itself, and the name of the message."""
    now = clock.now()
    ProviderCall.objects.bulk_create(
        ProviderCall(
            key=key_of(leg),
            transfer=leg.transfer,
            leg=leg,
            provider=account.provider,
            operation="pay",
            request=json.dumps(request, sort_keys=True),
            correlation_id=leg.transfer.correlation_id,
            intent_at=now,
        )
        for leg, request in zip(legs, content, strict=True)
    )
    ExternalReference.objects.bulk_create(
        ExternalReference(transfer=leg.transfer, leg=leg, kind=BATCH_MESSAGE_ID, value=batch.message_id, recorded_at=now)
        for leg in legs
    )
