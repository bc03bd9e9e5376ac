"""The closed vocabulary of event types: each floor registers its own when the application starts, and nothing else can be recorded.

A type reads `floor.what_happened`, in the past tense: `ledger.posted`, `approvals.vote_cast`.
"""

import re

# What this floor itself records.
TRAIL_READ, EXPORTED, PROOF_GIVEN = "audit.trail_read", "audit.exported", "audit.proof_given"
# They tell of no row.
READINGS = (TRAIL_READ, EXPORTED, PROOF_GIVEN)
LOG_ADOPTED, DEFINITIONS_RECORDED = "audit.log_adopted", "audit.definitions_recorded"
ARCHIVE = ("audit.partition_archived", "audit.partition_dropped", "audit.partition_attached")
VAULT_STORED, VAULT_REVEALED, VAULT_ERASED = "audit.vault_stored", "audit.vault_revealed", "audit.vault_erased"
OURS = (*READINGS, LOG_ADOPTED, DEFINITIONS_RECORDED, *ARCHIVE, VAULT_STORED, VAULT_REVEALED, VAULT_ERASED)
_SHAPE = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")
_types: set[str] = set()


class UnknownEventType(ValueError):
    """An event type that no floor registered: a typing mistake, or an AppConfig.ready() that forgot to register it."""


def register(*types: str) -> None:
    """Add types to the vocabulary; repeating one is harmless, since AppConfig.ready() may run more than once."""
    for name in types:
        if not _SHAPE.fullmatch(name):
            raise ValueError(f"{name!r} does not read like floor.what_happened")
    _types.update(types)


def check(name: str) -> None:
    """Raises UnknownEventType unless a floor registered `name`."""
    if name not in _types:
        raise UnknownEventType(f"event type {name!r} is not in the vocabulary; register it in its floor's apps.ready()")


def known() -> frozenset[str]:
    return frozenset(_types)
