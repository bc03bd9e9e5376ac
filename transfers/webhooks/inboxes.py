"""Who reads the messages of a source: the verifier that its adapter brings, or Standard Webhooks, as our own sandbox signs."""

from transfers.rails.inbox import Inbox
from transfers.rails.registry import adapter_of
from transfers.webhooks import hints, verify

STANDARD = Inbox(
    identify=lambda headers, _: verify.webhook_id(headers),
    check=verify.check,
    names=hints.end_to_end_ids,
    keeps=("webhook-id", "webhook-timestamp", "webhook-signature"),
)


def inbox_of(source: str) -> Inbox:
    """For a source that nobody is connected as, too: it signs as the sandbox does."""
    adapter = adapter_of(source)
    return adapter.inbox if adapter is not None and adapter.inbox is not None else STANDARD
