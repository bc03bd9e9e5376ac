"""What we say to providers, on record before it is said (R2).

An effect is `begin` in the step's intent transaction, then the call, then `finish` in the outcome transaction; its key is
deterministic, so a resumed step finds its own call. A question that changes nothing outside is `asked`, once per different
answer. Nothing stored here holds a secret: rails keep tokens in headers, and headers are not recorded.
"""

import hashlib
import json
from typing import Any
from uuid import UUID

from audit import clock
from transfers.errors import Conflict
from transfers.models import Leg, ProviderCall, Transfer


def begin(*, key: str, transfer: Transfer, leg: Leg | None, provider: str, operation: str, request: dict[str, Any]) -> ProviderCall:
    """The intent under `key`, made now or found. Raises Conflict when the key was used for something else."""
    text = json.dumps(request, sort_keys=True)
    ours = ProviderCall(
        key=key,
        transfer=transfer,
        leg=leg,
        provider=provider,
        operation=operation,
        request=text,
        correlation_id=transfer.correlation_id,
        intent_at=clock.now(),
    )
    ProviderCall.objects.bulk_create([ours], ignore_conflicts=True)
    call = ProviderCall.objects.get(key=key)
    if (call.operation, call.request) != (operation, text):
        raise Conflict(f"call {key} is on record with another content")
    return call


def found(key: str) -> ProviderCall | None:
    return ProviderCall.objects.filter(key=key).first()


def finish(key: str, *, outcome: ProviderCall.Outcome, response: str, summary: str) -> None:
    """Store what came of a call. What is answered already stays as it is: asking again never rewrites an answer."""
    still_open = ProviderCall.objects.filter(key=key, outcome__in=[ProviderCall.Outcome.INTENT, ProviderCall.Outcome.UNKNOWN])
    still_open.update(outcome=outcome, response=response, summary=summary, answered_at=clock.now())


def asked(*, transfer_id: UUID, leg: Leg, provider: str, operation: str, question: str, answer: str, summary: str) -> None:
    """Record a question and its answer; the same answer to the same question again adds nothing."""
    digest = hashlib.sha256(summary.encode()).hexdigest()[:16]
    now = clock.now()
    ProviderCall.objects.bulk_create(
        [
            ProviderCall(
                key=f"{leg.reference}/{operation}/{digest}",
                transfer_id=transfer_id,
                leg=leg,
                provider=provider,
                operation=operation,
                outcome=ProviderCall.Outcome.ANSWERED,
                request=question,
                response=answer,
                summary=summary,
                correlation_id=leg.transfer.correlation_id,
                intent_at=now,
                answered_at=now,
            )
        ],
        ignore_conflicts=True,
    )
