"""What must hold after every storm, each as a query that finds what breaks it. The numbers are those of the reliability goals.

I7 (published checkpoints) has a proof of its own, `manage.py verify_audit`, where a sealer runs. What the database itself refuses
is asked here too: a constraint that somebody drops must not take the proof with it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from backoffice.campaign import outside
from backoffice.campaign.works import client
from ledger.queries.proofs import findings

_SQL = Path(__file__).parent / "sql"
_OPEN_BREAKS = "SELECT reference, title FROM reconciliation_break WHERE status IN ('open', 'investigating')"


@dataclass(frozen=True, slots=True)
class Broken:
    """One thing that does not hold."""

    number: str
    name: str
    finding: str

    def __str__(self) -> str:
        return f"{self.number} {self.name}: {self.finding}"


@dataclass(frozen=True, slots=True)
class Before:
    """How far books and outside were from each other, by account, and which breaks were open: a house has oddities of its own."""

    apart: Mapping[str, int]
    breaks: frozenset[str]


def outside_now() -> Before:
    return Before(outside.books_apart(), frozenset(reference for reference, _ in _asked(_OPEN_BREAKS)))


def broken(before: Before) -> Iterator[Broken]:
    """Everything that does not hold in the database, in the books, on the chain and at the bank; nothing may be on its way."""
    for number, name, sql in invariants():
        yield from (Broken(number, name, finding) for (finding,) in _asked(sql))
    for found in findings(thorough=True):
        yield Broken("I4", "ledger proofs", str(found))
    for payment in outside.paid_twice():
        yield Broken("I11", "the bank paid once", payment)
    for code, now in outside.books_apart().items():
        if now != before.apart.get(code, 0):
            yield Broken(
                "I12", "ledger = outside", f"{code} has {now} more in the books than outside, before {before.apart.get(code, 0)}"
            )
    for reference, title in _asked(_OPEN_BREAKS):
        if reference not in before.breaks:
            yield Broken("I12", "no unexplained difference", f"break {reference}: {title}")


def _asked(sql: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


def invariants() -> Iterator[tuple[str, str, str]]:
    """Number, name and query of each, as sql/invariants.sql has them: `-- I1: name`, then a statement that gives one text."""
    for part in (_SQL / "invariants.sql").read_text(encoding="utf-8").split("\n-- I")[1:]:
        head, _, statement = part.partition("\n")
        number, _, name = head.partition(": ")
        yield f"I{number}", name.strip(), statement.strip().rstrip(";")


def told_secrets(log: Path) -> Iterator[Broken]:
    """I15: secrets that the campaign's processes wrote into their log, or signer, bank, chain and database into theirs."""
    secrets = {f"the API key of {name}": key for name, key in client.demo()["api_keys"].items()}
    secrets |= {"the bank's token": settings.BANK_TOKEN, "the signer's token": settings.SIGNER_TOKEN}
    for one in (log, *sorted((settings.DATA_DIR / "logs").glob("*.log"))):
        text = one.read_text(encoding="utf-8", errors="replace") if one.exists() else ""
        for name, secret in secrets.items():
            if secret and secret in text:
                yield Broken("I15", "no secret in any log", f"{one.name} holds {name}")
