"""The sandbox chain's orders, over its own client."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar
from urllib.parse import urlsplit

import httpx

from backoffice.sandbox.chain.orders import KINDS, ChainOrders, OrderKind, OrderRefused, Parameter
from backoffice.sandbox.drills.base import Armed, Drill, NotArmed, Setting, Unreachable
from backoffice.sandbox.drills.chain_words import SEEN, USUAL

T = TypeVar("T")
_TIMES = "times"
_TIMEOUT_S = 5.0


class ChainDrills:
    """One node of the sandbox chain, and the kinds of orders that it takes."""

    def __init__(self, *, name: str, title: str, url: str, kinds: Iterable[OrderKind] = KINDS.values()) -> None:
        self.name, self.title, self._url = name, title, url
        self.drills: Sequence[Drill] = tuple(_drill(kind) for kind in kinds)

    def armed(self) -> Sequence[Armed]:
        with self._orders() as orders:
            return [Armed(str(row["id"]), str(row["kind"]), str(row["said"])) for row in _asked(orders.standing)]

    def arm(self, kind: str, settings: Mapping[str, str], times: str) -> str:
        chosen = {**settings, **({_TIMES: times} if times else {})}
        with self._orders() as orders:
            return str(_asked(lambda: orders.give(kind, **chosen)).get("id", "done"))

    def call_off(self, order_id: str) -> None:
        if not order_id.isdecimal():
            raise NotArmed("there is no such order")
        with self._orders() as orders:
            _asked(lambda: orders.take_back(int(order_id)))

    def _orders(self) -> ChainOrders:
        if not urlsplit(self._url).scheme:
            raise Unreachable("the node has no address")
        return ChainOrders(self._url, timeout_s=_TIMEOUT_S)


def _asked(question: Callable[[], T]) -> T:
    try:
        return question()
    except OrderRefused as refusal:
        raise NotArmed(str(refusal)) from refusal
    except (httpx.HTTPError, ValueError) as error:
        raise Unreachable(f"the node does not answer: {error!r}") from error


def _drill(kind: OrderKind) -> Drill:
    see, where = SEEN.get(kind.code, USUAL)
    return Drill(
        kind=kind.code,
        title=kind.title,
        happens=kind.explanation,
        see=see,
        where=where,
        settings=tuple(_setting(parameter) for parameter in kind.parameters if parameter.name != _TIMES),
        counted=any(parameter.name == _TIMES for parameter in kind.parameters),
    )


def _setting(parameter: Parameter) -> Setting:
    return Setting(parameter.name, parameter.label, parameter.default, choices=parameter.choices, is_optional=parameter.optional)
