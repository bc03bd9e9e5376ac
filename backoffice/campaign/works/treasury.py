"""Our own tokens from the hot wallet to where they should be: proposed, asked for by treasury, approved by two, sent.

Each piece lowers the level that is kept in the hot wallet, so that there is something to propose.
"""

from contextlib import suppress
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from approvals.errors import ApprovalsError
from approvals.models import ApprovalRequest
from audit import context
from backoffice.campaign.works import Work, register
from backoffice.campaign.works.votes import APPROVER, SECOND_APPROVER, TREASURY, acting, person_of, vote
from backoffice.sandbox.demo.company import HOT_WALLET, USDC
from ledger import chart
from transfers.commands.levels import put_level
from transfers.commands.rebalance import request_move
from transfers.errors import Refused
from transfers.models import LiquidityLevel, Transfer
from transfers.queries.liquidity import liquidity
from transfers.queries.proposals import proposals
from transfers.rebalancing import Proposal, Way
from transfers.states import Status

_UNIT = 10**6
_HOT = chart.wallet_account_code(HOT_WALLET, USDC)
Pending = ApprovalRequest.Status.PENDING


def moved(tag: str, number: int) -> None:
    """What was asked for in this name and came to nothing is asked for again."""
    if not _nobody_else_asks(f"{tag}/{number}"):
        return
    request = _asked(f"{tag}/{number}")
    with context.bind(acting(TREASURY)), suppress(Refused, ApprovalsError):
        if request is None:
            _lower_level(10 + number % 50)
            request = request_move(key=_proposal().key, maker=person_of(TREASURY).id)
            _keep(f"{tag}/{number}", request)
    for approver in (APPROVER, SECOND_APPROVER):
        with suppress(Refused, ApprovalsError):
            vote(request, by=approver)


def _nobody_else_asks(name: str) -> bool:
    """Two who ask at once would each move something. The lock goes with the process, however that ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [name])
        return bool(cursor.fetchone()[0])


def found(tag: str) -> list[UUID]:
    ids = [one for lines in _kept(tag).values() for one in lines]
    return list(Transfer.objects.filter(approval_request__in=ids).order_by("id").values_list("id", flat=True))


def _asked(name: str) -> ApprovalRequest | None:
    """The newest request in this name that may still come to something, or did."""
    ids = _kept(name.rpartition("/")[0]).get(name, [])
    wanted = ApprovalRequest.objects.filter(pk__in=ids, status__in=(Pending, ApprovalRequest.Status.APPROVED))
    return wanted.order_by("-made_at").first()


def _lower_level(tokens: int) -> None:
    """So many tokens are too many in the hot wallet from now on."""
    now = liquidity()[_HOT]
    if now.level is None or any(one.source and one.source.account_code == _HOT and one.way is Way.ON_CHAIN for one in proposals()):
        return
    most = str(now.expected - tokens * _UNIT)
    kept = {"minimum": str(now.level.minimum), "target": most, "maximum": most}
    about = {"account": _HOT, "asset": USDC, "funding": LiquidityLevel.Funding.PRE_FUNDED.value, "before": {}, "reason": "campaign"}
    with transaction.atomic():
        put_level({**about, **kept}, metadata={})


def _proposal() -> Proposal:
    ours = (one for one in proposals() if one.source and one.source.account_code == _HOT and one.way is Way.ON_CHAIN)
    first = next(ours, None)
    if first is None:
        raise Refused("not_proposed", "Nothing is proposed for the hot wallet.")
    return first


def _file(tag: str) -> Path:
    return Path(settings.DATA_DIR) / f"{tag.replace('/', '-')}.moves"


def _keep(name: str, request: ApprovalRequest) -> None:
    with _file(name.rpartition("/")[0]).open("a", encoding="ascii") as file:
        file.write(f"{name} {request.pk}\n")


def _kept(tag: str) -> dict[str, list[UUID]]:
    """Requests by name: nothing in a request says which piece of the campaign it is."""
    found: dict[str, list[UUID]] = {}
    path = _file(tag)
    for line in path.read_text(encoding="ascii").splitlines() if path.exists() else []:
        name, _, request_id = line.partition(" ")
        found.setdefault(name, []).append(UUID(request_id))
    return found


register(Work(name="treasury", begin=moved, ends=frozenset({Status.RECONCILED.value}), found=found))
