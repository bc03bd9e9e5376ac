"""A halt of everything, placed by the one on call and lifted by two people, as they do it in the console."""

from collections.abc import Iterator
from contextlib import contextmanager

from approvals.commands import place_halt
from approvals.commands.halts import request_lift
from approvals.models import Halt
from audit import context
from backoffice.campaign.works.votes import APPROVER, SECOND_APPROVER, acting, person_of, vote

_ON_CALL, _ASKS = "oncall", "operator"


@contextmanager
def everything() -> Iterator[None]:
    """Nothing may be signed or ordered inside the block."""
    with context.bind(acting(_ON_CALL)):
        halt = place_halt(scope=Halt.Scope.SYSTEM, target="", reason="campaign")
    try:
        yield
    finally:
        with context.bind(acting(_ASKS)):
            request = request_lift(halt_id=halt.id, reason="campaign", maker=person_of(_ASKS).id)
        for approver in (APPROVER, SECOND_APPROVER):
            request.refresh_from_db()
            vote(request, by=approver)
