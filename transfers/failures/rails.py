"""Which entry of the catalogue stands for what a rail raised: by who was asked and by what is known of the outcome."""

from transfers.rails.adapters import Kind
from transfers.rails.base import RailError, TerminalError, UnknownOutcome
from transfers.rails.registry import kind_of

# Per kind of provider: nothing happened, refused for good, not known.
CODES: dict[Kind, tuple[str, str, str]] = {
    Kind.SIGNER: ("signer_unavailable", "signer_conflict", "signer_unavailable"),
    Kind.CHAIN: ("chain_unavailable", "broadcast_refused", "broadcast_unknown"),
    Kind.DESK: ("no_quote", "no_quote", "no_quote"),
    Kind.BANK: ("bank_unavailable", "bank_unavailable", "bank_unknown"),
    Kind.PSP: ("card_provider_unavailable", "card_order_refused", "card_provider_unknown"),
}
# What a rail calls itself that nobody has named, or that nobody is connected to any more.
_NAMELESS = {"signer": Kind.SIGNER, "node": Kind.CHAIN, "evm": Kind.CHAIN, "desk": Kind.DESK, "bank": Kind.BANK, "psp": Kind.PSP}


def rail_code(error: RailError) -> str:
    """The code of its entry; empty when nobody says who was asked, or nobody of whom we know what he does."""
    kind = kind_of(error.provider) or next((kind for name, kind in _NAMELESS.items() if error.provider.startswith(name)), None)
    if kind not in CODES:
        return ""
    retryable, terminal, unknown = CODES[kind]
    if isinstance(error, UnknownOutcome):
        return unknown
    return terminal if isinstance(error, TerminalError) else retryable
