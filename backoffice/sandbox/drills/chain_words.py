"""What an operator should see when the sandbox chain carries out an order."""

from backoffice.sandbox.drills.base import Place

_LOCKED = Place("/transfers/?status=FUNDS_LOCKED", "Transfers with locked funds")
_SENT = Place("/transfers/?status=SENT_ON_CHAIN", "Transfers that were sent")
_FAILED = Place("/transfers/?status=FAILED", "Transfers that Failed")
_ALL = Place("/transfers/", "Transfers")
_NOTHING = (
    "Nothing but a later confirmation: the node is asked for the hash, and the same bytes are sent again. Nobody is paid twice."
)

SEEN: dict[str, tuple[str, Place]] = {
    "timeout_after": (_NOTHING, _LOCKED),
    "timeout_before": (_NOTHING, _LOCKED),
    "lose": ("The transfer was sent and is not mined; the same bytes are sent again until they are.", _SENT),
    "duplicate": ("Nothing: the same bytes are mined once.", _SENT),
    "reorder": (
        "The first of two transfers is missing at the node until the second is there: it is told as dropped, sent again byte for "
        "byte, or simply mined with the second. Each is paid once.",
        _SENT,
    ),
    "refuse": ("The transfer stays with locked funds and shows the node's reason until it is taken.", _LOCKED),
    "delay": ("Every step on the chain takes longer.", _SENT),
    "down": (
        "Transfers wait where they are with a growing pause. Past their deadline alerts open, which resolve themselves.",
        _LOCKED,
    ),
    "lie": ("What the receipt says is not what was ordered: the money stands in doubt, and people compare nodes.", _SENT),
    "drop": ("The transaction has left the pool and is sent again, byte for byte.", _SENT),
    "reorg": ("What was in the replaced blocks counts its confirmations anew before it is believed.", _SENT),
    "fee_spike": ("Transactions sent before wait, since their bid is too low now.", _SENT),
    "originals_first": ("Of two transactions with one nonce the older is mined: every hash that was ever sent is watched.", _SENT),
    "overlook": (
        "Payments to this address wait and are outbid in vain; what was sent later waits behind them until they are recalled.",
        _SENT,
    ),
    "pause_token": ("Transfers of the token are held back or fail, with the client's money back.", _FAILED),
    "unpause_token": ("Transfers go on.", _ALL),
    "block_address": ("Transfers to or from this address are held back or fail, with the client's money back.", _FAILED),
    "unblock_address": ("Transfers go on.", _ALL),
}
USUAL: tuple[str, Place] = ("See the transfers that are on the chain now.", _SENT)
