"""What this signer refuses whoever asks: chains, contracts and wallets unknown to it, payees that lose money or are
not on a bound wallet's list, gas above caps."""

from collections.abc import Mapping

from transfers.signer.errors import Refused
from transfers.signer.intents import Asked, Intent, SweepIntent
from transfers.signer.keystore import DEPOSIT_PREFIX, Keystore
from transfers.signer.networks import Network
from transfers.signer.recipients import Recipients

MIN_GAS_LIMIT = 21_000
ZERO_ADDRESS = "0x" + "0" * 40
# A node takes a replacement only when both fees are at least a tenth higher.
REPLACEMENT_BUMP_PERCENT = 10


def check(intent: Asked, networks: Mapping[int, Network], keystore: Keystore, recipients: Recipients) -> Network:
    """The network to sign for. Raises Refused with the reason."""
    network = networks.get(intent.chain_id)
    if network is None:
        raise Refused("chain_unknown", f"chain {intent.chain_id} is not one this signer signs for")
    if not keystore.holds(intent.wallet_address):
        raise Refused("wallet_unknown", f"no key of {intent.wallet_address} is here")
    if isinstance(intent, Intent):
        _check_payee(intent, network)
        _check_listed(intent, keystore.name_of(intent.wallet_address), recipients)
    if isinstance(intent, SweepIntent):
        _check_sweep(intent, network, keystore, recipients)
    _check_gas(intent, network)
    return network


def _check_payee(intent: Intent, network: Network) -> None:
    if intent.token_contract not in network.tokens:
        raise Refused("token_unknown", f"{intent.token_contract} is no token contract of {network.name} that this signer knows")
    if intent.recipient in (ZERO_ADDRESS, intent.token_contract, intent.wallet_address):
        raise Refused("recipient_refused", f"tokens sent to {intent.recipient} would be lost or go nowhere")


def _check_listed(intent: Intent, wallet: str, recipients: Recipients) -> None:
    if not recipients.allows(wallet, intent.recipient):
        raise Refused("recipient_not_listed", f"wallet {wallet} pays none but those on its list, and {intent.recipient} is not")


def _check_sweep(intent: SweepIntent, network: Network, keystore: Keystore, recipients: Recipients) -> None:
    """From a deposit wallet, to a wallet on the list, in a token that can be moved by a signature."""
    if not keystore.holds(intent.payer) or not keystore.name_of(intent.payer).startswith(DEPOSIT_PREFIX):
        raise Refused("payer_refused", f"{intent.payer} is no deposit wallet whose key is here: nothing is swept from it")
    if keystore.name_of(intent.wallet_address) not in recipients.sweep_to:
        raise Refused("sweep_not_listed", f"deposits are not swept to {intent.wallet_address}: it is not on the list")
    if intent.token_contract not in network.tokens or intent.token_contract not in network.domains:
        raise Refused("token_not_swept", f"{intent.token_contract} is no token of {network.name} that moves by a signature alone")


def _check_gas(intent: Asked, network: Network) -> None:
    if intent.max_priority_fee_per_gas > intent.max_fee_per_gas:
        raise Refused("fees_inconsistent", "the priority fee is higher than the fee cap")
    limits = (
        ("max_fee_per_gas", intent.max_fee_per_gas, network.max_fee_per_gas),
        ("max_priority_fee_per_gas", intent.max_priority_fee_per_gas, network.max_priority_fee_per_gas),
        ("gas_limit", intent.gas_limit, network.max_gas_limit),
    )
    for name, asked, most in limits:
        if asked > most:
            raise Refused("gas_above_cap", f"{name} is {asked}, this signer's cap is {most}")
    if intent.gas_limit < MIN_GAS_LIMIT:
        raise Refused("gas_limit_too_low", f"no transaction runs on less than {MIN_GAS_LIMIT} gas")


def check_replacement(intent: Asked, *, last_attempt: int, last_fee: int, last_priority: int) -> None:
    """A later attempt of a payment already signed. Raises Refused when nodes would not take it in place of the last one."""
    if intent.attempt < last_attempt:
        raise Refused("attempt_superseded", f"attempt {last_attempt} of {intent.key} has been signed already")
    for name, bid, last in (
        ("max_fee_per_gas", intent.max_fee_per_gas, last_fee),
        ("max_priority_fee_per_gas", intent.max_priority_fee_per_gas, last_priority),
    ):
        if bid * 100 < last * (100 + REPLACEMENT_BUMP_PERCENT):
            raise Refused("replacement_underpriced", f"{name} must be at least a tenth above the last attempt's {last}")
