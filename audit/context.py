"""Who acts, and in which conversation: set once where a request, task or command enters, read by everything below.

There is no default actor. Code that records something outside a bound context fails loudly instead of writing "unknown".
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from enum import StrEnum
from uuid import UUID

from audit.identity import new_id


class ActorType(StrEnum):
    END_USER = "end_user"
    API_CLIENT = "api_client"
    OPERATOR = "operator"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """`id` names the account used (user name, API key prefix, process name); `person_id` the human behind it, when there is one."""

    type: ActorType
    id: str
    person_id: UUID | None = None
    credential_id: str = ""
    on_behalf_of: str = ""

    @classmethod
    def system(cls, process: str) -> "Actor":
        return cls(ActorType.SYSTEM, process)


@dataclass(frozen=True, slots=True)
class Context:
    """`refusals` are the ids of the events that say so far that something was refused; a rollback may have taken them back."""

    actor: Actor
    correlation_id: str
    causation_id: str = ""
    request_id: str = ""
    metadata: dict[str, str] = field(default_factory=dict)
    refusals: list[UUID] = field(default_factory=list)


class NoActorBound(RuntimeError):
    """Something wanted to act or record outside any bound context."""


_context: ContextVar[Context | None] = ContextVar("audit_context", default=None)


def current() -> Context:
    """The bound context. Raises NoActorBound when nothing was bound: nobody acts anonymously."""
    context = _context.get()
    if context is None:
        raise NoActorBound("bind an actor with audit.context.bind() before acting")
    return context


def bound() -> Context | None:
    """The bound context or None: for logs and messages, which carry a conversation when there is one."""
    return _context.get()


@contextmanager
def bind(actor: Actor, *, correlation_id: str = "", causation_id: str = "", request_id: str = "") -> Iterator[Context]:
    """Act as `actor` inside the block; a correlation id is made when the caller brings none."""
    context = Context(actor, correlation_id or str(new_id()), causation_id, request_id)
    token = _context.set(context)
    try:
        yield context
    finally:
        _context.reset(token)


@contextmanager
def caused_by(causation_id: str) -> Iterator[Context]:
    """Same actor and conversation, with the event that caused what follows."""
    token = _context.set(replace(current(), causation_id=causation_id))
    try:
        yield current()
    finally:
        _context.reset(token)
