"""Reading the trail and taking it away leave events of their own, committed before anything is shown."""

from collections.abc import Mapping
from uuid import UUID

from audit.commands import record_access
from audit.vocabulary import EXPORTED, PROOF_GIVEN, TRAIL_READ

__all__ = ["EXPORTED", "PROOF_GIVEN", "TRAIL_READ", "note"]


def note(type: str, what: str, *, filters: Mapping[str, str], shown: int | None = None) -> UUID:
    """Record that the operator of this request read or exported `what`: `events`, an event's id, a timeline. Returns its id."""
    metadata: dict[str, object] = {"filters": dict(filters)}
    if shown is not None:
        metadata["shown"] = shown
    return record_access(type=type, resource_type="audit_trail", resource_id=what, metadata=metadata)
