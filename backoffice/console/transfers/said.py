"""What was said to providers about a transfer: each call on record with what went over the wire for it."""

from dataclasses import dataclass, field
from uuid import UUID

from transfers.models import ProviderCall, ProviderExchange
from transfers.queries.exchanges import exchanges_of


@dataclass(frozen=True, slots=True)
class Said:
    """A call, the intent of which we wrote down before it was made, and its exchanges, oldest first."""

    call: ProviderCall
    exchanges: list[ProviderExchange] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Conversation:
    """`questions` are exchanges that belong to no call: prices of gas, rehearsals, a whole batch that it was part of."""

    calls: list[Said]
    questions: list[ProviderExchange]

    def __bool__(self) -> bool:
        return bool(self.calls or self.questions)


def conversation_of(transfer_id: UUID, *, with_shared: bool) -> Conversation:
    """A fixed number of queries; both oldest first."""
    said = {call.key: Said(call) for call in ProviderCall.objects.filter(transfer_id=transfer_id).order_by("intent_at", "id")}
    questions = []
    for exchange in exchanges_of(transfer_id, with_shared=with_shared).defer("request", "response", "digest"):
        if exchange.call_key in said:
            said[exchange.call_key].exchanges.append(exchange)
        else:
            questions.append(exchange)
    return Conversation(list(said.values()), questions)
