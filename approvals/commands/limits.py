"""Limits: setting them, consuming them under a row lock, and giving back once what a subject did not use after all.

A limit row binds; where no row covers a movement there is no limit, only the policy. Day windows are UTC days of business time.
"""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import F

from approvals import events, locks
from approvals.errors import LimitExceeded, LimitsAlreadyUsed, Unknown
from approvals.models import Limit, LimitBucket, LimitUse
from approvals.queries.limits import limits_covering, title_of, window_start
from audit import clock
from audit.commands import record
from ledger.queries import unit


@transaction.atomic
def set_limit(*, asset_id: str, window: str, amount: int, client_id: str = "", corridor_id: str = "") -> Limit:
    """At most `amount` minor units of the asset per transaction or UTC day, for one client or each of them, one corridor or all.

    An empty client means every client, each with a bucket of its own. Replaces the amount of an active limit for the same scope.
    """
    unit(asset_id)
    scope = {"client_id": client_id, "corridor_id": corridor_id, "asset_id": asset_id, "window": Limit.Window(window)}
    limit = Limit.objects.select_for_update().filter(active=True, **scope).first()
    before = limit.amount if limit else None
    if limit is not None and before == amount:
        return limit
    if limit is None:
        limit = Limit(**scope, amount=amount)
        limit.save(force_insert=True)
    else:
        limit.amount = amount
        limit.save(update_fields=["amount"])
    diff = {"amount": [None if before is None else str(before), str(amount)]}
    record(type=events.LIMIT_SET, resource_type="limit", resource_id=str(limit.id), diff=diff, metadata=scope)
    return limit


@transaction.atomic
def remove_limit(*, limit_id: UUID, reason: str) -> None:
    """The limit no longer binds; its history stays. Raises Unknown."""
    limit = Limit.objects.select_for_update().filter(id=limit_id).first()
    if limit is None:
        raise Unknown("limit", limit_id)
    if limit.active:
        limit.active = False
        limit.change_reason = reason
        limit.save(update_fields=["active"])
        record(
            type=events.LIMIT_REMOVED,
            resource_type="limit",
            resource_id=str(limit.id),
            reason=reason,
            diff={"active": [True, False]},
        )


@transaction.atomic
def consume_limits(
    *, client_id: str, corridor_id: str, asset_id: str, amount: int, subject_id: str, largest: int | None = None
) -> None:
    """Count `amount` minor units against every limit that covers the movement, or against none of them. Where the subject is many
    transfers, `largest` is the largest single one: it is what limits per transaction look at.

    Repeating it for the same subject and amount changes nothing. Raises LimitExceeded, and LimitsAlreadyUsed when the subject
    consumed another amount or gave its share back.
    """
    if amount <= 0:
        raise ValueError(f"a subject consumes a positive amount, not {amount}")
    limits = limits_covering(client_id=client_id, corridor_id=corridor_id, asset_id=asset_id)
    _check_per_transaction(limits, amount if largest is None else largest)
    daily = [limit for limit in limits if limit.window == Limit.Window.DAY]
    if not daily:
        return
    buckets = _locked_buckets(daily, client_id)
    # Asked under the locks: an answer from before them may be older than a twin that has just committed.
    if _is_repeat(daily, subject_id, amount):
        return
    if len(buckets) < len(daily):
        buckets = _made_buckets(daily, client_id)
        if _is_repeat(daily, subject_id, amount):
            return
    for bucket in buckets:
        _consume(bucket, amount, subject_id)
    metadata = {"amount": str(amount), "asset_id": asset_id, "limits": [title_of(limit) for limit in daily]}
    record(type=events.LIMITS_CONSUMED, resource_type="limit_use", resource_id=subject_id, metadata=metadata)


@transaction.atomic
def give_back_limits(subject_id: str) -> int:
    """Give back what the subject consumed, when it ends without moving money. Returns how many buckets got it back: 0 when
    repeated."""
    bucket_ids = LimitUse.objects.filter(subject_id=subject_id, given_back_at=None).values_list("bucket_id", flat=True)
    buckets = locks.buckets_for_update(bucket_ids)
    given_back = 0
    for bucket in buckets:
        use = LimitUse.objects.get(bucket=bucket, subject_id=subject_id)
        if LimitUse.objects.filter(id=use.id, given_back_at=None).update(given_back_at=clock.now()):
            LimitBucket.objects.filter(id=bucket.id).update(used=F("used") - use.amount)
            given_back += 1
    if given_back:
        record(type=events.LIMITS_GIVEN_BACK, resource_type="limit_use", resource_id=subject_id, metadata={"buckets": given_back})
    return given_back


def _check_per_transaction(limits: Sequence[Limit], amount: int) -> None:
    for limit in limits:
        if limit.window == Limit.Window.TRANSACTION and amount > limit.amount:
            raise LimitExceeded(limit=title_of(limit), used=0, capacity=limit.amount, requested=amount)


def _is_repeat(limits: Sequence[Limit], subject_id: str, amount: int) -> bool:
    uses = list(LimitUse.objects.filter(subject_id=subject_id, bucket__limit__in=limits))
    if any(use.amount != amount or use.given_back_at is not None for use in uses):
        raise LimitsAlreadyUsed(subject_id)
    return bool(uses)


def _locked_buckets(limits: Sequence[Limit], client_id: str) -> list[LimitBucket]:
    """Today's buckets of these limits, as far as there are any yet."""
    start = window_start(clock.now())
    of_today = LimitBucket.objects.filter(limit__in=limits, client_id=client_id, window_start=start)
    return locks.buckets_for_update(of_today.values("id"))


def _made_buckets(limits: Sequence[Limit], client_id: str) -> list[LimitBucket]:
    """The first movement of the day makes them."""
    start = window_start(clock.now())
    wanted = [LimitBucket(limit=limit, client_id=client_id, window_start=start, capacity=limit.amount) for limit in limits]
    LimitBucket.objects.bulk_create(sorted(wanted, key=lambda bucket: bucket.limit_id), ignore_conflicts=True)
    return _locked_buckets(limits, client_id)


def _consume(bucket: LimitBucket, amount: int, subject_id: str) -> None:
    """The bucket row is locked. A limit that was lowered below what is used takes no more, and what is used stays true."""
    capacity = bucket.limit.amount
    if bucket.used + amount > capacity:
        raise LimitExceeded(limit=title_of(bucket.limit), used=bucket.used, capacity=capacity, requested=amount)
    bucket.used += amount
    bucket.capacity = capacity
    bucket.save(update_fields=["used", "capacity"])
    LimitUse.objects.create(bucket=bucket, subject_id=subject_id, amount=amount)
