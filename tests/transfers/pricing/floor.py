"""Liquidity desks and a rate feed for tests: the sandbox's real server on a free port, and rails that lead to it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, cast

from backoffice.sandbox.desks.market import DESKS
from backoffice.sandbox.desks.server import Floor, Server
from tests.transfers.tame import Tame
from transfers.rails import registry
from transfers.rails.base import Recorder, forget
from transfers.rails.registry import Address, Rails, RailSettings

TOKEN = "a-token-for-tests"


@contextmanager
def open_floor() -> Iterator[tuple[Floor, str]]:
    """The floor, and where it is."""
    floor = Floor()
    server = Server(("127.0.0.1", 0), token=TOKEN, floor=floor)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield floor, f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def rails_to(url: str, *, recorder: Recorder = forget, **more: Any) -> Iterator[Rails]:
    """Every desk of the floor and its feed are real; chain, signer and bank are tame."""
    desks = {name: Address(f"{url}/desks/{name}", TOKEN) for name in DESKS}
    settings = RailSettings(desks=desks, rates_url=f"{url}/rates", rates_token=TOKEN, **more)
    real, tame = Rails(settings, recorder=recorder), Tame()
    wired = {"settings": settings, "connected": real.connected, "at": real.at, "desks": real.desks}
    mixed = SimpleNamespace(**wired, rates=real.rates, evm=tame, signer=tame, gas_caps=tame.gas_caps, bank_of=tame.bank_of)
    before = registry.use(cast("Rails", mixed))
    try:
        yield real
    finally:
        registry.use(before)
        real.close()
