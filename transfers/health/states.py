"""The rows of breakers: one per provider, locked while an outcome changes it, with an audit event for every change of state."""

from datetime import datetime

from django.db.models import Q

from audit import clock, context
from audit.commands import record
from transfers.health.breaker import PROBE_LIVES, Breaker, State
from transfers.models import ProviderState

OPENED, CLOSED = "provider.breaker_opened", "provider.breaker_closed"
HEALTH_TYPES = (OPENED, CLOSED)


def breaker_of(state: ProviderState) -> Breaker:
    return Breaker(
        state=State(state.state),
        is_manual=state.is_manual,
        retry_at=state.retry_at,
        probe_until=state.probe_until,
        trips=state.trips,
    )


def locked(code: str) -> ProviderState:
    """The provider's row, made when there is none, locked. Inside a transaction."""
    ProviderState.objects.bulk_create([ProviderState(provider_id=code, changed_at=clock.now())], ignore_conflicts=True)
    return ProviderState.objects.select_for_update().get(provider_id=code)


def take_probe(code: str) -> bool:
    """Be the one call that finds out. False when another one is."""
    now = clock.now()
    due = Q(state=State.OPEN, retry_at__lte=now) | Q(state=State.HALF_OPEN, probe_until__lte=now)
    free = ProviderState.objects.filter(due, provider_id=code, is_manual=False)
    return free.update(state=State.HALF_OPEN, retry_at=None, probe_until=now + PROBE_LIVES) == 1


def note_error(state: ProviderState, words: str) -> None:
    """The row is locked."""
    state.last_error, state.last_error_at = words[:500], clock.now()
    state.save(update_fields=["last_error", "last_error_at"])


def change(state: ProviderState, before: Breaker, after: Breaker, *, reason: str) -> None:
    """Write what changed; the row is locked. Opening and closing are told, a probe on its way is not."""
    if before == after:
        return
    state.state, state.is_manual, state.trips = after.state, after.is_manual, after.trips
    state.retry_at, state.probe_until = after.retry_at, after.probe_until
    state.changed_at, state.changed_by, state.reason = clock.now(), context.current().actor.id, reason[:500]
    state.save()
    record(
        type=CLOSED if after.state == State.CLOSED else OPENED,
        resource_type="provider",
        resource_id=state.provider_id,
        reason=state.reason,
        diff={"state": [before.state, after.state]},
        metadata={"by_hand": after.is_manual or before.is_manual, "retry_at": _stamp(after.retry_at), "trips": after.trips},
    )


def _stamp(at: datetime | None) -> str:
    return at.isoformat() if at else ""
