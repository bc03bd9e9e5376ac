"""What a halt would stop, before it is pressed: what can still be stopped, and what is past the point of no return."""

from dataclasses import dataclass

from django.db.models import Exists, OuterRef

from transfers.models import Leg, Transfer
from transfers.states import TERMINAL, RequestState


@dataclass(frozen=True, slots=True)
class Plan:
    """Numbers of transfers on their way. A leg with a committed intent may already be outside: no halt calls it back."""

    stoppable: int
    sent: int


def plan(account_code: str = "") -> Plan:
    """For one account, or for everything when none is given. A client's account stops that client's transfers in its asset; a
    wallet or bank account stops the legs that leave from it."""
    sent_leg = Leg.objects.filter(transfer=OuterRef("pk")).exclude(request_state=RequestState.RECEIVED)
    moving = Transfer.objects.exclude(status__in=TERMINAL).annotate(is_sent=Exists(sent_leg))
    if account_code.startswith("client:"):
        _, client_id, asset_id = account_code.split(":", 2)
        moving = moving.filter(client_id=client_id, source_asset_id=asset_id)
    elif account_code:
        moving = moving.filter(Exists(Leg.objects.filter(transfer=OuterRef("pk"), account_code=account_code)))
    return Plan(stoppable=moving.filter(is_sent=False).count(), sent=moving.filter(is_sent=True).count())
