"""What the signer's tables refuse from SQL, to its own role and to the owner."""

from collections.abc import Iterator

import psycopg
import pytest

from transfers.rails.signing import SignerClient, SignIntent

INTEGRITY = psycopg.errors.IntegrityConstraintViolation


@pytest.fixture
def signed(client: SignerClient, intent: SignIntent) -> SignIntent:
    client.sign_transfer(intent)
    return intent


@pytest.fixture
def owner(signed: SignIntent, urls: tuple[str, str]) -> Iterator[psycopg.Connection]:
    with psycopg.connect(urls[0], options="-c search_path=signer") as connection:
        yield connection
        connection.rollback()


@pytest.fixture
def role(signed: SignIntent, urls: tuple[str, str]) -> Iterator[psycopg.Connection]:
    with psycopg.connect(urls[1], options="-c search_path=signer") as connection:
        yield connection
        connection.rollback()


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE signature SET raw = '\\x00'",
        "DELETE FROM signature",
        "TRUNCATE signature",
        "UPDATE payment SET nonce = nonce + 1",
        "DELETE FROM payment",
        "TRUNCATE payment CASCADE",
        "UPDATE wallet_nonce SET next_nonce = next_nonce - 1",
        "UPDATE wallet_nonce SET wallet = '0x' || repeat('0', 40)",
        "DELETE FROM wallet_nonce",
        "TRUNCATE wallet_nonce CASCADE",
    ],
)
def test_even_the_owner_cannot_rewrite_history(owner: psycopg.Connection, attack: str) -> None:
    with pytest.raises(INTEGRITY):
        owner.execute(attack)


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE signature SET raw = '\\x00'",
        "DELETE FROM payment",
        "TRUNCATE signature",
        "UPDATE wallet_nonce SET chain_id = 1",
        "ALTER TABLE signature DISABLE TRIGGER ALL",
        "SET session_replication_role = replica",
        "CREATE TABLE elsewhere ()",
    ],
)
def test_the_signers_own_role_may_only_add(role: psycopg.Connection, attack: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        role.execute(attack)


def test_a_nonce_pays_once(role: psycopg.Connection, signed: SignIntent) -> None:
    copy = "INSERT INTO payment SELECT key || '-again', chain_id, wallet, nonce, terms, terms_digest FROM payment WHERE key = %s"
    with pytest.raises(psycopg.errors.UniqueViolation, match="signer_nonce_pays_once"):
        role.execute(copy, (signed.key,))


def test_a_nonce_must_have_been_given_out(role: psycopg.Connection, signed: SignIntent) -> None:
    ahead = (
        "INSERT INTO payment SELECT key || '-ahead', p.chain_id, p.wallet, w.next_nonce, terms, terms_digest"
        " FROM payment p JOIN wallet_nonce w USING (chain_id, wallet) WHERE key = %s"
    )
    with pytest.raises(INTEGRITY, match="was never given out"):
        role.execute(ahead, (signed.key,))


def test_an_attempt_is_signed_once(role: psycopg.Connection, signed: SignIntent) -> None:
    copy = (
        "INSERT INTO signature (key, attempt, content_digest, max_fee_per_gas, max_priority_fee_per_gas, gas_limit, raw, tx_hash)"
        " SELECT key, attempt, content_digest, 1, 1, 1, raw, 'other' FROM signature WHERE key = %s"
    )
    with pytest.raises(psycopg.errors.UniqueViolation, match="signer_attempt_signed_once"):
        role.execute(copy, (signed.key,))


def test_other_roles_of_ours_see_nothing(owner: psycopg.Connection) -> None:
    query = "SELECT rolname FROM pg_roles WHERE rolname LIKE 'countersign%%' AND has_schema_privilege(oid, 'signer', 'USAGE')"
    assert owner.execute(query).fetchall() == [("countersign_signer",)]
