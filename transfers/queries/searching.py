"""One box for any name a transfer goes by. Exact names first, then what only looks alike; every hit says why it matched."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet

from ledger.money import Money
from ledger.queries import unit
from transfers.models import ExternalReference, IdempotencyKey, Transfer
from transfers.queries.listing import scoped

_REFERENCE_WORDS = {
    "tx_hash": "transaction hash",
    "end_to_end_id": "end-to-end id",
    "message_id": "message id",
    "uetr": "UETR",
    "bank_reference": "bank reference",
}
_AMOUNT = re.compile(r"[0-9][0-9,]*(\.[0-9]+)?")
_SHORTEST = 3


@dataclass(frozen=True, slots=True)
class Hit:
    transfer: Transfer
    why: str


def search(text: str, *, clients: Collection[str] | None, limit: int = 20) -> list[Hit]:
    """At most `limit` hits among the clients somebody may see, each transfer once with its strongest reason."""
    wanted = text.strip()
    if len(wanted) < _SHORTEST and not wanted.isdigit():
        return []
    found: dict[UUID, Hit] = {}
    for hit in _hits(wanted, scoped(clients), limit):
        found.setdefault(hit.transfer.id, hit)
        if len(found) >= limit:
            break
    return list(found.values())


def _hits(text: str, rows: "QuerySet[Transfer]", limit: int) -> Iterator[Hit]:
    newest = rows.order_by("-created_at", "-id")
    if (by_id := _uuid(text)) is not None:
        yield from (Hit(row, "its id") for row in newest.filter(pk=by_id))
    yield from (Hit(row, "its reference") for row in newest.filter(reference=text.upper()))
    yield from (Hit(row, "a leg's reference") for row in newest.filter(legs__reference=text.upper()))
    yield from _by_outside_name(text, rows)
    keys = IdempotencyKey.objects.filter(key=text, transfer__isnull=False).values("transfer_id")
    yield from (Hit(row, "its idempotency key") for row in newest.filter(pk__in=keys)[:limit])
    yield from (Hit(row, "the client's reference") for row in newest.filter(client_reference=text)[:limit])
    yield from (Hit(row, "its destination") for row in newest.filter(_destination(text))[:limit])
    yield from _by_amount(text, newest, limit)
    if len(text) >= _SHORTEST:
        yield from (Hit(row, "part of the client's reference") for row in newest.filter(client_reference__icontains=text)[:limit])


def _by_outside_name(text: str, rows: "QuerySet[Transfer]") -> Iterator[Hit]:
    spellings = {text, text.lower(), text.upper()}
    names = dict(ExternalReference.objects.filter(value__in=spellings).values_list("transfer_id", "kind"))
    for row in rows.filter(pk__in=list(names)):
        yield Hit(row, f"its {_REFERENCE_WORDS.get(names[row.id], names[row.id].replace('_', ' '))}")


def _destination(text: str) -> Q:
    """An address in any spelling, a whole account number, or its tail as people read it from a statement."""
    compact = text.replace(" ", "")
    exact = Q(destination__fingerprint__endswith=f":{compact.lower()}") | Q(
        destination__fingerprint__endswith=f":{compact.upper()}"
    )
    return exact | Q(destination_details__name__iexact=text)


def _by_amount(text: str, newest: "QuerySet[Transfer]", limit: int) -> Iterator[Hit]:
    if not _AMOUNT.fullmatch(text):
        return
    for asset_id in newest.order_by().values_list("source_asset_id", flat=True).distinct():
        asset = unit(asset_id)
        try:
            minor = Money.parse(text.replace(",", ""), asset).minor
        except ValueError:
            continue
        for row in newest.filter(source_asset_id=asset_id, source_amount=minor)[:limit]:
            yield Hit(row, f"its amount in {asset.code}")


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
