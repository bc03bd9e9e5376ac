"""One box for any name a transfer goes by. Exact names first, then what only looks alike; every hit says why it matched."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet

from approvals.models import Destination
from ledger.models import Asset
from ledger.money import Money
from ledger.queries import unit
from transfers.models import ExternalReference, IdempotencyKey, Leg, Transfer
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
# Nothing but reading them finds a piece from the middle of a reference: these are looked through.
_LATEST = 3_000


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
    yield from (Hit(row, "a leg's reference") for row in newest.filter(pk__in=_of_leg(text.upper())))
    yield from _by_outside_name(text, rows)
    keys = IdempotencyKey.objects.filter(key=text, transfer__isnull=False).values_list("transfer_id", flat=True)
    yield from (Hit(row, "its idempotency key") for row in newest.filter(pk__in=list(keys))[:limit])
    yield from (Hit(row, "the client's reference") for row in newest.filter(client_reference=text)[:limit])
    destinations = _destinations(text)
    if destinations:
        yield from (Hit(row, "its destination") for row in newest.filter(destination_id__in=destinations)[:limit])
    yield from _by_amount(text, newest, limit)
    if len(text) >= _SHORTEST:
        yield from _by_part(text, rows, newest, limit)


def _by_part(text: str, rows: "QuerySet[Transfer]", newest: "QuerySet[Transfer]", limit: int) -> Iterator[Hit]:
    """How the client's reference begins, of any transfer; a piece from the middle of it only of the newest ones."""
    following = {"client_reference__gt": text, "client_reference__lt": text + "\U0010ffff"}
    yield from (Hit(row, "part of the client's reference") for row in rows.filter(**following).order_by("client_reference")[:limit])
    latest = newest.filter(pk__in=newest.values("pk")[:_LATEST])
    yield from (Hit(row, "part of the client's reference") for row in latest.filter(client_reference__icontains=text)[:limit])


def _of_leg(reference: str) -> list[UUID]:
    return list(Leg.objects.filter(reference=reference).values_list("transfer_id", flat=True))


def _by_outside_name(text: str, rows: "QuerySet[Transfer]") -> Iterator[Hit]:
    spellings = {text, text.lower(), text.upper()}
    names = dict(ExternalReference.objects.filter(value__in=spellings).values_list("transfer_id", "kind"))
    for row in rows.filter(pk__in=list(names)):
        yield Hit(row, f"its {_REFERENCE_WORDS.get(names[row.id], names[row.id].replace('_', ' '))}")


def _destinations(text: str) -> list[UUID]:
    """All of an address in any spelling, a whole account number, or a name. Asked by themselves: there are far fewer than
    transfers."""
    compact = text.replace(" ", "")
    exact = Q(fingerprint__endswith=f":{compact.lower()}") | Q(fingerprint__endswith=f":{compact.upper()}")
    return list(Destination.objects.filter(exact | Q(details__name__iexact=text)).values_list("pk", flat=True))


def _by_amount(text: str, newest: "QuerySet[Transfer]", limit: int) -> Iterator[Hit]:
    if not _AMOUNT.fullmatch(text):
        return
    for asset_id in Asset.objects.order_by("id").values_list("id", flat=True):
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
