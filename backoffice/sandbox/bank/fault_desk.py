"""Where fault orders are given, listed and called off: the same at every counter."""

import re
from collections.abc import Callable

from backoffice.sandbox.bank import faults
from backoffice.sandbox.bank.server import Answer, Request, Routes


def fault_routes(
    books: faults.Books, clock: Callable[[], float], *, kinds: faults.Kinds = faults.KINDS, wake: Callable[[], None] = lambda: None
) -> Routes:
    """`wake` tells whoever carries orders out by itself."""

    def listed(_request: Request) -> Answer:
        return Answer.json({"data": faults.in_force(books), "kinds": {kind: dict(usual) for kind, usual in kinds.items()}})

    def order(request: Request) -> Answer:
        """Something shall go wrong: `kind`; optional `times`, `only` and the settings of the kind."""
        made = faults.order(books, request.json(), now=clock(), kinds=kinds)
        wake()
        return Answer.json({"id": made})

    def call_off(request: Request) -> Answer:
        faults.call_off(books, request.groups[0], now=clock())
        return Answer.json({"id": request.groups[0]})

    return (
        ("GET", re.compile("/sandbox/faults"), listed),
        ("POST", re.compile("/sandbox/faults"), order),
        ("DELETE", re.compile("/sandbox/faults/([^/]+)"), call_off),
    )
