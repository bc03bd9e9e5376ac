"""The sensitive actions that can be asked for, each registered by the floor that knows how to carry it out.

Maker-checker is one mechanism: the console finds the action by the request's name and calls its `decide`, before any database
transaction is open, so that the action can lock its own subject first (DECISIONS: transfer before approval). Registered in
`AppConfig.ready()`, read-only after that.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from approvals.models import ApprovalRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideInput:
    """One person's decision as the page sends it. `roles` maps each role the operator holds to since when; `digest` and `revision`
    are those of the page the person saw."""

    request_id: UUID
    person_id: UUID
    operator: str
    roles: Mapping[str, datetime]
    decision: str
    digest: bytes
    revision: int
    reason: str = ""
    page_opened_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class VoteOutcome:
    """Where the request stands after a vote. `status` as in ApprovalRequest.Status."""

    status: str
    collected: int
    quorum: int

    @property
    def is_final(self) -> bool:
        return self.status != "pending"


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of what the approver reads, made from the stored payload and nothing else. `transfer_id` is the transfer that it
    names, where it names one that is there already."""

    label: str
    value: str
    kind: str = "text"
    transfer_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """`check_permission` is the Django permission a checker needs. `decide` owns its transaction. `on_final` runs inside the
    transaction that ended the request, whichever way it ended. `expire` owns its transaction, for actions that must lock their
    subject first; without one, an overdue request is simply expired."""

    name: str
    title: str
    check_permission: str
    decide: Callable[[DecideInput], VoteOutcome]
    describe: Callable[[dict[str, Any]], list[Fact]]
    on_final: "Callable[[ApprovalRequest], None] | None" = None
    expire: Callable[[UUID], None] | None = None


class ActionUnknown(LookupError):
    """A request names an action that no floor registered."""


_actions: dict[str, Action] = {}


def register(action: Action) -> None:
    """Make an action available. Raises ValueError for a second registration: two ways to decide one thing is a hole."""
    if action.name in _actions:
        raise ValueError(f"action {action.name} is registered already")
    _actions[action.name] = action


def get(name: str) -> Action:
    """The action of that name. Raises ActionUnknown."""
    try:
        return _actions[name]
    except KeyError:
        raise ActionUnknown(f"no action {name} is registered") from None


def names() -> tuple[str, ...]:
    return tuple(sorted(_actions))
