"""The runbooks there are. Alerts name them by slug; a test holds this table, the templates and the alert rules together."""

from dataclasses import dataclass

from transfers.failures import FAILURES, Failure


@dataclass(frozen=True, slots=True)
class Runbook:
    """`summary` is the one sentence somebody reads at 03:00 before deciding whether this is the right page.

    `codes` are the failures that lead here; their lines on the page are drawn from the failure catalogue itself.
    """

    slug: str
    title: str
    summary: str
    codes: tuple[str, ...] = ()

    @property
    def failures(self) -> list[Failure]:
        return [FAILURES[code] for code in self.codes]


_ALL = (
    Runbook(
        "transfer-stuck-created",
        "Created, not moving on",
        "It waits for approvers, or nothing has priced it yet. The funds are on hold; nothing was sent.",
        ("no_quote", "reference_rate_stale", "quote_out_of_bounds", "manual_quote_awaited", "halted"),
    ),
    Runbook(
        "transfer-stuck-quoted",
        "Quoted, funds not locked",
        "Wallet inventory or gas is short, or a halt stands in the way. Nothing was sent.",
        ("wallet_short", "payout_account_short", "manual_deal_awaited", "authority_broken", "halted"),
    ),
    Runbook(
        "transfer-stuck-funds-locked",
        "Funds locked, not sent",
        "The signer or the node does not answer. Whether signed bytes exist is on the transfer page: look before you act.",
        (
            "fees_above_cap",
            "signer_unavailable",
            "signer_conflict",
            "would_revert",
            "chain_unavailable",
            "broadcast_unknown",
            "broadcast_refused",
            "halted",
        ),
    ),
    Runbook(
        "transfer-stuck-sent-on-chain",
        "Sent, not confirmed",
        "The network has it, or may have it. Nobody sends a second payment: the chain is asked.",
        (
            "not_mined",
            "nonce_blocked",
            "fee_cap_reached",
            "nodes_disagree",
            "chain_unavailable",
            "transfer_log_missing",
            "nonce_taken",
        ),
    ),
    Runbook(
        "transfer-stuck-dropped",
        "Dropped, not taken again",
        "Every node forgot it and none takes it back. It was not mined, and may still be: nothing is released.",
        ("not_mined", "chain_unavailable", "halted"),
    ),
    Runbook(
        "transfer-stuck-reorged",
        "Taken back by the chain, not sent again",
        "It was paid, and the block that paid it is gone. The books are reversed, the funds held; the same bytes are sent again.",
        ("reorged", "reorged_after_payout", "reorg_unproved", "watch_broken", "nodes_disagree", "chain_unavailable"),
    ),
    Runbook(
        "transfer-stuck-confirmed",
        "Confirmed, the bank has not settled",
        "The tokens are with our partner; the bank has not said that it paid.",
        ("bank_unavailable", "bank_unknown", "bank_forgot", "cut_off_missed", "halted"),
    ),
    Runbook(
        "deposit-stuck",
        "A deposit is seen and not credited",
        "Money came in and is not in the client's balance yet. It is not lost: it stands on the chain or at the bank.",
        (
            "deposit_vanished",
            "deposit_gone",
            "deposit_reorged",
            "deposit_taken_back",
            "deposit_below_minimum",
            "deposit_asset_not_kept",
            "halted",
        ),
    ),
    Runbook(
        "card-deposit",
        "A deposit by card is late, or taken back",
        "The card provider owes us the money until its batch is at our bank. Cardholders can take it back for months after that.",
        (
            "card_declined",
            "card_order_refused",
            "card_capture_refused",
            "card_provider_unavailable",
            "card_provider_unknown",
            "card_provider_contradicts",
            "card_charged_back",
            "card_declared_uncharged",
        ),
    ),
    Runbook(
        "transfer-unreconciled",
        "Done, but not proved",
        "Our books say it is done; the bank statement or our own chain index has not said so yet.",
        ("bank_contradicts", "bank_returned_short", "recall_refused", "recall_unanswered"),
    ),
    Runbook(
        "provider-out-of-use",
        "A provider is out of use",
        "Its calls fail, or somebody took it out. New work waits or goes to others; what it has is asked about as before.",
        ("provider_out_of_use", "provider_quota_spent", "no_quote"),
    ),
    Runbook(
        "reference-rate-missing",
        "No fresh reference rate",
        "Nothing is priced in a corridor, on purpose. Transfers wait with their funds on hold.",
        ("reference_rate_stale",),
    ),
    Runbook(
        "health-check",
        "A health check failed, or takes too long",
        "A small transfer of our own did not come through as it should. Clients' transfers go the same way.",
    ),
    Runbook(
        "deposit-sweep",
        "Deposits do not come to the hot wallet",
        "Tokens stay on the addresses that clients paid in to. They are ours to keep and credited already; no client waits for it.",
        ("gas_too_dear", "wallet_short", "signer_refused", "token_paused", "address_blocked", "reverted_on_chain"),
    ),
    Runbook(
        "liquidity-low",
        "Too little money where we pay from",
        "Payments wait, or soon will. Their funds are on hold; nothing was sent and nothing is lost.",
    ),
    Runbook(
        "liquidity-high",
        "Too much money in one place",
        "Nothing is wrong yet. More than was agreed lies where it can be lost at once.",
    ),
    Runbook(
        "position-unexplained",
        "Our books and the outside differ, and nothing explains it",
        "Less outside than in our books may mean that money is gone. Find out before anything more leaves that place.",
    ),
    Runbook(
        "client-overdrawn",
        "A client is below zero",
        "The outside took back money that the client had spent. The client owes us; nobody else's money is touched.",
    ),
    Runbook(
        "ledger-proof-broken",
        "The books do not prove themselves",
        "Two things that must agree do not. It is a bug, or somebody changed rows by hand: find out which before anybody repairs.",
    ),
    Runbook(
        "ledger-proof-late",
        "The books have not been proved",
        "Nothing is known to be wrong. The check that would notice has not run.",
    ),
    Runbook(
        "audit-seal-refused",
        "The sealer refuses to sign",
        "The database contradicts what was signed: restored, cut or edited. Payments go on. Make copies before you repair.",
    ),
    Runbook(
        "audit-seal-behind",
        "The audit trail is not sealed in time",
        "Events are recorded and none is lost; until they are sealed, whoever owns the database could still change them.",
    ),
    Runbook(
        "audit-anchor-behind",
        "An anchor gets no checkpoints",
        "The trail is sealed, but one of the places that keep the proof elsewhere has stopped taking it, or refuses it.",
    ),
    Runbook(
        "webhooks-failing",
        "A client is not told",
        "An address takes no messages, or none leave. No money is affected; what was not told is kept and can be replayed.",
    ),
    Runbook(
        "receipts-late",
        "Receipts are not made",
        "Payments have settled and their signed receipts are missing. The money is where it should be.",
    ),
    Runbook(
        "process-dead",
        "A process has stopped reporting",
        "Work waits, and none of it is lost. Find out which process it is, and start it again.",
    ),
)
RUNBOOKS: dict[str, Runbook] = {runbook.slug: runbook for runbook in _ALL}
