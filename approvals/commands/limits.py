"""Limits: setting them, consuming them under a row lock, and giving back once what a subject did not use after all.

Counting is a function of the database (migrations/sql/0007_in_one_step.sql), here and in what accepts an order. A limit row binds;
where no row covers a movement there is no limit, only the policy. Day windows are UTC days of business time.
"""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F, Sum

from approvals import events, locks
from approvals.errors import LimitExceeded, LimitsAlreadyUsed, Unknown
from approvals.models import Limit, LimitBucket, LimitReturn, LimitUse
from approvals.queries.limits import window_start
from audit import clock, context
from audit.commands import record
from audit.envelope import as_jsonb, envelope
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
    request = counting(
        client_id=client_id, corridor_id=corridor_id, asset_id=asset_id, amount=amount, subject_id=subject_id, largest=largest
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT approvals_consume_limits(%s)", [as_jsonb(request | {"context": envelope()})])
        answer = cursor.fetchone()[0]
    if refusal := refused_by(json.loads(answer or "{}"), subject_id):
        raise refusal


def counting(
    *, client_id: str, corridor_id: str, asset_id: str, amount: int, subject_id: str, largest: int | None = None
) -> dict[str, Any]:
    """What the database function counts a movement by."""
    if amount <= 0:
        raise ValueError(f"a subject consumes a positive amount, not {amount}")
    return {
        "client_id": client_id,
        "corridor_id": corridor_id,
        "asset_id": asset_id,
        "amount": str(amount),
        "largest": str(amount if largest is None else largest),
        "subject_id": subject_id,
        "window_start": window_start(clock.now()),
        "metadata": context.current().metadata,
    }


def refused_by(answer: Mapping[str, Any], subject_id: str) -> LimitExceeded | LimitsAlreadyUsed | None:
    """The refusal in the function's answer, if it is one."""
    if answer.get("repeated"):
        return LimitsAlreadyUsed(subject_id)
    if (told := answer.get("refused")) is None:
        return None
    numbers = {name: int(told[name]) for name in ("used", "capacity", "requested")}
    return LimitExceeded(limit=told["limit"], **numbers)


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
            came_back = use.returns.aggregate(amount=Sum("amount"))["amount"] or 0
            LimitBucket.objects.filter(id=bucket.id).update(used=F("used") - (use.amount - came_back))
            given_back += 1
    if given_back:
        record(type=events.LIMITS_GIVEN_BACK, resource_type="limit_use", resource_id=subject_id, metadata={"buckets": given_back})
    return given_back


def hold_limits(subject_id: str) -> list[LimitBucket]:
    """Lock what the subject consumed of, before accounts are locked: for whoever may have to give a share back after them."""
    buckets = LimitUse.objects.filter(subject_id=subject_id, given_back_at=None).values_list("bucket_id", flat=True)
    return locks.buckets_for_update(buckets)


@transaction.atomic
def give_back_shares(subject_id: str, shares: Mapping[str, int]) -> int:
    """Give back what some of the many that the subject stands for would have used: minor units by the name of each share.

    Each comes back once; nothing does when the subject gave back everything, or consumed nothing. Returns how many came back now.
    """
    came_back: set[str] = set()
    for bucket in hold_limits(subject_id):
        use = LimitUse.objects.get(bucket=bucket, subject_id=subject_id)
        known = set(use.returns.filter(share_id__in=list(shares)).values_list("share_id", flat=True))
        new = {name: amount for name, amount in shares.items() if name not in known}
        now = clock.now()
        LimitReturn.objects.bulk_create(
            LimitReturn(use=use, share_id=name, amount=amount, given_back_at=now) for name, amount in new.items()
        )
        LimitBucket.objects.filter(id=bucket.id).update(used=F("used") - sum(new.values()))
        came_back |= set(new)
    if came_back:
        told = {name: str(shares[name]) for name in sorted(came_back)}
        record(type=events.LIMIT_SHARES_GIVEN_BACK, resource_type="limit_use", resource_id=subject_id, metadata={"shares": told})
    return len(came_back)
