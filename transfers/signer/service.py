"""Signing: the one verb of this process."""

import logging
import threading
from collections.abc import Mapping

from psycopg.errors import UniqueViolation

from transfers.signer import node, policy
from transfers.signer.erc20 import transaction_of
from transfers.signer.errors import Conflict, Refused
from transfers.signer.intents import Asked, Moving, SweepIntent
from transfers.signer.keystore import Keystore
from transfers.signer.networks import Network
from transfers.signer.recipients import Recipients
from transfers.signer.store import Payment, Session, Signature, Store
from transfers.signer.sweeping import authorization_of

logger = logging.getLogger("transfers.signer")


class SigningService:
    """Safe for threads and for several processes on one database."""

    def __init__(self, *, keystore: Keystore, networks: Mapping[int, Network], recipients: Recipients, store: Store) -> None:
        self.keystore, self.networks, self.recipients, self.store = keystore, networks, recipients, store
        self._compared: set[tuple[int, str]] = set()
        self._comparing = threading.Lock()

    def sign(self, intent: Asked) -> Signature:
        """The signature of an intent; the stored one, whatever the settings say today, when there is one.

        Raises Conflict (other content under this key), Refused (policy) and NotNow (database or node away; nothing was signed).
        """
        with self.store.transaction() as session:
            stored = _stored(session, intent)
        if stored is not None:
            return stored
        network = policy.check(intent, self.networks, self.keystore, self.recipients)
        self._compare_with_chain(network, intent.wallet_address)
        try:
            return self._sign_once(intent, network)
        except UniqueViolation:
            # Somebody opened the same key for another wallet between our look and our insert: now it can be seen.
            return self._sign_once(intent, network)

    def _sign_once(self, intent: Asked, network: Network) -> Signature:
        authorization = authorization_of(intent, network, self.keystore) if isinstance(intent, SweepIntent) else b""
        with self.store.transaction() as session:
            next_nonce = session.lock_wallet(chain_id=intent.chain_id, wallet=intent.wallet_address)
            if (stored := _stored(session, intent)) is not None:
                return stored
            nonce = _nonce_for(session, intent, next_nonce)
            transaction = transaction_of(intent, nonce=nonce, authorization=authorization)
            raw, tx_hash = self.keystore.sign(intent.wallet_address, transaction)
            session.add_signature(intent, raw=raw, tx_hash=tx_hash)
        logger.info("signed %s attempt %s: nonce %s of %s, %s", intent.key, intent.attempt, nonce, intent.wallet_address, tx_hash)
        fees = (intent.max_fee_per_gas, intent.max_priority_fee_per_gas)
        return Signature(intent.attempt, intent.content_digest, raw, tx_hash, nonce, *fees)

    def _compare_with_chain(self, network: Network, wallet: str) -> None:
        """Once per wallet and process: never start below what the chain has seen, be the database new or restored from a backup."""
        place = (network.chain_id, wallet)
        if place in self._compared:
            return
        with self._comparing:
            if place in self._compared:
                return
            seen = node.pending_nonce(network, wallet)
            with self.store.transaction() as session:
                session.raise_nonce(chain_id=network.chain_id, wallet=wallet, at_least=seen)
            self._compared.add(place)


def _stored(session: Session, intent: Asked) -> Signature | None:
    stored = session.signature(intent.key, intent.attempt)
    if stored is not None and stored.content_digest != intent.content_digest:
        raise Conflict("attempt_reused", f"attempt {intent.attempt} of {intent.key} was signed with other content")
    return stored


def _nonce_for(session: Session, intent: Asked, next_nonce: int) -> int:
    """The payment's nonce: the one it has, or the next one, taken now."""
    payment = session.payment(intent.key)
    if payment is None:
        if not isinstance(intent, Moving):
            raise Refused("nothing_to_cancel", f"nothing was ever signed for {intent.key}")
        session.open_payment(intent, nonce=next_nonce)
        return next_nonce
    _check_same_payment(session, payment, intent)
    last = session.last_signature(intent.key)
    if last is not None:
        policy.check_replacement(
            intent, last_attempt=last.attempt, last_fee=last.max_fee_per_gas, last_priority=last.max_priority_fee_per_gas
        )
    return payment.nonce


def _check_same_payment(session: Session, payment: Payment, intent: Asked) -> None:
    """Raises Conflict: a cancelled payment is never signed for again, whoever asks."""
    if not isinstance(intent, Moving):
        if (payment.chain_id, payment.wallet) != (intent.chain_id, intent.wallet_address):
            raise Conflict("key_reused", f"{intent.key} is a payment from another wallet")
        return
    if payment.terms_digest != intent.terms_digest:
        raise Conflict("key_reused", f"{intent.key} is a payment with other terms")
    if session.is_cancelled(intent.key):
        raise Conflict("payment_cancelled", f"{intent.key} was cancelled: its nonce pays nobody any more")
