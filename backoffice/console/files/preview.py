"""An upload before it is submitted: what it came to when it was checked, and what there is to pay it now."""

from dataclasses import dataclass
from typing import Any

from backoffice.console import amounts
from backoffice.console.approvals.queue import destination_number
from backoffice.console.files.listing import totals
from backoffice.console.files.page import in_lines
from ledger import chart
from ledger.errors import UnknownAccount
from ledger.queries import balance
from transfers.models import BulkUpload


@dataclass(frozen=True, slots=True)
class Sum:
    """Per asset, minor units: what is paid out, our fees at most, what is there, and what would be left."""

    asset: str
    lines: int
    amount: int
    max_fees: int
    available: int | None

    @property
    def debit(self) -> int:
        return self.amount + self.max_fees

    @property
    def after(self) -> int:
        return (self.available or 0) - self.debit


@dataclass(frozen=True, slots=True)
class Sample:
    line: int
    asset: str
    amount: int
    number: str
    name: str
    reference: str


def context(upload: BulkUpload) -> dict[str, Any]:
    found = upload.findings
    sums = [_sum(upload, one) for one in totals(found["totals"])]
    written = " and ".join(amounts.text(one.amount, one.asset) for one in sums)
    return {
        "upload": upload,
        "sha256": bytes(upload.sha256).hex(),
        "bytes": len(bytes(upload.content)),
        "heading": f"{upload.client.name} would pay {written} in {in_lines(found['lines'])}",
        "button": f"Submit {in_lines(found['lines'])}, {written}",
        "found": found,
        "sums": sums,
        "corridors": [one | {"amount": int(one["amount"]), "largest": int(one["largest"])} for one in found["corridors"]],
        "samples": [("The largest lines", _samples(found["largest"])), ("The first lines", _samples(found["first"]))],
        "obstacle": _obstacle(sums),
    }


def _sum(upload: BulkUpload, one: dict[str, Any]) -> Sum:
    try:
        available: int | None = balance(chart.client_account_code(upload.client_id, one["asset"])).available
    except UnknownAccount:
        available = None
    return Sum(one["asset"], one["lines"], one["amount"], one["max_fees"], available)


def _samples(stored: list[dict[str, Any]]) -> list[Sample]:
    return [
        Sample(
            one["line"],
            one["asset"],
            int(one["amount"]),
            destination_number(one["destination"]),
            one["destination"].get("name", ""),
            one["reference"],
        )
        for one in stored
    ]


def _obstacle(sums: list[Sum]) -> str:
    short = next((one for one in sums if one.after < 0), None)
    if short is None:
        return ""
    missing = amounts.text(-short.after, short.asset)
    return f"The available balance does not cover it: {missing} are missing. Nothing is ordered in part."
