"""Everything that a transfer's answer is made of, read in a fixed number of queries however many transfers a page holds."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import F

from approvals.models import ApprovalRequest, Vote
from ledger.money import AssetUnit, Money
from ledger.queries import unit
from transfers.failures import FAILURES
from transfers.models import Cashback, Transfer, TransferEvent
from transfers.queries.references import TX_HASH, outside_names
from transfers.states import DEPOSITS, Route

BANK_REFERENCE, PROVIDER_TRADE_ID = "bank_reference", "provider_trade_id"
NOT_REQUIRED, NOT_APPROVED = "not_required", ApprovalRequest.Status.REJECTED.value
_TOLD_AS_IT_IS = (ApprovalRequest.Status.PENDING, ApprovalRequest.Status.APPROVED)
APPROVAL_STATES = (NOT_REQUIRED, *(state.value for state in _TOLD_AS_IT_IS), NOT_APPROVED)
_FEE_KINDS: dict[str, str] = {Route.INTERNAL_TRANSFER: "internal_transfer", Route.CONVERSION: "conversion"}


@dataclass(frozen=True, slots=True)
class Approval:
    """`status` is one of four words: what lapsed, was withdrawn or dismissed was not approved, and why is told by how the transfer
    ended."""

    required: bool
    status: str
    collected: int
    quorum: int


@dataclass(frozen=True, slots=True)
class TransferFacts:
    """A transfer with what other tables know of it. `reached` maps a status to the moment it was last entered."""

    transfer: Transfer
    approval: Approval
    references: dict[str, str]
    reached: dict[str, datetime]
    cashback: Cashback | None

    def fields(self) -> dict[str, Any]:
        """By the names of API.md and in the order of the answer; amounts as decimal text in major units."""
        transfer = self.transfer
        source, target = unit(transfer.source_asset_id), unit(transfer.target_asset_id)
        return {
            "transaction_id": transfer.pk,
            "client_id": transfer.client_id,
            "status": transfer.status,
            "request_state": transfer.request_state,
            "money_state": transfer.money_state,
            "evidence_state": transfer.evidence_state,
            "approval": self.approval,
            "direction": "in" if transfer.route in DEPOSITS else "out",
            "route": transfer.route,
            "source_amount": _major(transfer.source_amount, source),
            "source_currency": source.code,
            "source_asset": source.id,
            "target_amount": None if transfer.target_amount is None else _major(transfer.target_amount, target),
            "target_currency": target.code,
            "target_asset": target.id,
            "fees": self._fees(source),
            "fx_rate": plain(transfer.quote.rate) if transfer.quote else None,
            "quote": {"quote_id": _quote_id(transfer), "expires_at": transfer.quote.expires_at} if transfer.quote else None,
            "on_chain_tx_hash": self.references.get(TX_HASH),
            "bank_reference": self.references.get(BANK_REFERENCE),
            "provider_trade_id": self.references.get(PROVIDER_TRADE_ID),
            "destination": transfer.destination_details or None,
            "corridor": transfer.corridor_id,
            "reference": transfer.client_reference,
            "metadata": transfer.metadata,
            "status_text": transfer.status_text,
            "failure": self._failure(),
            **self._cashback(target),
            "created_at": transfer.created_at,
            "updated_at": transfer.updated_at,
            **{f"{status.lower()}_at": moment for status, moment in self.reached.items() if status != "CREATED"},
        }

    def _fees(self, source: AssetUnit) -> list[dict[str, str]]:
        """Known from the firm quote on, or once it is booked; before it, nothing is promised."""
        if self.transfer.quote_id is None and not (self.transfer.receiver_id and self.transfer.target_amount):
            return []
        return [
            {
                "kind": fee_kind(self.transfer.route),
                "amount": _major(int(self.transfer.fee_amount), source),
                "currency": source.code,
            }
        ]

    def _cashback(self, target: AssetUnit) -> dict[str, dict[str, str]]:
        """What a promotion added to a conversion, where one did."""
        if self.cashback is None:
            return {}
        amount = _major(int(self.cashback.amount), target)
        return {"cashback": {"promotion": self.cashback.promotion_id, "amount": amount, "currency": target.code}}

    def _failure(self) -> dict[str, str] | None:
        """In the catalogue's words for clients. Our own message may name people and reasons that are not theirs to read."""
        code = self.transfer.failure_code
        if not code:
            return None
        return {"code": code, "message": FAILURES[code].client_text if code in FAILURES else self.transfer.status_text}


