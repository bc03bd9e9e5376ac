"""Rows of the transfer list: the amount first, then who and where to, then how it stands and for how long."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db.models import prefetch_related_objects

from backoffice.console.approvals.queue import destination_number
from backoffice.console.parts import Badge, Tone
from backoffice.console.transfers.incoming import TITLES
from backoffice.console.transfers.waiting import Wait, is_pending, wait_of
from backoffice.console.words import badge_for
from transfers import queries
from transfers.models import Transfer
from transfers.queries import TransferFilter
from transfers.states import DEPOSITS

PAGE = 50
MOST_NEWS = 100
OVERLAP = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Row:
    """`destination` is the number people compare, `label` the client's own name for it."""

    transfer: Transfer
    destination: str
    label: str
    kind: str
    is_incoming: bool
    badges: tuple[Badge, ...]
    wait: Wait | None


def rows(transfers: Sequence[Transfer]) -> list[Row]:
    """Two queries more, however many rows."""
    prefetch_related_objects(transfers, "approval_request", "destination")
    return [_row(transfer) for transfer in transfers]


def arrived(wanted: TransferFilter, since: datetime) -> int:
    """How many that match were made after `since`; counted up to MOST_NEWS."""
    return len(queries.transfer_page(replace(wanted, created_after=since), limit=MOST_NEWS).rows)


def _row(transfer: Transfer) -> Row:
    return Row(
        transfer=transfer,
        destination=destination_number(transfer.destination_details),
        label=transfer.destination.label if transfer.destination else "",
        kind=TITLES.get(transfer.route, transfer.route),
        is_incoming=transfer.route in DEPOSITS,
        badges=tuple(badges(transfer)),
        wait=wait_of(transfer),
    )


def badges(transfer: Transfer) -> list[Badge]:
    """How it stands: the state, or that it waits for people; and what keeps it."""
    found = [badge_for("pending" if is_pending(transfer) else transfer.status)]
    if transfer.is_synthetic:
        found.append(Badge("health check", Tone.ACCENT))
    if transfer.stopped_by:
        found.append(Badge("stopped", Tone.DANGER))
    if transfer.money_state == "exception":
        found.append(badge_for("exception"))
    if transfer.evidence_state in ("disputed", "repaired"):
        found.append(badge_for(transfer.evidence_state))
    return found
