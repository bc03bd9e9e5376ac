"""Reading requests: the queue, one request with everything on its page, and who may decide it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from approvals import canonical, registry
from approvals.errors import RoleMissing, Unknown
from approvals.models import ApprovalRequest, Client, Person, Vote
from approvals.votes import check_role
from audit import clock


@dataclass(frozen=True, slots=True)
class PendingRequest:
    """A row of the queue. `obstacle` is the sentence that says why this person cannot decide it; empty when they can."""

    request: ApprovalRequest
    collected: int
    voters: tuple[str, ...]
    obstacle: str

    @property
    def can_decide(self) -> bool:
        return not self.obstacle


@dataclass(frozen=True, slots=True)
class RequestView:
    """One request as its page shows it; everything said about the action comes from the stored bytes."""

    request: ApprovalRequest
    payload: dict[str, Any]
    facts: list[registry.Fact]
    words: tuple[str, ...]
    makers: list[Person]
    votes: list[Vote]
    collected: int


def get_request(request_id: UUID) -> ApprovalRequest:
    """Raises Unknown."""
    request = ApprovalRequest.objects.select_related("policy_decision").filter(id=request_id).first()
    if request is None:
        raise Unknown("request", request_id)
    return request


def view_request(request_id: UUID) -> RequestView:
    """Raises Unknown, and PayloadTampered when the stored bytes no longer match their digest: such a page must not be shown as
    decidable."""
    request = get_request(request_id)
    payload = canonical.read(request.payload, request.digest)
    votes = list(request.votes.select_related("person").order_by("voted_at"))
    return RequestView(
        request=request,
        payload=payload,
        facts=registry.get(request.action).describe(payload),
        words=canonical.words(bytes(request.digest)),
        makers=[maker.person for maker in request.makers.select_related("person").order_by("id")],
        votes=votes,
        collected=sum(vote.decision == Vote.Decision.APPROVE and vote.person.active for vote in votes),
    )


def payload_of(request: ApprovalRequest) -> dict[str, Any]:
    """What was asked, from the stored bytes. Raises PayloadTampered."""
    return canonical.read(request.payload, request.digest)


def pending_requests(
    *, person_id: UUID | None = None, roles: Mapping[str, datetime] | None = None, clients: QuerySet[Client] | None = None
) -> list[PendingRequest]:
    """The queue by deadline. `clients` are those the reader may see (requests that concern no client are everybody's); without it,
    all."""
    rows = ApprovalRequest.objects.filter(status=ApprovalRequest.Status.PENDING)
    if clients is not None:
        rows = rows.filter(Q(client_id="") | Q(client_id__in=clients.values("id")))
    rows = rows.select_related("policy_decision").prefetch_related("makers", "votes__person").order_by("expires_at", "id")
    return [_row(request, person_id, roles or {}) for request in rows]


def obstacle_to(request: ApprovalRequest, *, person_id: UUID | None, roles: Mapping[str, datetime]) -> str:
    """Why this person cannot decide this request, in words for the place beside the button; empty when they can."""
    if request.status != ApprovalRequest.Status.PENDING:
        return f"It is {request.status}."
    if clock.now() >= request.expires_at:
        return "The time to decide it is over."
    if person_id is None:
        return "Your account belongs to no person."
    if any(maker.person_id == person_id for maker in request.makers.all()):
        return "You made it, so somebody else must decide it."
    if any(vote.person_id == person_id for vote in request.votes.all()):
        return "You have voted on it."
    try:
        check_role(request, roles)
    except RoleMissing as error:
        return str(error)
    return ""


def overdue_requests(limit: int) -> list[tuple[UUID, str]]:
    """Id and action of pending requests whose time is up, the longest overdue first."""
    rows = ApprovalRequest.objects.filter(status=ApprovalRequest.Status.PENDING, expires_at__lte=clock.now())
    return list(rows.order_by("expires_at").values_list("id", "action")[:limit])


def pending_count() -> int:
    return ApprovalRequest.objects.filter(status=ApprovalRequest.Status.PENDING).count()


def requests_of(subject_type: str, subject_id: str) -> list[ApprovalRequest]:
    """Every request about one subject, the oldest first: what was asked, and asked again."""
    rows = ApprovalRequest.objects.filter(subject_type=subject_type, subject_id=subject_id)
    return list(rows.prefetch_related("makers__person", "votes__person").order_by("made_at", "id"))


def _row(request: ApprovalRequest, person_id: UUID | None, roles: Mapping[str, datetime]) -> PendingRequest:
    approvals = [vote for vote in request.votes.all() if vote.decision == Vote.Decision.APPROVE and vote.person.active]
    voters = tuple(vote.person.name for vote in approvals)
    return PendingRequest(request, len(approvals), voters, obstacle_to(request, person_id=person_id, roles=roles))