def _quote_id(transfer: Transfer) -> UUID | None:
    """The one that the client was given, where the price is that of the quote it named: ours is a copy under an id of its own."""
    named, taken = transfer.named_quote, transfer.quote
    if named is None or taken is None or (named.round_id, named.expires_at) != (taken.round_id, taken.expires_at):
        return transfer.quote_id
    return named.pk


def fee_kind(route: str) -> str:
    """What the fee of a transfer on this route is called, also before there is one."""
    return _FEE_KINDS.get(route, "withdrawal")


def facts_of(transfers: Sequence[Transfer]) -> list[TransferFacts]:
    """In the order given; a fixed number of queries."""
    ids = [transfer.pk for transfer in transfers]
    references, reached, approvals = _references(ids), _reached(ids), _approvals(transfers)
    converted = [one.pk for one in transfers if one.route == Route.CONVERSION]
    gifts = Cashback.objects.in_bulk(converted) if converted else {}
    return [TransferFacts(one, approvals[one.pk], references[one.pk], reached[one.pk], gifts.get(one.pk)) for one in transfers]


def facts_of_new(transfer: Transfer) -> TransferFacts:
    """Of one that is just being made: nothing else knows of it yet, so nothing is read."""
    return TransferFacts(transfer, _approval(transfer.approval_request, defaultdict(int)), {}, {}, None)


def received_fields(transfers: Sequence[Transfer]) -> list[dict[str, Any]]:
    """What the receiver of each internal transfer may know of it; one query for any number."""
    reached = _reached([transfer.pk for transfer in transfers])
    return [
        {
            "transaction_id": one.pk,
            "sender": {"client": one.client_id, "name": one.client.name},
            "amount": _major(int(one.target_amount or 0), unit(one.target_asset_id)),
            "currency": unit(one.target_asset_id).code,
            "asset": one.target_asset_id,
            "status": one.status,
            "received_at": reached[one.pk]["CONFIRMED"],
        }
        for one in transfers
    ]


def _references(ids: Sequence[UUID]) -> dict[UUID, dict[str, str]]:
    """The latest of each kind."""
    found: dict[UUID, dict[str, str]] = defaultdict(dict)
    for name in outside_names(ids):
        found[name.transfer_id][name.kind] = name.value
    return found


def _reached(ids: Sequence[UUID]) -> dict[UUID, dict[str, datetime]]:
    found: dict[UUID, dict[str, datetime]] = defaultdict(dict)
    moves = TransferEvent.objects.filter(transfer_id__in=ids).exclude(from_status=F("to_status")).order_by("seq")
    for transfer_id, status, moment in moves.values_list("transfer_id", "to_status", "occurred_at"):
        found[transfer_id][status] = moment
    return found


def _approvals(transfers: Sequence[Transfer]) -> dict[UUID, Approval]:
    wanted = {one.approval_request_id for one in transfers if one.approval_request_id}
    requests = ApprovalRequest.objects.in_bulk(list(wanted)) if wanted else {}
    votes: dict[UUID, int] = defaultdict(int)
    approving = Vote.objects.filter(request_id__in=wanted, decision=Vote.Decision.APPROVE, revision=F("request__revision"))
    for request_id in approving.values_list("request_id", flat=True) if wanted else ():
        votes[request_id] += 1
    return {one.pk: _approval(requests.get(one.approval_request_id), votes) for one in transfers}


def _approval(request: ApprovalRequest | None, votes: dict[UUID, int]) -> Approval:
    if request is None:
        return Approval(required=False, status=NOT_REQUIRED, collected=0, quorum=0)
    return Approval(required=True, status=_told(request), collected=votes[request.pk], quorum=request.quorum)


def approval_of(request: ApprovalRequest) -> Approval:
    """Of what one request stands for."""
    votes = request.votes.filter(decision=Vote.Decision.APPROVE, revision=request.revision).count()
    return Approval(required=True, status=_told(request), collected=votes, quorum=request.quorum)


def _told(request: ApprovalRequest) -> str:
    return str(request.status) if request.status in _TOLD_AS_IT_IS else NOT_APPROVED


def _major(minor: int, asset: AssetUnit) -> str:
    return Money(int(minor), asset).major()


def plain(rate: Decimal) -> str:
    """Without exponent and without trailing zeros."""
    text = f"{rate:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
