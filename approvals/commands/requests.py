"""Maker-checker: opening a request, voting on it, and the ways it ends.

Every command locks the request row first, so votes and endings happen one after the other and exactly one of them is the last. The
database checks the same rules again (migrations/sql/0002_requests.sql).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from approvals import canonical, events, locks
from approvals.errors import (
    AlreadyExecuted,
    MakerMissing,
    NotApproved,
    NotExpired,
    NotPending,
    RequestAlreadyPending,
    StalePayload,
    Unknown,
)
from approvals.models import ApprovalRequest, Person, PolicyDecision, RequestMaker, Vote
from approvals.registry import VoteOutcome
from approvals.votes import Ballot, check_ballot
from audit import clock, context
from audit.commands import record
from audit.identity import new_reference

Status = ApprovalRequest.Status


@transaction.atomic
def open_request(
    *,
    action: str,
    subject_type: str,
    subject_id: str,
    client_id: str,
    title: str,
    payload: dict[str, Any],
    quorum: int,
    role: str,
    expires_at: datetime,
    makers: Sequence[UUID],
    policy_decision: PolicyDecision | None = None,
) -> ApprovalRequest:
    """Ask `quorum` people in `role`, none of them a maker, to approve exactly these bytes by `expires_at`.

    Asking again for a subject whose earlier request ended gives the next revision: earlier votes count for nothing. Raises
    RequestAlreadyPending, MakerMissing, Unknown (a maker), PayloadNotCanonical.
    """
    content = canonical.to_bytes(payload)
    people = _makers(makers)
    earlier = ApprovalRequest.objects.filter(action=action, subject_id=subject_id).order_by("-revision").first()
    if earlier is not None and earlier.status == Status.PENDING:
        raise RequestAlreadyPending(action, subject_id)
    request = ApprovalRequest(
        reference=new_reference(),
        action=action,
        subject_type=subject_type,
        subject_id=subject_id,
        client_id=client_id,
        title=title,
        revision=earlier.revision + 1 if earlier else 1,
        payload=content,
        digest=canonical.digest_of(content),
        quorum=quorum,
        role=role,
        policy_decision=policy_decision,
        correlation_id=context.current().correlation_id,
        made_at=clock.now(),
        expires_at=expires_at,
    )
    _insert(request)
    RequestMaker.objects.bulk_create(RequestMaker(request=request, person_id=person_id) for person_id in people)
    metadata = {
        "action": action,
        "subject": f"{subject_type}:{subject_id}",
        "digest": bytes(request.digest).hex(),
        "revision": request.revision,
        "quorum": quorum,
        "role": role,
        "makers": [str(person_id) for person_id in people],
    }
    _record(events.REQUEST_OPENED, request, metadata=metadata)
    return request


@transaction.atomic
def cast_vote(
    *,
    request_id: UUID,
    person_id: UUID,
    operator: str,
    roles: Mapping[str, datetime],
    decision: str,
    digest: bytes,
    revision: int,
    reason: str = "",
    page_opened_at: datetime | None = None,
) -> VoteOutcome:
    """One person's vote, and what the request is after it: the first rejection ends it, the last approval of the quorum approves
    it.

    `roles` maps each role the operator holds to since when; `digest` and `revision` are those of the page that was seen. The bound
    actor must be an operator account of the person. Raises Unknown and every VoteRefused, and NotPending.
    """
    ballot = Ballot(
        person_id=person_id,
        operator=operator,
        roles=roles,
        decision=Vote.Decision(decision),
        digest=bytes(digest),
        revision=revision,
        reason=reason.strip(),
        cast_at=clock.now(),
    )
    request = locks.request_for_update(request_id)
    check_ballot(request, ballot)
    vote = Vote.objects.create(
        request=request,
        revision=revision,
        digest=ballot.digest,
        person_id=person_id,
        operator=operator,
        role=request.role,
        role_held_since=roles[request.role],
        decision=ballot.decision,
        reason=ballot.reason,
        voted_at=ballot.cast_at,
        page_opened_at=page_opened_at,
    )
    metadata = {
        "vote": str(vote.id),
        "decision": vote.decision,
        "digest": ballot.digest.hex(),
        "revision": revision,
        "role": request.role,
    }
    _record(events.VOTE_CAST, request, reason=ballot.reason, metadata=metadata)
    return _count(request, vote)


@transaction.atomic
def add_maker(*, request_id: UUID, person_id: UUID) -> None:
    """Whoever edits or carries something into the request joins its makers. Raises NotPending, and IntegrityError for one who
    voted."""
    request = _pending(request_id)
    _, is_new = RequestMaker.objects.get_or_create(request=request, person_id=person_id)
    if is_new:
        _record(events.MAKER_JOINED, request, metadata={"person_id": str(person_id)})


@transaction.atomic
def withdraw(request_id: UUID, reason: str) -> ApprovalRequest:
    """The makers no longer ask. Raises NotPending."""
    return _end(_pending(request_id), Status.WITHDRAWN, events.REQUEST_WITHDRAWN, reason)


@transaction.atomic
def dismiss(request_id: UUID, reason: str) -> ApprovalRequest:
    """What was asked has changed or is moot, so its votes are void. Raises NotPending."""
    return _end(_pending(request_id), Status.DISMISSED, events.REQUEST_DISMISSED, reason)


@transaction.atomic
def expire_request(request_id: UUID, reason: str = "") -> ApprovalRequest:
    """Nobody decided in time. Raises NotPending, and NotExpired when there is time left."""
    request = _pending(request_id)
    if clock.now() < request.expires_at:
        raise NotExpired
    return _end(request, Status.EXPIRED, events.REQUEST_EXPIRED, reason or "Nobody decided in time.")


@transaction.atomic
def mark_executed(request_id: UUID, digest: bytes) -> ApprovalRequest:
    """Use the approval, once. `digest` is of the bytes that are about to be executed.

    Raises NotApproved, AlreadyExecuted, StalePayload (other bytes), PayloadTampered (the stored bytes are no longer the approved
    ones). The database also refuses when the quorum no longer stands, for instance because an approver was deactivated.
    """
    request = locks.request_for_update(request_id)
    if request.status != Status.APPROVED:
        raise NotApproved(request.status)
    if request.executed_at is not None:
        raise AlreadyExecuted
    canonical.read(request.payload, request.digest)
    if bytes(digest) != bytes(request.digest):
        raise StalePayload("What is about to be executed is not what was approved.")
    request.executed_at = clock.now()
    request.save(update_fields=["executed_at"])
    _record(events.REQUEST_EXECUTED, request, metadata={"digest": bytes(digest).hex()})
    return request


def _makers(makers: Sequence[UUID]) -> list[UUID]:
    wanted = sorted(set(makers))
    if not wanted and context.current().actor.type != context.ActorType.SYSTEM:
        raise MakerMissing
    known = set(Person.objects.filter(id__in=wanted).values_list("id", flat=True))
    for person_id in wanted:
        if person_id not in known:
            raise Unknown("person", person_id)
    return wanted


def _insert(request: ApprovalRequest) -> None:
    """A twin that asks at the same moment loses on the unique index and hears what it would have heard a moment later."""
    try:
        with transaction.atomic():
            request.save(force_insert=True)
    except IntegrityError as error:
        if "approvals_request_one_pending_per_subject" in str(error):
            raise RequestAlreadyPending(request.action, request.subject_id) from error
        raise


def _count(request: ApprovalRequest, vote: Vote) -> VoteOutcome:
    if vote.decision == Vote.Decision.REJECT:
        _end(request, Status.REJECTED, events.REQUEST_REJECTED, vote.reason, closing_reason="")
    collected = request.votes.filter(decision=Vote.Decision.APPROVE, person__active=True).count()
    if vote.decision == Vote.Decision.APPROVE and collected >= request.quorum:
        _end(request, Status.APPROVED, events.REQUEST_APPROVED, "", closing_reason="")
    return VoteOutcome(request.status, collected, request.quorum)


def _pending(request_id: UUID) -> ApprovalRequest:
    request = locks.request_for_update(request_id)
    if request.status != Status.PENDING:
        raise NotPending(request.status)
    return request


def _end(
    request: ApprovalRequest, status: ApprovalRequest.Status, event: str, reason: str, *, closing_reason: str | None = None
) -> ApprovalRequest:
    """The row is locked and pending. Votes carry their own reason, so a decided request keeps none beside them."""
    request.status = status
    request.decided_at = clock.now()
    request.closing_reason = reason if closing_reason is None else closing_reason
    request.save(update_fields=["status", "decided_at", "closing_reason"])
    _record(event, request, reason=reason, diff={"status": [Status.PENDING, status]})
    return request


def _record(event: str, request: ApprovalRequest, **details: Any) -> None:
    record(type=event, resource_type="approval_request", resource_id=str(request.id), **details)
