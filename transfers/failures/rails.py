"""Which entry of the catalogue stands for what a rail raised: by who was asked and by what is known of the outcome."""

from transfers.rails.base import RailError, TerminalError, UnknownOutcome

_SIGNER, _NODE, _EVM, _DESK, _BANK, _PSP = "signer", "node", "evm", "desk", "bank", "psp"
_OF_NODES = ("chain_unavailable", "broadcast_refused", "broadcast_unknown")
# Per kind of provider: nothing happened, refused for good, not known.
CODES: dict[str, tuple[str, str, str]] = {
    _SIGNER: ("signer_unavailable", "signer_conflict", "signer_unavailable"),
    # A rail that nobody has named is called after its protocol.
    _NODE: _OF_NODES,
    _EVM: _OF_NODES,
    _DESK: ("no_quote", "no_quote", "no_quote"),
    _BANK: ("bank_unavailable", "bank_unavailable", "bank_unknown"),
    _PSP: ("card_provider_unavailable", "card_order_refused", "card_provider_unknown"),
}


def rail_code(error: RailError) -> str:
    """The code of its entry; empty when nobody says who was asked, or nobody of whom we know what he does."""
    kind = next((kind for kind in CODES if error.provider.startswith(kind)), None)
    if kind is None:
        return ""
    retryable, terminal, unknown = CODES[kind]
    if isinstance(error, UnknownOutcome):
        return unknown
    return terminal if isinstance(error, TerminalError) else retryable
