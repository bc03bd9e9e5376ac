"""Which entry of the catalogue stands for what a rail raised: by who was asked and by what is known of the outcome."""

from transfers.rails.base import RailError, TerminalError, UnknownOutcome

_SIGNER, _NODE, _EVM, _DESK, _BANK = "signer", "node", "evm", "desk", "bank"
_OF_NODES = ("chain_unavailable", "broadcast_refused", "broadcast_unknown")
# Per kind of provider: nothing happened, refused for good, not known.
CODES: dict[str, tuple[str, str, str]] = {
    _SIGNER: ("signer_unavailable", "signer_conflict", "signer_unavailable"),
    # A rail that nobody has named is called after its protocol.
    _NODE: _OF_NODES,
    _EVM: _OF_NODES,
    _DESK: ("no_quote", "no_quote", "no_quote"),
    _BANK: ("bank_unavailable", "bank_unavailable", "bank_unknown"),
}


def rail_code(error: RailError) -> str:
    """The code of its entry; empty when nobody says who was asked."""
    if not error.provider:
        return ""
    kind = next((kind for kind in (_SIGNER, _NODE, _EVM, _DESK) if error.provider.startswith(kind)), _BANK)
    retryable, terminal, unknown = CODES[kind]
    if isinstance(error, UnknownOutcome):
        return unknown
    return terminal if isinstance(error, TerminalError) else retryable
