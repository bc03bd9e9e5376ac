"""A posting as a payload, and the payload as the posting again: nothing is worked out between the vote and the booking.

Amounts are decimal strings of minor units, times are UTC, what does not apply is empty.
"""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from ledger.models import Account, LedgerTransaction
from ledger.posting import Line, Posting

TYPE = "ledger.correct"
REVERSAL, ADJUSTMENT = "reversal", "adjustment"
NETTING, RECEIVABLE, REPAYMENT, WRITE_OFF = "netting", "receivable", "repayment", "write_off"


def verb_of(given: Posting) -> str:
    if given.reverses:
        return REVERSAL
    return ADJUSTMENT if given.adjusts else given.kind.removeprefix("overdraft.")


def to_payload(given: Posting) -> dict[str, Any]:
    accounts = {account.code: account for account in accounts_of(given)}
    # An account that comes into being with the posting is in the asset of the line beside it.
    assets = {code: account.asset_id for code, account in accounts.items()}
    beside = next(iter(assets.values()), "")
    return {
        "type": TYPE,
        "verb": verb_of(given),
        "corrects": given.reverses or given.adjusts or "",
        "reference": given.reference,
        "kind": given.kind,
        "transaction_id": str(given.transaction_id or ""),
        "value_at": given.value_at.astimezone(UTC).isoformat(),
        "forced_kind": given.forced_kind,
        "reason": given.description,
        "dimensions": dict(given.dimensions),
        "lines": [
            {
                "account": line.account_code,
                "asset": assets.get(line.account_code, beside),
                "debit": str(line.debit_minor),
                "credit": str(line.credit_minor),
            }
            for line in given.lines
        ],
    }


def posting_of(payload: dict[str, Any], *, request_id: UUID | None = None) -> Posting:
    """What is booked when the request `request_id` is approved; without one, what is asked for."""
    corrects = payload["corrects"] or None
    return Posting(
        reference=payload["reference"],
        kind=payload["kind"],
        value_at=datetime.fromisoformat(payload["value_at"]),
        lines=lines_of(payload),
        description=payload["reason"],
        transaction_id=UUID(payload["transaction_id"]) if payload["transaction_id"] else None,
        reverses=corrects if payload["verb"] == REVERSAL else None,
        adjusts=corrects if payload["verb"] == ADJUSTMENT else None,
        forced_kind=payload["forced_kind"],
        metadata={"approval_request": str(request_id)} if request_id else {},
        dimensions=payload["dimensions"],
    )


def lines_of(payload: dict[str, Any]) -> tuple[Line, ...]:
    return tuple(
        Line(line["account"], debit_minor=int(line["debit"]), credit_minor=int(line["credit"])) for line in payload["lines"]
    )


def totals(payload: dict[str, Any]) -> dict[str, int]:
    """What moves, per asset id, in minor units: the debits, which equal the credits."""
    sums: dict[str, int] = {}
    for line in payload["lines"]:
        sums[line["asset"]] = sums.get(line["asset"], 0) + int(line["debit"])
    return sums


def subject_of(given: Posting) -> tuple[str, str]:
    """Type and id of what the request is about: the posting that is corrected, or the account on which something is owed."""
    if corrects := given.reverses or given.adjusts:
        return "ledger_transaction", str(LedgerTransaction.objects.values_list("id", flat=True).get(reference=corrects))
    return "account", given.lines[1].account_code


def accounts_of(given: Posting) -> list[Account]:
    return list(Account.objects.filter(code__in=[line.account_code for line in given.lines]).order_by("code"))
