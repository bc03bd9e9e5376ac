"""The kinds of work that a campaign gives to the house. Whoever adds a route or a crash point adds the work that reaches it here:
a module beside this one that calls `register`, and its name in `_MODULES`.

A campaign fails when a crash point stands in the code that no registered work reaches.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from uuid import UUID

from transfers.models import Transfer

_MODULES = (
    "withdrawals",
    "endings",
    "deposits",
    "returns",
    "within",
    "rough_chain",
    "files",
    "batches",
    "send_backs",
    "refunds",
    "treasury",
    "called_back",
    "sweeps",
    "dust",
    "reorged",
    "taken_back",
)


def by_client_reference(tag: str) -> list[UUID]:
    """The transfers whose client reference begins with `tag`: what most work is found by."""
    return list(Transfer.objects.filter(client_reference__startswith=f"{tag}/").order_by("id").values_list("id", flat=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """`begin(tag, number)` asks for one piece of work as the outside would, named `tag/number`; asked again it must make no second
    one, and it must not raise when the house answers with an error. `then(transfer_id)` is what people do about it afterwards, also
    repeatable; `befalls(transfer_id)` what the outside does to it meanwhile. `found(tag)` finds what came of it. Left alone, every
    piece must end in one of `ends`. What `blocks_others`, by a nonce say, is brought there before other work has its turn.
    """

    name: str
    begin: Callable[[str, int], None]
    ends: frozenset[str]
    then: Callable[[UUID], None] | None = None
    befalls: Callable[[UUID], None] | None = None
    found: Callable[[str], list[UUID]] = by_client_reference
    blocks_others: bool = False


_works: dict[str, Work] = {}


def register(work: Work) -> None:
    """Raises ValueError for a name that is taken."""
    if work.name in _works:
        raise ValueError(f"work {work.name!r} is registered already")
    _works[work.name] = work


def every(only: Sequence[str] = ()) -> Sequence[Work]:
    """All of them, or those of these names. Raises ValueError for a name that is nobody's."""
    for module in _MODULES:
        import_module(f"backoffice.campaign.works.{module}")
    if unknown := set(only) - _works.keys():
        raise ValueError(f"no work is called {', '.join(sorted(unknown))}; there are {', '.join(_works)}")
    return [work for name, work in _works.items() if not only or name in only]
