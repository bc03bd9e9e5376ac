"""Which order is given to which node while a deposit is on its way: from the list of orders, so that a new one makes new cases."""

from collections.abc import Iterator

from backoffice.sandbox.chain.orders import KINDS
from tests.transfers.chain.bad_days import ENDED_IN
from tests.transfers.chain.deposit_days import DOOR

# They bite where the payer sends, and change nothing of what we are told.
ON_THE_WAY_IN = frozenset({"timeout_after", "timeout_before", "lose", "duplicate", "reorder", "refuse"})
# Whom our side asks: the node under orders alone, or both, with the first or the second of them under orders.
ALONE, FIRST, SECOND = "alone", "first", "second"


def cases() -> Iterator[tuple[str, dict[str, str], str]]:
    """Each order with each of its choices, at each node that it can be given to."""
    for code, kind in KINDS.items():
        chosen = [one for one in kind.parameters if one.kind == "choice"]
        ways = [{one.name: choice} for one in chosen for choice in one.choices] or [{}]
        yield from ((code, way, node) for way in ways for node in _nodes(code) if code not in ENDED_IN)


def _nodes(code: str) -> tuple[str, ...]:
    if code in ON_THE_WAY_IN:
        return (SECOND,)
    return (ALONE, SECOND) if code in DOOR else (FIRST,)
