"""What limits there are and how much of them is used."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db.models import OuterRef, Q, Subquery, Sum

from approvals.models import Limit, LimitBucket, LimitReturn
from audit import clock


@dataclass(frozen=True, slots=True)
class LimitUsage:
    """`used` and `amount` in minor units of the limit's asset; `window` is `transaction` or `day`. Per-transaction limits have no
    use."""

    title: str
    used: int
    amount: int
    window: str

    @property
    def headroom(self) -> int:
        return max(self.amount - self.used, 0)


@dataclass(frozen=True, slots=True)
class LimitDrift:
    """A bucket whose `used` is not the sum of the uses behind it. There are none, or something wrote around the commands."""

    bucket_id: str
    used: int
    behind_it: int


def window_start(moment: datetime) -> datetime:
    """The beginning of the UTC day."""
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def limits_covering(*, client_id: str, corridor_id: str, asset_id: str) -> list[Limit]:
    covers_client = Q(client_id="") | Q(client_id=client_id)
    covers_corridor = Q(corridor_id="") | Q(corridor_id=corridor_id)
    return list(Limit.objects.filter(covers_client, covers_corridor, active=True, asset_id=asset_id).order_by("id"))


def limit_usage(client_id: str, corridor_id: str, asset_id: str) -> list[LimitUsage]:
    """Each limit that covers such a movement, with what the client has used of it today."""
    limits = limits_covering(client_id=client_id, corridor_id=corridor_id, asset_id=asset_id)
    used = _used_today(limits, client_id)
    return [LimitUsage(title_of(limit), used.get(limit.id, 0), limit.amount, limit.window) for limit in limits]


def title_of(limit: Limit) -> str:
    """`USDC.ethereum per UTC day, corridor US-MX`: the same words in refusals and on pages."""
    window = "per transaction" if limit.window == Limit.Window.TRANSACTION else "per UTC day"
    scope = f", corridor {limit.corridor_id}" if limit.corridor_id else ""
    return f"{limit.asset_id} {window}{scope}"


def limit_drift() -> list[LimitDrift]:
    """Every bucket that does not agree with its uses: the proof behind the counters."""
    came_back = LimitReturn.objects.filter(use__bucket=OuterRef("pk"), use__given_back_at=None).order_by().values("use__bucket")
    rows = LimitBucket.objects.annotate(
        counted=Sum("uses__amount", filter=Q(uses__given_back_at=None)),
        came_back=Subquery(came_back.annotate(amount=Sum("amount")).values("amount")),
    )
    found = ((row.id, int(row.used), int(row.counted or 0) - int(row.came_back or 0)) for row in rows.iterator())
    return [LimitDrift(str(bucket_id), used, behind_it) for bucket_id, used, behind_it in found if used != behind_it]


def _used_today(limits: Sequence[Limit], client_id: str) -> dict[object, int]:
    buckets = LimitBucket.objects.filter(limit__in=limits, client_id=client_id, window_start=window_start(clock.now()))
    return {bucket.limit_id: bucket.used for bucket in buckets}
