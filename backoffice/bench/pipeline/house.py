"""A house that takes orders over the API and pays them from one wallet, and how an order is given and driven in this process."""

import io
import json
import os
import uuid
from collections.abc import Callable, Iterable
from typing import Any

from django.db import connection

from audit.context import Actor, bind
from backoffice.bench.api_house import open_api_house
from backoffice.bench.pipeline.chain import CHAIN_ID
from backoffice.bench.pipeline.shapes import Caller
from backoffice.bench.report import BenchBroken
from backoffice.sandbox.demo import books, company
from ledger import chart
from ledger.chart import AccountKind
from ledger.commands import Line, Posting, open_account, post
from transfers.models import Wallet

GAS = 10**24
_BODY = {"source_currency": "USDC", "target_currency": "USDC", "amount": "1.00"}
_GAS_ACCOUNT = chart.gas_account_code(company.HOT_WALLET, company.ETH)


def open_pipeline_house(clients: int, wallet: str) -> list[Caller]:
    """So many clients with keys and funds, and the wallet at this address, with gas."""
    keys = open_api_house(clients)
    with bind(Actor.system("bench"), correlation_id="bench pipeline house"):
        open_account(code=_GAS_ACCOUNT, name=_GAS_ACCOUNT, kind=AccountKind.GAS_INVENTORY, asset_id=company.ETH)
        Wallet.objects.create(
            code=company.HOT_WALLET,
            name="The wallet of the benchmark",
            network=company.NETWORK,
            chain_id=CHAIN_ID,
            address=wallet,
            purpose=Wallet.Purpose.HOT,
            token_account_code=chart.wallet_account_code(company.HOT_WALLET, company.USDC),
            gas_account_code=_GAS_ACCOUNT,
        )
        lines = (Line.debit(_GAS_ACCOUNT, GAS), Line.credit(chart.house_account_code("funding", company.ETH), GAS))
        post(Posting(reference="bench gas", kind="bench.funding", value_at=books.OPENED_AT, lines=lines))
    return [Caller(f"bench-{number}", key, destination) for number, (key, destination) in enumerate(keys.items())]


Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def application() -> Application:
    """The whole application as a server would call it, middleware and all, in this process."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backoffice.settings")
    from django.core.wsgi import get_wsgi_application

    return get_wsgi_application()


def order(app: Application, caller: Caller) -> str:
    """`POST /v1/transfers` as it comes off the wire: the id of the transfer. Raises BenchBroken for any answer but 201."""
    body = json.dumps(_BODY | {"destination": caller.destination}).encode()
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/v1/transfers",
        "SCRIPT_NAME": "",
        "QUERY_STRING": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "127.0.0.1",
        "HTTP_AUTHORIZATION": f"Bearer {caller.key}",
        "HTTP_IDEMPOTENCY_KEY": str(uuid.uuid4()),
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.url_scheme": "http",
        "wsgi.version": (1, 0),
        "wsgi.multithread": False,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    status: list[str] = []
    answer = app(environ, lambda given, *_: status.append(given))
    content = b"".join(answer)
    answer.close()  # type: ignore[attr-defined]
    if not status[0].startswith("201"):
        raise BenchBroken(f"POST /v1/transfers answered {status[0]}: {content[:300]!r}")
    return str(json.loads(content)["transaction_id"])


def analyse() -> None:
    """Plans shall not depend on when autovacuum comes by."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
