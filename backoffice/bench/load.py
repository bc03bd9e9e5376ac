"""The work that both sides do: withdrawals from guarded client accounts, in a house of its own.

One withdrawal has three lines: debit a client (guarded), credit a wallet, credit a fee account (both collecting). The client, the
wallet and the fee account are drawn uniformly; `hot` is the wallet that every transaction shares in the hot variant.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from uuid import UUID

from django.db import connection

from audit.clock import now
from audit.context import Actor, bind
from audit.envelope import as_jsonb, envelope
from audit.identity import new_id
from backoffice.bench.scale import Scale
from ledger import chart
from ledger.chart import ROOMS, AccountKind
from ledger.commands import Line, Posting, post, register_asset

ASSET = "USDC.ethereum"
CONTRACT = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48"
FUNDS = 10**15
AMOUNT, FEE = 100_000_000, 1_000_000
HOT = chart.wallet_account_code("bench-hot", ASSET)


def client(number: int) -> str:
    return chart.client_account_code(f"bench-{number}", ASSET)


def wallet(number: int) -> str:
    return chart.wallet_account_code(f"bench-{number}", ASSET)


def fees(number: int) -> str:
    return chart.fee_account_code(f"bench-{number}", ASSET)


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """One unit of work, before either side put it into its own words."""

    reference: str
    client: str
    wallet: str
    fees: str
    transaction_id: UUID


def withdrawals(tag: str, number: int, *, scale: Scale, hot: bool = False) -> Iterator[Withdrawal]:
    """Endless, and the same for the same `number` whatever the `tag` of the side: only the references differ."""
    random = Random(number)  # noqa: S311 - chooses accounts, guards nothing
    count = 0
    while True:
        count += 1
        yield Withdrawal(
            reference=f"{tag}-{number}-{count}",
            client=client(random.randrange(scale.clients)),
            wallet=HOT if hot else wallet(random.randrange(scale.house)),
            fees=fees(random.randrange(scale.house)),
            transaction_id=new_id(),
        )


def open_house(scale: Scale) -> None:
    """Open the accounts and give every client its funds, through the same functions as everybody."""
    with bind(Actor.system("bench"), correlation_id="bench house"):
        register_asset(code="USDC", network="ethereum", contract=CONTRACT, name="USD Coin", exponent=6)
        _open(AccountKind.WALLET, [HOT, *map(wallet, range(scale.house))])
        _open(AccountKind.FEE_INCOME, list(map(fees, range(scale.house))))
        _open(AccountKind.CLIENT_MONEY, list(map(client, range(scale.clients))))
        fund(scale)
    with connection.cursor() as cursor:
        # Plans shall not depend on when autovacuum comes by.
        cursor.execute("VACUUM ANALYZE")


def fund(scale: Scale) -> None:
    """One posting that gives every client FUNDS, all of them in the hot wallet."""
    shares = (Line.credit(client(number), FUNDS) for number in range(scale.clients))
    lines = (Line.debit(HOT, FUNDS * scale.clients), *shares)
    post(Posting(reference="bench funds", kind="bench.funding", value_at=now(), lines=lines))


def _open(kind: AccountKind, codes: list[str]) -> None:
    room = ROOMS[kind]
    account = {"kind": kind.value, "type": room.type.value, "asset_id": ASSET, "owner": "", "guarded": room.guarded}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT ledger_open_account(%s || jsonb_build_object('code', code, 'name', code)) FROM unnest(%s::text[]) AS code",
            [as_jsonb(account | {"context": envelope()}), codes],
        )
