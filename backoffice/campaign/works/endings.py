"""Withdrawals that end without a payment: rejected, cancelled by the client, lapsed."""

from datetime import timedelta
from uuid import UUID

from audit import clock, context
from audit.context import Actor
from backoffice.campaign.works import Work, client, register
from backoffice.campaign.works.withdrawals import decide, large
from transfers.commands.expire import expire_release
from transfers.models import Transfer
from transfers.states import Status

_LATER = timedelta(days=1)


def reject(transfer_id: UUID) -> None:
    decide(transfer_id, "reject")


def cancel(transfer_id: UUID) -> None:
    client.post(f"/v1/transfers/{transfer_id}/cancel", {"reason": "no longer needed"})


def lapse(transfer_id: UUID) -> None:
    """What the approvals' sweep does a day later."""
    request_id = Transfer.objects.values_list("approval_request_id", flat=True).get(pk=transfer_id)
    later = clock.now() + _LATER
    if request_id is not None:
        with context.bind(Actor.system("sweeper")), clock.using(lambda: later):
            expire_release(request_id)


register(Work(name="rejected", begin=large, then=reject, ends=frozenset({Status.CANCELLED.value})))
register(Work(name="cancelled", begin=large, then=cancel, ends=frozenset({Status.CANCELLED.value})))
register(Work(name="lapsed", begin=large, then=lapse, ends=frozenset({Status.EXPIRED.value})))
