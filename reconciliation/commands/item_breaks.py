"""The breaks about one external item: nobody ordered it, or it is not what was ordered."""

from uuid import UUID

from ledger.queries import unit
from reconciliation.commands.breaks import open_break
from reconciliation.matching import Comparison, Role, Verdict
from reconciliation.models import Break, ExternalItem
from transfers.models import Arrival, Leg

UNBOOKABLE = "unbookable"
_TYPE = {
    Verdict.AMOUNT: Break.Type.AMOUNT,
    Verdict.FEE: Break.Type.FEE,
    Verdict.DUPLICATE: Break.Type.DUPLICATE,
    Verdict.OTHER: Break.Type.EXTERNAL_ONLY,
    Verdict.RETURNED: Break.Type.AMOUNT,
    Verdict.NOT_BOOKED: Break.Type.EXTERNAL_ONLY,
}


def break_unordered(item: ExternalItem) -> Break:
    """No reference of it is one of ours."""
    return _open(
        item,
        type=Break.Type.EXTERNAL_ONLY,
        severity=_severity_unordered(item),
        key="external-only",
        title=f"{_words(item)}: {item.source.name}",
        explanation="The outside reports it, and no reference of it is one of ours.",
    )


def break_unallocated(item: ExternalItem, arrival: Arrival) -> Break:
    """It arrived, it is in our books, and nobody knows yet whose it is."""
    return _open(
        item,
        type=Break.Type.EXTERNAL_ONLY,
        severity=_severity_unordered(item),
        key="unallocated",
        title=f"{_words(item)}: {item.source.name}",
        explanation=f"It is booked as unallocated money, arrival {arrival.reference}, until it is allocated. {arrival.reason}",
    )


def break_arrival(item: ExternalItem, arrival: Arrival, difference: str) -> Break:
    """It is an arrival that we know, and not as our books have it."""
    return _open(
        item,
        type=Break.Type.EXTERNAL_ONLY,
        severity=Break.Severity.HIGH,
        key="arrival",
        title=f"Arrival {arrival.reference}: {difference}",
        explanation=f"The outside shows arrival {arrival.reference}, but {difference}.",
        expected=arrival.amount,
        transfer_id=arrival.transfer_id,
    )


def break_card(item: ExternalItem, leg: Leg, difference: str) -> Break:
    """The card provider reports one of our payments otherwise than our books have it."""
    return _open(
        item,
        type=Break.Type.AMOUNT,
        severity=Break.Severity.HIGH,
        key="card",
        title=f"Transfer {leg.transfer.reference}: {difference}",
        explanation=f"A line of settlement {item.references['batch']} names it, but {difference}.",
        expected=leg.amount,
        transfer_id=leg.transfer_id,
    )


def break_difference(item: ExternalItem, leg: Leg, compared: Comparison) -> Break:
    """It names a leg, and is not what was ordered."""
    return _open(
        item,
        type=_TYPE[compared.verdict],
        severity=_severity_of(compared),
        key=compared.verdict,
        title=f"Transfer {leg.transfer.reference}: {compared.difference}",
        explanation=f"The item names leg {leg.reference}, but {compared.difference}.",
        expected=compared.expected,
        transfer_id=leg.transfer_id,
    )


def break_unbookable(item: ExternalItem, trouble: str) -> Break:
    """Our books cannot take it as they stand: it is tried again at every run."""
    return _open(
        item,
        type=Break.Type.EXTERNAL_ONLY,
        severity=Break.Severity.HIGH,
        key=UNBOOKABLE,
        title=f"{item.source.name}: an item that our books cannot take",
        explanation=f"It was not booked: {trouble}. It is tried again at every run; once it is booked this ends by itself.",
    )


def shown_asset(item: ExternalItem) -> str:
    """The asset in which the break's amounts are shown. Empty for a currency that the ledger does not keep."""
    try:
        return unit(item.currency).id
    except LookupError:
        return ""


def _open(
    item: ExternalItem,
    *,
    type: str,
    severity: str,
    key: str,
    title: str,
    explanation: str,
    expected: int | None = None,
    transfer_id: UUID | None = None,
) -> Break:
    """`key` is the kind of difference: of each kind an item has one break at most."""
    return open_break(
        type=type,
        severity=severity,
        source=item.source,
        subject_key=f"{key}:{item.fingerprint}",
        title=title,
        explanation=explanation,
        currency=shown_asset(item),
        expected=expected,
        actual=item.amount,
        item=item,
        transfer_id=transfer_id,
    )


def _words(item: ExternalItem) -> str:
    verb = "arrived" if item.direction == ExternalItem.Direction.CREDIT else "left"
    what = "Gas was paid" if item.kind == ExternalItem.Kind.GAS else f"Money {verb}"
    return f"{what} that nobody here ordered"


def _severity_unordered(item: ExternalItem) -> str:
    """Money that left the house unordered is an incident; a bank's own small charge is not, but nobody can tell before looking."""
    if item.direction == ExternalItem.Direction.CREDIT:
        return Break.Severity.MEDIUM
    return Break.Severity.HIGH if item.kind == ExternalItem.Kind.BANK_LINE else Break.Severity.CRITICAL


def _severity_of(compared: Comparison) -> str:
    """A payment that went astray, or that was refunded and made all the same, is money lost for as long as nobody acts."""
    astray = compared.verdict in (Verdict.OTHER, Verdict.NOT_BOOKED) and compared.role is Role.PAYMENT
    return Break.Severity.CRITICAL if astray else Break.Severity.HIGH
