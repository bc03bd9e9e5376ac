"""What becomes of an API key that was not accepted: the attempt is on the trail, once a minute per key and address."""

from django.core.cache import cache

from approvals import events
from approvals.commands.api_keys import prefix_of
from approvals.models import ApiKey
from audit.commands import record_refusal
from audit.context import Actor, ActorType, bind

# Whoever tries without end fills no trail with it.
_ONCE_PER_S = 60
_REASON = "unknown, expired, revoked, from another network, or of a client that is not active"


def note_refused_key(raw: str, remote_addr: str) -> None:
    """Record that somebody came with `raw` and was not let in; its secret is kept nowhere. Raises RuntimeError inside an open
    transaction."""
    prefix = prefix_of(raw)
    if not cache.add(f"refused-api-key:{prefix}:{remote_addr}", 1, _ONCE_PER_S):
        return
    known = ApiKey.objects.filter(prefix=prefix).values_list("id", flat=True).first() if prefix else None
    with bind(Actor(ActorType.API_CLIENT, prefix or "(no key of ours)")):
        record_refusal(
            type=events.API_KEY_REFUSED,
            resource_type="api_key",
            resource_id=str(known or prefix or "unknown"),
            reason=_REASON,
            metadata={"address": remote_addr},
        )
