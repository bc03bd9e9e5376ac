"""An operator who may see everything, and a past that people have worked on: approved, reconciled, stuck."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from approvals.commands import create_person
from audit.context import Actor, bind
from backoffice.access.commands import grant_role, see_all_clients, sync_roles
from backoffice.access.models import Operator
from backoffice.access.roles import ROLES
from backoffice.bench.pipeline import past
from backoffice.bench.pipeline.house import analyse
from backoffice.bench.pipeline.shapes import Recording
from backoffice.sandbox.demo import company
from ledger import chart
from ledger.commands.carries import carry_forward
from ledger.queries.rows import database_now
from reconciliation.models import Source
from transfers.models import TransitionCount, TransitionMark
from transfers.queries.transitions import count_transitions

OPERATOR, DESK = "bench", "bench pages desk"
SOURCE = "bench-chain"
# The first clients made the past; a few of the oldest transfers are the last one's.
BUSY, FEW = 2, "bench-2"
CLIENTS = BUSY + 1
_SQL = Path(__file__).parent.parent / "sql" / "pages"
# Each in a transaction of its own: what it writes is read by the next.
_STEPS = ("states", "approvals", "evidence", "alerts")
_WORKED_ON = (
    "approvals_approvalrequest",
    "approvals_requestmaker",
    "approvals_vote",
    "reconciliation_externalitem",
    "reconciliation_match",
    "reconciliation_break",
    "alerts_alert",
)


def open_desk() -> None:
    """The operator, and the source of evidence."""
    with bind(Actor.system("bench"), correlation_id=DESK):
        sync_roles()
        operator = Operator.objects.create_user(OPERATOR, person=create_person(name="Bea Bench"))
        for role in ROLES:
            grant_role(operator=operator, role=role)
        see_all_clients(operator=operator)
        Source.objects.create(
            code=SOURCE,
            name="The chain of the benchmark",
            kind=Source.Kind.CHAIN,
            account_code=chart.wallet_account_code(company.HOT_WALLET, company.USDC),
            network=company.NETWORK,
            active=True,
        )


def load(recordings: Sequence[Recording], transfers: int) -> None:
    """A past of so many transfers in the current database, audit trail and all, as it stands after people have worked on it."""
    worked_on = [(_SQL / f"{step}.sql").read_text(encoding="utf-8") for step in _STEPS]
    past.load_past(recordings, transfers, left_out=(), then=worked_on, then_into=_WORKED_ON)
    # As every midnight, or a year of entries would be added up one by one.
    with bind(Actor.system("bench"), correlation_id=DESK):
        carry_forward(until=database_now())
        _count_transitions()
    analyse()


def _count_transitions() -> None:
    """As every minute: from the beginning, and with nobody who could still be at it."""
    TransitionCount.objects.all().delete()
    mark = {"until": datetime.fromtimestamp(0, UTC), "next_at": database_now(), "next_xid": 0}
    TransitionMark.objects.update_or_create(id=1, defaults=mark)
    count_transitions()
