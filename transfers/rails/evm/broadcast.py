"""What a node's refusal of a signed transaction means.

Nodes differ in wording and share one code (-32000), so the words decide. Whatever is not recognised is an unknown outcome: a proxy
may say "internal error" after it has passed the transaction on.
"""

from typing import Literal

Verdict = Literal["known", "look", "retry", "refused", "unknown"]

# The node has these very bytes: as good as success.
_KNOWN = ("already known", "known transaction", "alreadyknown", "already imported", "already exists")
# Some transaction has this nonce, perhaps ours: the hash has to be looked up.
_NONCE_TAKEN = ("nonce too low", "oldnonce", "replacement transaction underpriced", "replacement fee too low", "nonce is too low")
# Refused now and welcome later, with the same bytes.
_NOT_NOW = (
    "insufficient funds",
    "txpool is full",
    "transaction pool",
    "underpriced",
    "less than block base fee",
    "feetoolow",
    "rate limit",
    "too many requests",
    "limit exceeded",
    "nonce too high",
    "gapped-nonce",
    "in-flight transaction limit",
)
_TOO_CHEAP = ("underpriced", "less than block base fee", "feetoolow")
# Nothing will make a node take these bytes.
_NEVER = (
    "rlp",
    "invalid sender",
    "invalid signature",
    "invalid chain id",
    "invalid transaction",
    "intrinsic gas too low",
    "exceeds block gas limit",
    "higher than max fee per gas",
    "transaction type not supported",
    "typed transaction too short",
    "replay-protected",
    "oversized data",
    "nonce has max value",
    "exceeds the configured cap",
)
# In this order: "replacement transaction underpriced" is about the nonce, plain "underpriced" is not.
_TABLE: tuple[tuple[Verdict, tuple[str, ...]], ...] = (
    ("known", _KNOWN),
    ("look", _NONCE_TAKEN),
    ("refused", _NEVER),
    ("retry", _NOT_NOW),
)
_RATE_LIMIT_CODES = frozenset({-32005, 429})


def is_about_price(message: str) -> bool:
    """Whether the node would take the same transaction for more: waiting does not help while fees stay as they are."""
    words = message.lower()
    return any(phrase in words for phrase in _TOO_CHEAP)


def verdict_of(message: str, rpc_code: int) -> Verdict:
    """What is known after the node answered `message` to eth_sendRawTransaction."""
    words = message.lower()
    for verdict, phrases in _TABLE:
        if any(phrase in words for phrase in phrases):
            return verdict
    return "retry" if rpc_code in _RATE_LIMIT_CODES else "unknown"
