"""What must be true before a vote counts. The request row is locked by the caller; nothing is written here."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from approvals import canonical
from approvals.errors import (
    AlreadyVoted,
    MakerMayNotDecide,
    NotPending,
    NotYourVote,
    PersonInactive,
    ReasonMissing,
    RequestExpired,
    RoleMissing,
    RoleTooNew,
    StalePayload,
)
from approvals.models import ApprovalRequest, Person, Vote
from audit import context


@dataclass(frozen=True, slots=True, kw_only=True)
class Ballot:
    person_id: UUID
    operator: str
    roles: Mapping[str, datetime]
    decision: str
    digest: bytes
    revision: int
    reason: str
    cast_at: datetime


def check_ballot(request: ApprovalRequest, ballot: Ballot) -> None:
    """Raises the VoteRefused (or NotPending) that says why this vote may not be cast. Who may never decide hears that first."""
    _check_voter(request, ballot)
    if request.status != ApprovalRequest.Status.PENDING:
        raise NotPending(request.status)
    if not request.made_at <= ballot.cast_at < request.expires_at:
        raise RequestExpired
    check_role(request, ballot.roles)
    if ballot.decision == Vote.Decision.REJECT and not ballot.reason:
        raise ReasonMissing
    canonical.read(request.payload, request.digest)
    if (ballot.digest, ballot.revision) != (bytes(request.digest), request.revision):
        raise StalePayload


def check_role(request: ApprovalRequest, roles: Mapping[str, datetime]) -> None:
    """The role the request asks for, held since before it was made. Raises RoleMissing, RoleTooNew."""
    held_since = roles.get(request.role)
    if held_since is None:
        raise RoleMissing(request.role)
    if held_since > request.made_at:
        raise RoleTooNew(request.role)


def _check_voter(request: ApprovalRequest, ballot: Ballot) -> None:
    actor = context.current().actor
    if actor.type != context.ActorType.OPERATOR or actor.person_id != ballot.person_id or actor.id != ballot.operator:
        raise NotYourVote
    # Locked against a deactivation that would commit between this look and the vote.
    if not Person.objects.select_for_update(no_key=True).filter(id=ballot.person_id, active=True).exists():
        raise PersonInactive
    if request.makers.filter(person_id=ballot.person_id).exists():
        raise MakerMayNotDecide
    if request.votes.filter(person_id=ballot.person_id).exists():
        raise AlreadyVoted
