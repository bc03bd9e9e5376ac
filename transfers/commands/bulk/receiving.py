"""A file that somebody uploads to look at first: checked whole and kept, then submitted as it was shown, once.

Nothing is ordered by the upload. A file with any fault is not kept at all.
"""

import hashlib
from datetime import timedelta
from typing import Any
from uuid import UUID

from audit import clock
from audit.identity import new_id
from transfers.bulk.content import PlannedLine, digest_of_order, totals_of
from transfers.bulk.reading import form_of
from transfers.commands.bulk import payload
from transfers.commands.bulk.accept import accept
from transfers.commands.bulk.checking import Checked, LinesRefused, check, order_of_message
from transfers.errors import Conflict
from transfers.models import BulkOrder, BulkUpload

_SAMPLE = 5
_SAME_FORM_WITHIN = timedelta(hours=1)


class SentBefore(Conflict):
    """The file names itself, and was ordered before: `order` is what it made. There is only one."""

    def __init__(self, order: BulkOrder) -> None:
        super().__init__(f"This message was sent before and made the file {order.reference}.")
        self.order = order


def receive(*, client_id: str, content: bytes, name: str, reference: str, uploaded_by: str, uploaded_by_type: str) -> BulkUpload:
    """The upload with what its check found. Raises SentBefore, Refused, LinesRefused (naming every fault) and Unavailable: nothing
    is kept then."""
    upload = BulkUpload(
        id=new_id(),
        client_id=client_id,
        format=form_of(content),
        file_name=name,
        content=content,
        sha256=hashlib.sha256(content).digest(),
        uploaded_by=uploaded_by,
        uploaded_by_type=uploaded_by_type,
        uploaded_at=clock.now(),
    )
    checked = check(upload, made_by_type=uploaded_by_type)
    if (known := order_of_message(upload, checked)) is not None:
        raise SentBefore(known)
    if checked.problems or checked.judged is None:
        raise LinesRefused(checked.problems)
    upload.findings = _findings(upload, checked) | {"reference": reference}
    if (waiting := _same_upload(upload)) is not None:
        return waiting
    upload.save(force_insert=True)
    return upload


def _same_upload(upload: BulkUpload) -> BulkUpload | None:
    """The same file of the same person that waits to be submitted, as it would be shown now: the form was sent twice."""
    recent = upload.uploaded_at - _SAME_FORM_WITHIN
    alike = BulkUpload.objects.filter(client_id=upload.client_id, sha256=upload.sha256, uploaded_by=upload.uploaded_by)
    waiting = (
        alike.filter(uploaded_at__gt=recent, uploaded_by_type=upload.uploaded_by_type, order=None).order_by("uploaded_at").last()
    )
    return waiting if waiting is not None and waiting.findings == upload.findings else None


def submit(upload: BulkUpload, *, makers: tuple[UUID, ...]) -> BulkOrder:
    """The order of an upload that was received: judged again, with the totals that were shown. Repeating it gives the same.

    Raises what `accept` raises.
    """
    return accept(
        upload,
        makers=makers,
        made_by=upload.uploaded_by,
        made_by_type=upload.uploaded_by_type,
        client_reference=upload.findings["reference"],
        shown=upload.findings["totals"],
    )


def _findings(upload: BulkUpload, checked: Checked) -> dict[str, Any]:
    lines, judged = checked.plan.lines, checked.judged
    if judged is None:
        raise ValueError("a file without a sound line has no findings")
    digest = digest_of_order(lines)
    return {
        "lines": len(lines),
        "totals": totals_of(lines),
        "corridors": _corridors(lines),
        "quorum": judged.quorum,
        "role": judged.role,
        "held": judged.held,
        "destinations": len({line.destination_id for line in lines}),
        "first_use": payload.first_use({line.destination_id for line in lines}, upload.client_id),
        "same_as": payload.same_orders(upload.client_id, digest),
        "first": [_line(line) for line in lines[:_SAMPLE]],
        "largest": [_line(line) for line in sorted(lines, key=lambda one: -one.amount)[:_SAMPLE]],
    }


def _corridors(lines: tuple[PlannedLine, ...]) -> list[dict[str, Any]]:
    own: dict[str, list[PlannedLine]] = {}
    for line in lines:
        own.setdefault(line.corridor, []).append(line)
    return [
        {
            "corridor": name,
            "asset": found[0].source_asset,
            "lines": len(found),
            "amount": str(sum(line.amount for line in found)),
            "largest": str(max(line.amount for line in found)),
        }
        for name, found in sorted(own.items())
    ]


def _line(line: PlannedLine) -> dict[str, Any]:
    return {
        "line": line.number,
        "asset": line.source_asset,
        "amount": str(line.amount),
        "destination": line.destination,
        "reference": line.client_reference,
    }
