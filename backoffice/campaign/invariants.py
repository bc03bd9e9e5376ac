"""What must hold after every storm, each as a query that finds what breaks it. The numbers are those of the reliability goals.

I7 (published checkpoints) has a proof of its own, `manage.py verify_audit`, where a sealer runs. What the database itself refuses
is asked here too: a constraint that somebody drops must not take the proof with it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import connection

from backoffice.campaign.weather import rpc
from backoffice.campaign.works import client
from ledger.queries import balance
from ledger.queries.proofs import findings
from transfers.models import Wallet

_SQL = Path(__file__).parent / "sql"
_CONTRACT = """
    SELECT asset.contract FROM ledger_account AS account JOIN ledger_asset AS asset ON asset.id = account.asset_id
     WHERE account.code = %s
"""


@dataclass(frozen=True, slots=True)
class Broken:
    """One thing that does not hold."""

    number: str
    name: str
    finding: str

    def __str__(self) -> str:
        return f"{self.number} {self.name}: {self.finding}"


def broken(apart: Mapping[str, int]) -> Iterator[Broken]:
    """Everything that does not hold in the database, in the books and on the chain; nothing may be on its way. `apart` is how far
    books and chain were from each other before."""
    for number, name, sql in invariants():
        with connection.cursor() as cursor:
            cursor.execute(sql)
            yield from (Broken(number, name, finding) for (finding,) in cursor.fetchall())
    for found in findings(thorough=True):
        yield Broken("I4", "ledger proofs", str(found))
    for code, now in books_and_chain_apart().items():
        if now != apart.get(code, 0):
            yield Broken(
                "I12", "ledger = chain", f"wallet {code} has {now} more in the books than on chain, before {apart.get(code, 0)}"
            )


def invariants() -> Iterator[tuple[str, str, str]]:
    """Number, name and query of each, as sql/invariants.sql has them: `-- I1: name`, then a statement that gives one text."""
    for part in (_SQL / "invariants.sql").read_text(encoding="utf-8").split("\n-- I")[1:]:
        head, _, statement = part.partition("\n")
        number, _, name = head.partition(": ")
        yield f"I{number}", name.strip(), statement.strip().rstrip(";")


def told_secrets(log: Path) -> Iterator[Broken]:
    """I15: secrets that the processes wrote into their log."""
    text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
    secrets = {f"the API key of {name}": key for name, key in client.demo()["api_keys"].items()}
    secrets |= {"the bank's token": settings.BANK_TOKEN, "the signer's token": settings.SIGNER_TOKEN}
    for name, secret in secrets.items():
        if secret and secret in text:
            yield Broken("I15", "no secret in any log", f"{log.name} holds {name}")


def books_and_chain_apart() -> dict[str, int]:
    """By wallet: tokens in our books less tokens on chain. The demo company has an oddity of this kind on purpose."""
    wallets = Wallet.objects.exclude(token_account_code="")
    return {wallet.code: balance(wallet.token_account_code).posted - _tokens(wallet) for wallet in wallets}


def _tokens(wallet: Wallet) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_CONTRACT, [wallet.token_account_code])
        (contract,) = cursor.fetchone()
    data = f"0x70a08231{wallet.address.lower().removeprefix('0x'):0>64}"
    return int(rpc("eth_call", {"to": contract, "data": data}, "latest"), 16)
