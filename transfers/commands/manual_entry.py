"""What a desk by phone said, entered by one person and confirmed by another: its quote, its deal, its settlement.

The registered action is `provider.manual_entry`. The payload holds the figures and the evidence; the last vote stores the entry
and, for a settlement, books it against the payment that the bank shows (desk_settlement.py).
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from approvals import canonical
from approvals.commands.carrying_out import cast
from approvals.commands.requests import dismiss, mark_executed, open_request
from approvals.errors import NotCarriedOut
from approvals.models import ApprovalRequest
from approvals.registry import Action, DecideInput, Fact, VoteOutcome, register
from audit import clock
from ledger.money import Money
from ledger.queries import unit
from transfers import locks
from transfers.commands import desk_settlement, moves
from transfers.commands.wake import wake_after_commit
from transfers.errors import Conflict, NotFound, Refused
from transfers.models import ManualEntry, Provider, Transfer
from transfers.pricing import offers
from transfers.pricing.phone import quote_of
from transfers.states import Status

ACTION, SCHEMA = "provider.manual_entry", "provider.manual_entry/1"
QUORUM, ROLE, LIVES = 1, "approver", timedelta(hours=4)
LEAST_EVIDENCE = 10
Kind = ManualEntry.Kind
FIELDS = {Kind.QUOTE: ("rate", "target_amount", "expires_at"), Kind.DEAL: ("trade_id",), Kind.SETTLEMENT: ("arrival",)}
_DECIMAL = re.compile(r"[0-9]{1,20}(\.[0-9]{1,18})?", re.ASCII)
_SENT = (Status.CONFIRMED, Status.FIAT_SETTLED, Status.RECONCILED)


def why_not(kind: ManualEntry.Kind, provider: str, transfer: Transfer) -> str:
    """Empty when this may be entered for the transfer as it stands."""
    status = Status(transfer.status)
    if kind == Kind.QUOTE:
        return "" if status is Status.CREATED else f"It is {status.quoted}: no quote is awaited."
    if transfer.quote is None or transfer.quote.provider != provider:
        return "Its price is not this desk's."
    if ManualEntry.objects.filter(transfer=transfer, kind=kind).exists():
        return f"Its {kind} is entered already."
    if kind == Kind.DEAL:
        return "" if status is Status.QUOTED else f"It is {status.quoted}: no deal is awaited."
    return "" if status in _SENT else f"It is {status.quoted}: there is nothing to settle yet."


def ask(*, provider: str, transfer_id: UUID, kind: str, figures: Mapping[str, str], evidence: str, maker: UUID) -> ApprovalRequest:
    """Enter it; it counts once another person has confirmed it.

    Raises NotFound, Refused (a figure, or evidence that is none), Conflict (not awaited), RequestAlreadyPending.
    """
    desk = Provider.objects.filter(pk=provider, kind=Provider.Kind.MANUAL).first()
    if desk is None:
        raise NotFound(f"There is no desk by phone {provider}.")
    if len(evidence.strip()) < LEAST_EVIDENCE:
        raise Refused("evidence_missing", "Say where it can be seen: message, file or recording.", {"evidence": "Say where."})
    with transaction.atomic():
        transfer = locks.transfer(transfer_id)
        wanted = Kind(kind)
        if obstacle := why_not(wanted, provider, transfer):
            raise Conflict(obstacle)
        details = _details(wanted, transfer, figures)
        return open_request(
            action=ACTION,
            subject_type="transfer",
            subject_id=f"{transfer.id}:{wanted}",
            client_id=transfer.client_id,
            title=f"{transfer.reference}: {desk.name}, {wanted} by phone",
            payload={**_about(desk, wanted, transfer), "details": details, "evidence": evidence.strip()},
            quorum=QUORUM,
            role=ROLE,
            expires_at=clock.now() + LIVES,
            makers=[maker],
        )


def _about(desk: Provider, kind: ManualEntry.Kind, transfer: Transfer) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "provider": desk.code,
        "kind": kind.value,
        "transfer_id": str(transfer.id),
        "reference": transfer.reference,
        "client_id": transfer.client_id,
        "source_asset": transfer.source_asset_id,
        "source_amount": str(transfer.source_amount),
        "target_asset": transfer.target_asset_id,
    }


def _details(kind: ManualEntry.Kind, transfer: Transfer, figures: Mapping[str, str]) -> dict[str, str]:
    """Checked as strictly as what a desk says over the wire. Raises Refused with the field."""
    given = {name: str(figures.get(name, "")).strip() for name in FIELDS[kind]}
    for name, value in given.items():
        decimal = name not in ("trade_id", "expires_at", "arrival")
        if not value or (decimal and not _DECIMAL.fullmatch(value)) or len(value) > 200:
            raise Refused("invalid_request", "The entry cannot be read.", {name: "Give a plain decimal." if decimal else "Needed."})
    source, target = unit(transfer.source_asset_id), unit(transfer.target_asset_id)
    if kind == Kind.SETTLEMENT:
        return desk_settlement.details(transfer, given["arrival"])
    if kind == Kind.QUOTE:
        given["source_amount"] = Money(int(transfer.source_amount), source).major()
        try:
            offers.read(
                quote_of("entry", given), provider="", source=source, source_amount=int(transfer.source_amount), target=target
            )
        except (offers.Disbelieved, ValueError) as error:
            raise Refused("invalid_request", f"The quote does not add up: {error}", {"target_amount": str(error)}) from error
    return given


def decide(vote: DecideInput) -> VoteOutcome:
    """One vote; the approval that completes the quorum stores the entry. Raises what `cast_vote` raises; NotCarriedOut when the
    transfer has moved on, which ends the request."""
    subject = ApprovalRequest.objects.values_list("subject_id", flat=True).get(pk=vote.request_id)
    try:
        with transaction.atomic():
            transfer = locks.transfer(UUID(subject.partition(":")[0]))
            outcome = cast(vote)
            if outcome.status == ApprovalRequest.Status.APPROVED:
                _carry_out(transfer, ApprovalRequest.objects.get(pk=vote.request_id))
            return outcome
    except Conflict as conflict:
        dismiss(vote.request_id, f"Confirmed, but too late: {conflict}")
        raise NotCarriedOut(str(conflict)) from conflict


def _carry_out(transfer: Transfer, request: ApprovalRequest) -> None:
    content = canonical.read(request.payload, request.digest)
    kind = Kind(content["kind"])
    if obstacle := why_not(kind, content["provider"], transfer):
        raise Conflict(obstacle)
    mark_executed(request.id, canonical.digest_of(bytes(request.payload)))
    entry = ManualEntry.objects.create(
        provider_id=content["provider"],
        transfer=transfer,
        kind=kind,
        details=content["details"],
        evidence=content["evidence"],
        request=request,
        entered_at=clock.now(),
    )
    due = {} if kind == Kind.SETTLEMENT else {"due_at": clock.now(), "attempts": 0}
    told = {"entry": str(entry.id), "kind": kind.value, "provider": content["provider"], "request": str(request.id)}
    moves.note(transfer, moves.MANUAL_ENTRY, reason=content["evidence"], data={**told, **content["details"]}, **due)
    if kind == Kind.SETTLEMENT:
        desk_settlement.book(transfer, content["details"], value_at=clock.now())
    wake_after_commit(transfer.id)


def describe(payload: dict[str, Any]) -> list[Fact]:
    """What the one who confirms reads, from the stored bytes alone."""
    source, target = unit(payload["source_asset"]), unit(payload["target_asset"])
    details = payload["details"]
    facts = [
        Fact("Desk", payload["provider"]),
        Fact("Transfer", payload["reference"], "reference", payload["transfer_id"]),
        Fact("We give", f"{Money(int(payload['source_amount']), source).format()} {source.code}", "money"),
    ]
    if payload["kind"] == Kind.QUOTE:
        facts += [Fact("Rate", details["rate"]), Fact("We get", f"{details['target_amount']} {target.code}", "money")]
        facts.append(Fact("Good until", details["expires_at"], "time"))
    elif payload["kind"] == Kind.DEAL:
        facts.append(Fact("Deal number", details["trade_id"]))
    else:
        facts += _received(details, f"{Money(int(details['received']), target).format()} {target.code}")
    return [*facts, Fact("Evidence", payload["evidence"])]


def _received(details: Mapping[str, str], amount: str) -> list[Fact]:
    """Of an entry from before payments were named there is the amount alone."""
    facts = [Fact("Received", amount, "money")]
    if "arrival" in details:
        facts.append(Fact("Came from", details["sender"] or "not said"))
        facts.append(Fact("Payer wrote", details["text"] or "nothing"))
        facts.append(Fact("Is in account", details["account"]))
        facts.append(Fact("Arrival", details["arrival"], "reference"))
    return facts


def moment_in(minutes: int) -> str:
    """A time so many minutes from now, as entries keep times."""
    until: datetime = clock.now() + timedelta(minutes=minutes)
    return until.isoformat()


def register_entry() -> None:
    register(
        Action(
            name=ACTION,
            title="Confirm what a desk said by phone",
            check_permission="approvals.decide_request",
            decide=decide,
            describe=describe,
        )
    )
