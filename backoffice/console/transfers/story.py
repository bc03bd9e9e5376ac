"""Everything that is known of one transfer, read once for its page."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db.models import F

from approvals.models import Vote
from backoffice.alerts.models import Alert
from backoffice.alerts.queries import of_transfer
from backoffice.console.transfers.reasons import trace_shown
from backoffice.console.transfers.said import Conversation, conversation_of
from ledger.models import Entry, Hold
from ledger.queries import entries_of, holds_of
from reconciliation.models import Break, Match
from reconciliation.queries import breaks_of, evidence_of
from transfers.models import ChainTransaction, IdempotencyKey, Leg, Quote, Transfer, TransferEvent
from transfers.queries.references import OutsideName, outside_names

RELATED = ("client", "corridor", "source_asset", "target_asset", "destination", "quote", "approval_request", "policy_decision__set")


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """`reached` has the moment each state was last entered, oldest first; `sent` is the latest signed transaction,
    `trace` the policy's."""

    transfer: Transfer
    legs: list[Leg]
    sent: ChainTransaction | None
    reached: dict[str, datetime]
    approvals: int
    holds: list[Hold]
    entries: list[Entry]
    quotes: list[Quote]
    said: Conversation
    references: list[OutsideName]
    keys: list[str]
    matches: list[Match]
    breaks: list[Break]
    alerts: list[Alert]
    trace: list[dict[str, Any]]

    def leg(self, rail: str) -> Leg | None:
        return next((leg for leg in self.legs if leg.rail == rail), None)


def read(transfer: Transfer, *, with_shared: bool = False) -> Story:
    """A fixed number of queries. `with_shared`: whoever looks may see what went over the wire for other clients as well."""
    pk = transfer.pk
    return Story(
        transfer=transfer,
        legs=list(Leg.objects.filter(transfer=transfer).order_by("ordinal")),
        sent=_sent(pk),
        reached=_reached(pk),
        approvals=_approvals(pk),
        holds=list(holds_of(pk)),
        entries=list(entries_of(pk)),
        quotes=list(Quote.objects.filter(transfer=transfer).order_by("quoted_at", "id")),
        said=conversation_of(pk, with_shared=with_shared),
        references=outside_names([pk]),
        keys=list(IdempotencyKey.objects.filter(transfer=transfer).order_by("created_at").values_list("key", flat=True)),
        matches=evidence_of(pk),
        breaks=breaks_of(pk),
        alerts=list(of_transfer(pk)),
        trace=trace_shown(transfer.policy_decision),
    )


def mark_of(transfer_id: UUID) -> str:
    """Short and the same for as long as the page would look the same but for the passing of time; cheap enough to ask every ten
    seconds."""
    columns = ("version", "stopped_by", "last_error", "money_state", "evidence_state")
    row = Transfer.objects.filter(pk=transfer_id).values_list(*columns).get()
    sent = _sent(transfer_id)
    matched = Match.objects.filter(transfer_id=transfer_id).count()
    alerts = of_transfer(transfer_id).values_list("resolved_at", "acknowledged_at")
    seen: list[Any] = [*row, sent and sent.confirmations, _approvals(transfer_id), matched, *alerts]
    return sha256(repr(seen).encode()).hexdigest()[:16]


def _sent(transfer_id: UUID) -> ChainTransaction | None:
    return ChainTransaction.objects.select_related("wallet").filter(leg__transfer_id=transfer_id).order_by("-attempt").first()


def _reached(transfer_id: UUID) -> dict[str, datetime]:
    moves = TransferEvent.objects.filter(transfer_id=transfer_id).exclude(from_status=F("to_status")).order_by("seq")
    found: dict[str, datetime] = {}
    for status, moment in moves.values_list("to_status", "occurred_at"):
        # Taken out first, so that a state entered a second time stands where it was entered last.
        found.pop(status, None)
        found[status] = moment
    return found


def _approvals(transfer_id: UUID) -> int:
    request = Transfer.objects.filter(pk=transfer_id).values("approval_request_id")
    return Vote.objects.filter(request_id__in=request, decision=Vote.Decision.APPROVE, revision=F("request__revision")).count()
