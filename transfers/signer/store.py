"""The signer's own tables. A nonce is given out and a signature written in one transaction, under the wallet's row lock."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import Connection
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb
from psycopg_pool import ConnectionPool, PoolTimeout

from transfers.signer.errors import NotNow
from transfers.signer.intents import Asked, CancelIntent, Moving

SCHEMA = Path(__file__).with_name("schema.sql")
_OPTIONS = "-c statement_timeout=10s -c lock_timeout=5s -c idle_in_transaction_session_timeout=15s -c search_path=signer"


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature as it was stored, byte for byte."""

    attempt: int
    content_digest: bytes
    raw: bytes
    tx_hash: str
    nonce: int
    max_fee_per_gas: int
    max_priority_fee_per_gas: int


@dataclass(frozen=True, slots=True)
class Payment:
    chain_id: int
    wallet: str
    nonce: int
    terms_digest: bytes


class Store:
    """Connections as countersign_signer. Raises NotNow whenever the database does not answer; then nothing was signed."""

    def __init__(self, url: str) -> None:
        self._pool: ConnectionPool[Connection[TupleRow]] = ConnectionPool(
            url,
            min_size=1,
            max_size=8,
            timeout=5.0,
            open=False,
            kwargs={"options": _OPTIONS, "application_name": "countersign-signer"},
        )
        self._pool.open(wait=False)

    @contextmanager
    def transaction(self) -> Iterator["Session"]:
        try:
            with self._pool.connection() as connection, connection.transaction():
                yield Session(connection)
        except (psycopg.OperationalError, PoolTimeout) as error:
            raise NotNow("database_unavailable", f"the signer's database does not answer ({type(error).__name__})") from error

    def ping(self) -> None:
        with self.transaction() as session:
            session.count_signatures()

    def close(self) -> None:
        self._pool.close()


class Session:
    """The statements, inside one transaction."""

    def __init__(self, connection: Connection[TupleRow]) -> None:
        self._connection = connection

    def count_signatures(self) -> int:
        return int(self._one("SELECT count(*) FROM signature")[0])

    def raise_nonce(self, *, chain_id: int, wallet: str, at_least: int) -> None:
        """Open a wallet, or lift its next nonce to what the chain has already seen. Never lowers it."""
        self._connection.execute(
            "INSERT INTO wallet_nonce AS ours (chain_id, wallet, next_nonce) VALUES (%s, %s, %s)"
            " ON CONFLICT (chain_id, wallet) DO UPDATE SET next_nonce = greatest(ours.next_nonce, excluded.next_nonce)",
            (chain_id, wallet, at_least),
        )

    def lock_wallet(self, *, chain_id: int, wallet: str) -> int:
        """The next nonce of a wallet, its row locked until the transaction ends."""
        query = "SELECT next_nonce FROM wallet_nonce WHERE chain_id = %s AND wallet = %s FOR UPDATE"
        return int(self._one(query, (chain_id, wallet))[0])

    def signature(self, key: str, attempt: int) -> Signature | None:
        return self._signature("AND s.attempt = %s", (key, attempt))

    def last_signature(self, key: str) -> Signature | None:
        return self._signature("ORDER BY s.attempt DESC LIMIT 1", (key,))

    def payment(self, key: str) -> Payment | None:
        query = "SELECT chain_id, wallet, nonce, terms_digest FROM payment WHERE key = %s"
        row = self._connection.execute(query, (key,)).fetchone()
        return None if row is None else Payment(int(row[0]), str(row[1]), int(row[2]), bytes(row[3]))

    def is_cancelled(self, key: str) -> bool:
        """Whether a transaction was signed that uses up this payment's nonce without paying."""
        return bool(self._one("SELECT EXISTS (SELECT FROM signature WHERE key = %s AND kind = 'cancel')", (key,))[0])

    def open_payment(self, intent: Moving, *, nonce: int) -> None:
        """Take `nonce` for good. Raises psycopg.errors.UniqueViolation when the key was opened by somebody else meanwhile."""
        self._connection.execute(
            "UPDATE wallet_nonce SET next_nonce = %s WHERE chain_id = %s AND wallet = %s",
            (nonce + 1, intent.chain_id, intent.wallet_address),
        )
        self._connection.execute(
            "INSERT INTO payment (key, chain_id, wallet, nonce, terms, terms_digest) VALUES (%s, %s, %s, %s, %s, %s)",
            (intent.key, intent.chain_id, intent.wallet_address, nonce, Jsonb(intent.terms), intent.terms_digest),
        )

    def add_signature(self, intent: Asked, *, raw: bytes, tx_hash: str) -> None:
        kind = "cancel" if isinstance(intent, CancelIntent) else "payment"
        fees = (intent.max_fee_per_gas, intent.max_priority_fee_per_gas, intent.gas_limit)
        self._connection.execute(
            "INSERT INTO signature"
            " (key, attempt, content_digest, max_fee_per_gas, max_priority_fee_per_gas, gas_limit, raw, tx_hash, kind)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
            (intent.key, intent.attempt, intent.content_digest, *fees, raw, tx_hash, kind),
        )

    def _signature(self, tail: str, parameters: tuple[Any, ...]) -> Signature | None:
        query = (
            "SELECT s.attempt, s.content_digest, s.raw, s.tx_hash, p.nonce, s.max_fee_per_gas, s.max_priority_fee_per_gas"
            " FROM signature s JOIN payment p USING (key) WHERE s.key = %s "
        )
        row = self._connection.execute(query + tail, parameters).fetchone()
        if row is None:
            return None
        return Signature(int(row[0]), bytes(row[1]), bytes(row[2]), str(row[3]), int(row[4]), int(row[5]), int(row[6]))

    def _one(self, query: str, parameters: tuple[Any, ...] = ()) -> TupleRow:
        row = self._connection.execute(query, parameters).fetchone()
        if row is None:
            raise LookupError(f"no row where there must be one: {query}")
        return row


def apply_schema(owner_url: str) -> None:
    """Make or complete the schema. Needs the owner's URL and the role countersign_signer to exist."""
    with psycopg.connect(owner_url) as connection:
        connection.execute(SCHEMA.read_bytes())
