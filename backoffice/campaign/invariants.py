"""What must hold after every storm, each as a query that finds what breaks it. The numbers are those of the reliability goals.

I7 (published checkpoints) is asked by the campaign's own sealer (sealing.py), I15 of everything that anybody wrote down. What the
database itself refuses is asked here too: a constraint that somebody drops must not take the proof with it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from backoffice.campaign import outside
from backoffice.campaign.sealing import Sealing
from backoffice.campaign.works import client
from ledger.queries.proofs import findings

_SQL = Path(__file__).parent / "sql"
# Shorter words stand in texts by themselves.
_SHORTEST = 12
_ON_THE_WIRE = "SELECT count(*) FROM transfers_providerexchange WHERE strpos(concat_ws(E'\\n', request, response, error), %s) > 0"
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
    """How far books and outside were from each other, by account, which breaks were open, and what the bank had paid that nobody
    ordered: a house has oddities of its own."""

    apart: Mapping[str, int]
    breaks: frozenset[str]
    unordered: frozenset[str]


def outside_now() -> Before:
    breaks = frozenset(reference for reference, _ in _asked(_OPEN_BREAKS))
    return Before(outside.books_apart(), breaks, frozenset(outside.paid_unordered()))


def broken(before: Before) -> Iterator[Broken]:
    """Everything that does not hold in the database, in the books, on the chain and at the bank; nothing may be on its way."""
    for number, name, sql in invariants():
        yield from (Broken(number, name, finding) for (finding,) in _asked(sql))
    for found in findings(thorough=True):
        yield Broken("I4", "ledger proofs", str(found))
    for payment in outside.paid_twice():
        yield Broken("I11", "the bank paid once", payment)
    for name in outside.paid_unordered():
        if name not in before.unordered:
            yield Broken("I11", "the bank paid what was ordered", f"{name} was paid and nobody ordered it")
    for code, now in outside.books_apart().items():
        if now != before.apart.get(code, 0):
            yield Broken(
                "I12", "ledger = outside", f"{code} has {now} more in the books than outside, before {before.apart.get(code, 0)}"
            )
    for reference, title in _asked(_OPEN_BREAKS):
        if reference not in before.breaks:
            yield Broken("I12", "no unexplained difference", f"break {reference}: {title}")


def _asked(sql: str, values: Sequence[Any] | None = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def invariants() -> Iterator[tuple[str, str, str]]:
    """Number, name and query of each, as sql/invariants.sql has them: `-- I1: name`, then a statement that gives one text."""
    for part in (_SQL / "invariants.sql").read_text(encoding="utf-8").split("\n-- I")[1:]:
        head, _, statement = part.partition("\n")
        number, _, name = head.partition(": ")
        yield f"I{number}", name.strip(), statement.strip().rstrip(";")


def unsealed(sealing: Sealing) -> Iterator[Broken]:
    """I7, once the sealer has sealed what there is."""
    for finding in sealing.broken():
        yield Broken("I7", "log consistent with every checkpoint published", finding)


def told_secrets(log: Path) -> Iterator[Broken]:
    """I15: secrets that the campaign's processes wrote into their log, signer, bank, chain and database into theirs, or that stand
    on the record of what went over the wire."""
    secrets = known_secrets()
    for one in (log, *sorted((settings.DATA_DIR / "logs").glob("*.log"))):
        text = one.read_text(encoding="utf-8", errors="replace") if one.exists() else ""
        for name in secrets_in(text, secrets):
            yield Broken("I15", "no secret in any log", f"{one.name} holds {name}")
    for name, secret in secrets.items():
        if len(secret) >= _SHORTEST and (times := _asked(_ON_THE_WIRE, [secret])[0][0]):
            yield Broken("I15", "no secret on the record of the wire", f"{times} exchanges hold {name}")


def known_secrets() -> dict[str, str]:
    """By name: what clients and providers know each other by, and every secret of this sandbox, keys and passwords included."""
    secrets = {f"the API key of {name}": key for name, key in client.demo()["api_keys"].items()}
    secrets |= {"the bank's token": settings.BANK_TOKEN, "the signer's token": settings.SIGNER_TOKEN}
    directory = settings.DATA_DIR / "secrets"
    kept = [path for path in directory.rglob("*") if path.is_file()] if directory.exists() else []
    return secrets | {path.name: path.read_text(encoding="utf-8", errors="replace").strip() for path in kept}


def secrets_in(text: str, secrets: Mapping[str, str]) -> Iterator[str]:
    """The names of those that stand in it; of several lines each counts."""
    for name, secret in secrets.items():
        if any(len(line) >= _SHORTEST and line in text for line in secret.splitlines()):
            yield name
