"""The reads of this floor: the break list, one break with its evidence, what was imported, and what proves a transfer."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery

from approvals.models import Client
from audit import clock
from reconciliation.models import Break, ExternalItem, IndexedBlock, Match, Source, Statement, StatementFile
from reconciliation.subjects import REWRITTEN, WITHHELD
from transfers.models import Transfer

OPEN = (Break.Status.OPEN, Break.Status.INVESTIGATING)
_BUCKETS = ((timedelta(hours=24), "0 to 24 h"), (timedelta(hours=72), "24 to 72 h"))
_OLDEST_BUCKET = "over 72 h"
_LATELY = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class BreakPage:
    """`next_after` is the id to continue after; None on the last page."""

    rows: list[Break]
    next_after: UUID | None


def visible_breaks(clients: "QuerySet[Client]") -> "QuerySet[Break]":
    """Those about transfers of these clients, and those that nobody has tied to a transfer: the house's own."""
    # One look-up for each break that is read. Asked as a set, all transfers of these clients would be put together first.
    owner = Subquery(Transfer.objects.filter(pk=OuterRef("transfer_id")).values("client_id"))
    return Break.objects.alias(owner=owner).filter(Q(transfer_id=None) | Q(owner__in=clients.values("pk")))


def breaks(clients: "QuerySet[Client]", *, is_open: bool | None = True, after: UUID | None = None, limit: int = 50) -> BreakPage:
    """Visible breaks in the order they were opened, the newest first. Ids are time-ordered, so the id is the cursor."""
    rows = visible_breaks(clients).select_related("source", "item", "statement").order_by("-id")
    if is_open is not None:
        rows = rows.filter(status__in=OPEN) if is_open else rows.exclude(status__in=OPEN)
    if after is not None:
        rows = rows.filter(id__lt=after)
    found = list(rows[: limit + 1])
    return BreakPage(found[:limit], found[limit - 1].id if len(found) > limit else None)


def is_about_chain(found: Break) -> bool:
    """It is about a chain or its nodes, and about no movement of money."""
    return found.subject_key.startswith((REWRITTEN, WITHHELD))


def ageing_bucket(opened_at: datetime) -> str:
    """Which bucket of the ageing report a break opened at this time is in now."""
    age = clock.now() - opened_at
    return next((name for most, name in _BUCKETS if age < most), _OLDEST_BUCKET)


def ageing(clients: "QuerySet[Client]") -> list[tuple[str, int]]:
    """How many visible open breaks are in each ageing bucket, youngest first."""
    opened = visible_breaks(clients).filter(status__in=OPEN).values_list("opened_at", flat=True)
    names = [name for _, name in _BUCKETS] + [_OLDEST_BUCKET]
    counted = [ageing_bucket(moment) for moment in opened]
    return [(name, counted.count(name)) for name in names]


def files(limit: int = 50) -> Iterable[StatementFile]:
    """The latest files, refused ones too, without their content."""
    return (
        StatementFile.objects.defer("content")
        .select_related("source")
        .annotate(lines=Count("statements__items"))
        .order_by("-id")[:limit]
    )


def evidence_of(transfer_id: UUID) -> list[Match]:
    """What of the outside proves this transfer, oldest first."""
    found = Match.objects.filter(transfer_id=transfer_id).select_related("item", "item__source", "item__statement", "item__block")
    return list(found.order_by("matched_at", "id"))


def breaks_of(transfer_id: UUID) -> list[Break]:
    return list(Break.objects.filter(transfer_id=transfer_id).order_by("id"))


@dataclass(frozen=True, slots=True)
class SourceReport:
    """How far one source has been read and what is open in it. `recent` lines are those of the last 24 hours, `unmatched` all that
    nothing explains yet. `read_to` is the last block or the last statement's day."""

    source: Source
    recent: int
    unmatched: int
    open_breaks: int
    read_to: str


def report() -> list[SourceReport]:
    """Per source: what came in since yesterday, what is not matched, what is open, and how far we have read."""
    return [_report_of(source) for source in Source.objects.filter(active=True).order_by("code")]


def _report_of(source: Source) -> SourceReport:
    items = ExternalItem.objects.filter(source=source)
    # Every state by name: the index begins with it.
    recent = items.filter(status__in=ExternalItem.Status.values, booked_at__gte=clock.now() - _LATELY).count()
    unmatched = items.filter(status=ExternalItem.Status.UNMATCHED).count()
    still_open = Break.objects.filter(source=source, status__in=OPEN).count()
    return SourceReport(source, recent, unmatched, still_open, _read_to(source))


def _read_to(source: Source) -> str:
    if source.kind == Source.Kind.CHAIN:
        block = IndexedBlock.objects.filter(network=source.network, canonical=True).order_by("-number").first()
        return f"block {block.number}" if block else "not read yet"
    statement = Statement.objects.filter(file__source=source).order_by("-to_date", "-id").first()
    return f"statement {statement.identification}" if statement else "no statement yet"
