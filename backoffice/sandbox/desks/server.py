"""HTTP in front of the desks and the feed: the bank's server with a handler that can hang up."""

import re
import time
from collections.abc import Callable

from backoffice.sandbox.bank.desk import NotQuoted
from backoffice.sandbox.bank.problems import Problem
from backoffice.sandbox.bank.server import Answer, Handler, Request, Routes
from backoffice.sandbox.bank.server import Server as BankServer
from backoffice.sandbox.desks import market
from backoffice.sandbox.desks.orders import HangUp, Orders

RATES = "rates"


class Floor:
    """Everything that can be asked here, as actions behind addresses."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self.orders = Orders(frozenset({*market.DESKS, RATES}), clock)

    def routes(self) -> Routes:
        return (
            ("GET", re.compile("/healthz"), lambda _: Answer.json({"status": "ok"})),
            ("POST", re.compile("/desks/([a-z]+)"), self.quote),
            ("GET", re.compile("/rates"), self.rates),
            ("GET", re.compile("/sandbox/orders"), lambda _: Answer.json(self.orders.standing())),
            ("POST", re.compile("/sandbox/orders"), self.order),
        )

    def quote(self, request: Request) -> Answer:
        name, asked = request.groups[0], request.json()
        if name not in market.DESKS:
            raise Problem(404, "no_such_desk", f"there is no desk {name}")
        try:
            content = self.orders.answer(name, lambda: dict(market.quote(market.DESKS[name], asked, now=self.orders.now(name))))
        except KeyError as error:
            raise Problem(400, "field_missing", f"{error.args[0]} is missing") from error
        except NotQuoted as error:
            raise Problem(422, "not_quoted", str(error)) from error
        return Answer(content, "application/json")

    def rates(self, _request: Request) -> Answer:
        content = self.orders.answer(RATES, lambda: market.sheet(now=self.orders.now(RATES)))
        return Answer(content, "application/json")

    def order(self, request: Request) -> Answer:
        """`name`, `do`; optional `seconds` and `times`, as strings."""
        given = request.json()
        try:
            self.orders.give(given.pop("name"), given.pop("do"), **given)
        except (KeyError, TypeError) as error:
            raise Problem(400, "bad_order", f"an order needs name and do, and takes seconds and times: {error}") from error
        return Answer.json(self.orders.standing())


class Server(BankServer):
    def __init__(self, address: tuple[str, int], *, token: str, floor: Floor) -> None:
        super().__init__(address, token=token, routes=floor.routes())
        self.RequestHandlerClass = HangingUp


class HangingUp(Handler):
    server_version = "Desks"

    def _serve(self) -> None:
        try:
            super()._serve()
        except HangUp:
            self.close_connection = True
