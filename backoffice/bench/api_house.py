"""A house that takes orders over the API: clients with keys, funds, limits and destinations, and the server that serves them."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from tempfile import TemporaryDirectory
from urllib.parse import quote

from django.conf import settings
from django.db import connection

from audit.context import Actor, ActorType, bind
from backoffice.bench.answering import until_it_answers
from backoffice.bench.bare import TABLE
from backoffice.bench.load import CONTRACT
from backoffice.quickstart.plan import free_port
from backoffice.sandbox.demo import books, company, control, people
from ledger import chart
from ledger.chart import AccountKind
from ledger.commands import Line, Posting, open_account, post
from transfers.api.responses import write_new_transfer
from transfers.commands.create import create_at_once
from transfers.commands.orders import WithdrawalOrder
from transfers.commands.placing import Claim

FUNDS = 10**13
_WALLET = chart.wallet_account_code(company.HOT_WALLET, company.USDC)


def open_api_house(clients: int, past: int = 0) -> dict[str, dict[str, str]]:
    """So many clients of the demo's kind; their API keys, and where each may withdraw to. `past` transfers were made before: a plan
    that is made for an empty table goes on reading it whole while it grows."""
    with bind(Actor.system("bench"), correlation_id="bench api house"):
        books.seed_assets(CONTRACT)
        books.seed_house_accounts()
        control.seed_control()
        open_account(code=_WALLET, name=_WALLET, kind=AccountKind.WALLET, asset_id=company.USDC)
        found = dict(_client(number) for number in range(clients))
        _fund(list(found))
        _order(list(found.values()), past)
    with connection.cursor() as cursor:
        cursor.execute(TABLE)
        cursor.execute("VACUUM ANALYZE")
    return found


def _client(number: int) -> tuple[str, dict[str, str]]:
    client = replace(company.CLIENTS[0], id=f"bench-{number}", name=f"Bench {number}")
    key = people.seed_client(client, "")
    books.seed_client_account(client)
    return key, control.seed_destinations(client)["crypto_address"]


def _fund(keys: list[str]) -> None:
    shares = [Line.credit(chart.client_account_code(f"bench-{number}", company.USDC), FUNDS) for number in range(len(keys))]
    lines = (Line.debit(_WALLET, FUNDS * len(keys)), *shares)
    post(Posting(reference="bench funds", kind="bench.funding", value_at=books.OPENED_AT, lines=lines))


def _order(destinations: list[dict[str, str]], past: int) -> None:
    for number in range(past):
        client = number % len(destinations)
        order = WithdrawalOrder(
            client_id=f"bench-{client}",
            source_currency="USDC",
            target_currency="USDC",
            amount="1.00",
            destination=destinations[client],
            makers=(),
            made_by="bench",
            made_by_type=ActorType.API_CLIENT.value,
        )
        claim = Claim(
            client_id=order.client_id,
            key=f"past-{number}",
            endpoint="POST /v1/transfers",
            request_hash=bytes(32),
            written=write_new_transfer,
        )
        if create_at_once(order, claim) is None:
            raise RuntimeError("an order of the bench is not accepted at once")


@contextmanager
def server(database: str) -> Iterator[int]:
    """Granian with our application on `database`, as the sandbox runs it; gives back its port once it answers."""
    port = free_port()
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--no-ws"]
    command += ["--workers", "1", "--blocking-threads", str(settings.WEB_THREADS), "--log-level", "warning"]
    with TemporaryDirectory(prefix="countersign-bench-") as scrap:
        process = subprocess.Popen(
            [*command, "backoffice.bench.wsgi:application"],
            cwd=settings.BASE_DIR,
            env=_environment(database, scrap),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            until_it_answers(process, port)
            yield port
        finally:
            _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _environment(database: str, scrap: str) -> dict[str, str]:
    here = connection.settings_dict
    who = f"{here['USER']}:{quote(here['PASSWORD'], safe='')}@" if here["PASSWORD"] else f"{here['USER']}@" if here["USER"] else ""
    where = f"/{database}?host={quote(str(here['HOST']), safe='/')}" + (f"&port={here['PORT']}" if here["PORT"] else "")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DATABASE_URL", "COUNTERSIGN_", "REDIS_"))}
    return kept | {
        "COUNTERSIGN_PROCESS": "web",
        "COUNTERSIGN_EXIT_WITH_PARENT": "1",
        "DATABASE_URL_WEB": f"postgresql://{who}{where}",
        "DATA_DIR": scrap,
        # Nobody listens there: hints cost what they cost when the broker is away.
        "REDIS_URL": f"redis+socket://{scrap}/none",
        "API_RATE_PER_SECOND": "1000000",
        "API_RATE_BURST": "1000000",
    }
