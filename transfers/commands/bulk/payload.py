"""What approvers of a file sign: the digest of the file as it came, how many lines, the totals, and the digest of every part."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from approvals.models import ApprovalRequest
from approvals.registry import Fact
from audit import clock
from ledger.money import Money
from ledger.queries import unit
from transfers.bulk.content import SCHEMA, lines_in
from transfers.models import BulkOrder, BulkPart, Transfer
from transfers.states import Status

RELEASE_ACTION = "bulk.release"
_SAMPLE = 5
_PAID = (Status.CONFIRMED, Status.FIAT_SETTLED, Status.RECONCILED)


def build(order: BulkOrder, parts: list[BulkPart], *, revision: int, makers: tuple[UUID, ...]) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "bulk_order": str(order.id),
        "reference": order.reference,
        "revision": revision,
        "client_id": order.client_id,
        "client_reference": order.client_reference,
        "file": {
            "name": order.upload.file_name,
            "format": order.upload.format,
            "sha256": bytes(order.upload.sha256).hex(),
            "bytes": len(bytes(order.upload.content)),
        },
        "line_count": order.line_count,
        "totals": order.totals,
        "first_use": first_use({line.destination_id for part in parts for line in lines_in(part.content)}, order.client_id),
        "same_as": same_as(order),
        "parts": [bytes(part.digest).hex() for part in sorted(parts, key=lambda one: one.ordinal)],
        "not_after": order.not_after.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "makers": sorted(str(maker) for maker in makers),
    }


def first_use(named: set[str], client_id: str) -> int:
    """How many of the destinations `named` by a file the client has never paid before."""
    paid = Transfer.objects.filter(client_id=client_id, status__in=_PAID, destination__isnull=False)
    return len(named - {str(one) for one in paid.values_list("destination_id", flat=True).distinct()})


def same_as(order: BulkOrder) -> list[str]:
    """References of the client's earlier files that order exactly the same and were not stopped."""
    return same_orders(order.client_id, bytes(order.lines_digest), order.pk)


def same_orders(client_id: str, lines_digest: bytes, but: UUID | None = None) -> list[str]:
    stopped = (BulkOrder.Status.REJECTED, BulkOrder.Status.CANCELLED, BulkOrder.Status.EXPIRED)
    same = BulkOrder.objects.filter(client_id=client_id, lines_digest=lines_digest)
    same = same if but is None else same.exclude(pk=but)
    return list(same.exclude(status__in=stopped).order_by("created_at").values_list("reference", flat=True))


def limit_subject(order_id: UUID, corridor: str) -> str:
    """Under which name a file consumes limits: once per corridor, for the sum of its lines there."""
    return f"bulk:{order_id}:{corridor}"


def not_after(content: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(content["not_after"])


def describe(content: dict[str, Any]) -> list[Fact]:
    """What the approver reads, from the stored bytes; lines are those of the first part, whose digest stands in them."""
    facts = [Fact("Client", content["client_id"], "client"), Fact("Lines", f"{content['line_count']:,}")]
    for one in content["totals"]:
        asset = unit(one["asset"])
        amount, fees = (Money(int(one[name]), asset).format() for name in ("amount", "max_fees"))
        facts.append(
            Fact(f"Total in {asset.code}", f"{amount} {asset.code} in {one['lines']:,} lines, fees at most {fees}", "money")
        )
    name = content["file"]["name"] or "sent over the API"
    return [
        *facts,
        Fact("File", f"{name}, {content['file']['format']}, {content['file']['bytes']:,} bytes"),
        Fact("SHA-256 of the file", content["file"]["sha256"]),
        Fact("Paid for the first time", f"{content['first_use']:,} destinations" if content["first_use"] else "no destination"),
        *(Fact("Look out", f"Another file of this client orders exactly the same: {one}") for one in content["same_as"]),
        *_sample(content),
        Fact("Good until", content["not_after"], "time"),
        Fact("Reference", content["reference"], "reference"),
        Fact("Client's reference", content["client_reference"] or "none"),
    ]


def _sample(content: dict[str, Any]) -> list[Fact]:
    first = BulkPart.objects.filter(order_id=content["bulk_order"], ordinal=1).first()
    if first is None or first.digest_now() != content["parts"][0]:
        return [Fact("Look out", "The stored lines are not those that were put before you. Do not approve; call security.")]
    return [
        Fact(
            f"Line {line.number}",
            f"{Money(line.amount, unit(line.source_asset)).format()} {unit(line.source_asset).code} to "
            f"{line.receiver or line.destination.get('name') or ''} {_number(line.destination)}".replace("  ", " ").strip(),
        )
        for line in lines_in(first.content)[:_SAMPLE]
    ]


def _number(destination: dict[str, str]) -> str:
    return destination.get("address") or destination.get("iban") or destination.get("clabe") or ""


def is_fresh(request: ApprovalRequest, content: dict[str, Any]) -> bool:
    return request.executed_at is not None or clock.now() <= not_after(content)
