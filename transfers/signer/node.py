"""The one question the signer asks nodes: how many transactions of a wallet they have seen, waiting ones included."""

import logging
import re
import ssl
from functools import cache
from typing import Any

import httpx

from transfers.signer.errors import NotNow
from transfers.signer.networks import Network

_QUANTITY = re.compile(r"0x(0|[1-9a-f][0-9a-f]{0,15})", re.IGNORECASE)
logger = logging.getLogger(__name__)


def pending_nonce(network: Network, wallet: str, *, timeout_s: float = 5.0) -> int:
    """The most that any node of the network has seen: one that lags behind must not lead us below what was sent already. Raises
    NotNow when none answers, or one is on another chain than we sign for."""
    seen, last = list[int](), NotNow("node_unavailable", f"the network {network.name} has no node")
    for url in network.rpc_urls:
        try:
            seen.append(_ask(network, url, wallet, timeout_s))
        except NotNow as trouble:
            if trouble.code != "node_unavailable":
                raise
            logger.warning("%s", trouble)
            last = trouble
    if not seen:
        raise last
    return max(seen)


def _ask(network: Network, url: str, wallet: str, timeout_s: float) -> int:
    questions = [("eth_chainId", []), ("eth_getTransactionCount", [wallet, "pending"])]
    body = [
        {"jsonrpc": "2.0", "id": number, "method": method, "params": params} for number, (method, params) in enumerate(questions)
    ]
    try:
        with httpx.Client(timeout=timeout_s, trust_env=False, verify=_authorities()) as client:
            response = client.post(url, json=body)
        answers = {answer["id"]: answer["result"] for answer in response.raise_for_status().json()}
        chain_id, nonce = _quantity(answers[0]), _quantity(answers[1])
    except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
        # Neither the URL nor the answer is repeated: both may hold an API key.
        raise NotNow(
            "node_unavailable", f"the node of {network.name} does not say the wallet's nonce ({type(error).__name__})"
        ) from error
    if chain_id != network.chain_id:
        raise NotNow("node_on_wrong_chain", f"the node of {network.name} is on chain {chain_id}, not {network.chain_id}")
    return nonce


@cache
def _authorities() -> ssl.SSLContext:
    """Reading all their certificates takes longer than asking."""
    return httpx.create_ssl_context(trust_env=False)


def _quantity(value: Any) -> int:
    if not isinstance(value, str) or not _QUANTITY.fullmatch(value):
        raise ValueError("not a hex quantity")
    return int(value, 16)
