"""Row locks of this floor, in the order of DECISIONS.md: approval request, halts, limit buckets. Each needs an open transaction."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from approvals.errors import Unknown
from approvals.models import ApprovalRequest, Halt, LimitBucket
from audit.envelope import as_jsonb


def request_for_update(request_id: UUID) -> ApprovalRequest:
    """The request, ours until the end of the transaction: votes and endings happen one after the other."""
    request = ApprovalRequest.objects.select_for_update().filter(id=request_id).first()
    if request is None:
        raise Unknown("request", request_id)
    return request


def halt_on(targets: Mapping[str, Sequence[str]]) -> Halt | None:
    """Pass the gate, and the widest halt in force that covers `targets` (scope -> what the step touches there)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT approvals_halt_on(%s)", [as_jsonb(targets)])
        halt_id = cursor.fetchone()[0]
    return None if halt_id is None else Halt.objects.get(pk=halt_id)


def close_halt_gate() -> None:
    """Wait until no step is under way and keep new ones waiting until the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT approvals_close_halt_gate()")


def halt_for_update(halt_id: UUID) -> Halt:
    halt = Halt.objects.select_for_update().filter(id=halt_id).first()
    if halt is None:
        raise Unknown("halt", halt_id)
    return halt


def buckets_for_update(bucket_ids: "Iterable[UUID] | QuerySet[LimitBucket, Any]") -> list[LimitBucket]:
    """The buckets in order of their ids, so that two subjects never wait for each other in a circle."""
    rows = LimitBucket.objects.select_for_update(of=("self",)).select_related("limit")
    return list(rows.filter(id__in=bucket_ids).order_by("id"))
