"""`api`: transfers made over HTTP, with key, idempotency, policy, limits, hold, event and audit, against a bare view that inserts.

Both are served by the same granian process in the same run, in turns.
"""

import http.client
import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from time import perf_counter

from django.db import connection

from backoffice.bench import machine
from backoffice.bench.api_house import open_api_house, server
from backoffice.bench.report import BenchBroken, Figure, Ratio, Report
from backoffice.bench.scale import Scale
from backoffice.bench.scratch import Scratch, using

OF_BARE = 0.5
CALLERS = 8
# Transfers that are there before anything is measured.
PAST = 2_000
CREATE, BARE = "POST /v1/transfers", "a bare view that inserts one row"
_LEFT = """
    SELECT (SELECT count(*) FROM transfers_transfer), (SELECT count(*) FROM transfers_idempotencykey WHERE response_status = 201),
           (SELECT count(*) FROM ledger_hold), (SELECT count(*) FROM transfers_event),
           (SELECT count(*) FROM audit_event WHERE type = 'transfer.created'), (SELECT count(*) FROM bench_bare)
"""
Call = Callable[[http.client.HTTPConnection], None]


def run(scratch: Scratch, scale: Scale) -> Report:
    past = min(scale.past, PAST)
    with using(scratch.base):
        facts = machine.facts()
        keys = open_api_house(min(scale.clients, 20), past)
    with server(scratch.base) as port:
        sides = {CREATE: _creates(keys), BARE: _bare()}
        rates, waits = _measure(port, sides, scale)
    with using(scratch.base):
        left = _left({name: len(found) for name, found in waits.items()}, past)
    figures = [Figure(name, "requests", tuple(found)) for name, found in rates.items()]
    return Report(
        "api",
        facts,
        figures,
        [Ratio.of("of the bare view", figures[0], figures[1], OF_BARE)],
        facts={**{f"p99 of {name}, ms": _p99(found) for name, found in waits.items()}, "left": left},
        notes=[
            f"{CALLERS} callers with connections kept open, who run beside the server on the same cores",
            "a create: key and rate checked, idempotency row with its answer, policy decision, limits, hold, event, audit events",
        ],
    )


def _measure(port: int, sides: dict[str, Call], scale: Scale) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """Rates per round and seconds per request, the round that warms up in neither but in the count of requests."""
    rates: dict[str, list[float]] = {name: [] for name in sides}
    waits: dict[str, list[float]] = {name: [] for name in sides}
    with ThreadPoolExecutor(CALLERS) as callers:
        for number in range(scale.rounds + 1):
            for name in sides if number % 2 else reversed(list(sides)):
                begun = perf_counter()
                shares = callers.map(lambda _, call=sides[name]: _caller(port, call, scale), range(CALLERS))
                found = [wait for share in shares for wait in share]
                waits[name] += found
                if number:
                    rates[name].append(len(found) / (perf_counter() - begun))
    return rates, waits


def _caller(port: int, call: Call, scale: Scale) -> list[float]:
    """One caller's round: how long each of its requests took."""
    found: list[float] = []
    wire = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    start = perf_counter()
    while len(found) < scale.budget.count and perf_counter() - start < scale.budget.seconds:
        begun = perf_counter()
        call(wire)
        found.append(perf_counter() - begun)
    wire.close()
    return found


def _creates(keys: dict[str, dict[str, str]]) -> Call:
    names, callers, numbers = list(keys), len(keys), count()

    def call(wire: http.client.HTTPConnection) -> None:
        number = next(numbers)
        key = names[number % callers]
        order = {"source_currency": "USDC", "target_currency": "USDC", "amount": "1.00", "destination": keys[key]}
        _post(wire, "/v1/transfers", order, {"Authorization": f"Bearer {key}", "Idempotency-Key": f"bench-{number}"})

    return call


def _bare() -> Call:
    body = {"source_currency": "USDC", "target_currency": "USDC", "amount": "1.00", "destination": "as long as an order"}
    return lambda wire: _post(wire, "/bench/bare", body, {})


def _post(wire: http.client.HTTPConnection, path: str, body: Mapping[str, object], headers: dict[str, str]) -> None:
    """Raises BenchBroken for any answer but 201."""
    wire.request("POST", path, json.dumps(body), {"Content-Type": "application/json", **headers})
    answer = wire.getresponse()
    content = answer.read()
    if answer.status != 201:
        raise BenchBroken(f"POST {path} answered {answer.status}: {content[:300]!r}")


def _p99(waits: list[float]) -> int:
    return round(sorted(waits)[int(len(waits) * 0.99)] * 1000)


def _left(done: dict[str, int], past: int) -> dict[str, int]:
    """What the requests left; raises BenchBroken unless each left everything that it promises."""
    with connection.cursor() as cursor:
        cursor.execute(_LEFT)
        *ours, bare = cursor.fetchone()
    if set(ours) != {done[CREATE] + past} or bare != done[BARE]:
        raise BenchBroken(f"{done} requests left {ours} transfers, answers, holds, events and audit events, and {bare} bare rows")
    return {"transfers, answers, holds, events, audit events": ours[0] - past, "bare rows": bare}
