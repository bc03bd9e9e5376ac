"""The runbooks there are. Alerts name them by slug; a test holds this table, the templates and the alert rules together."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Runbook:
    """`summary` is the one sentence somebody reads at 03:00 before deciding whether this is the right page."""

    slug: str
    title: str
    summary: str


_ALL = (
    Runbook("transfer-stuck-created", "Created, not moving on", "It waits for approvers, or the driver has not priced it. The funds are on hold; nothing was sent."),
    Runbook("transfer-stuck-quoted", "Quoted, funds not locked", "Wallet inventory or gas is short, or the quote ran out. Nothing was sent."),
    Runbook("transfer-stuck-funds-locked", "Funds locked, not sent", "The signer or the node does not answer. Whether something was sent is on the transfer page: look before you act."),
    Runbook("transfer-stuck-sent-on-chain", "Sent, not confirmed", "The network has it or may have it. Never send again: ask the chain."),
    Runbook("transfer-stuck-confirmed", "Confirmed, bank has not settled", "The coins are with our partner; the payout has not been confirmed by the bank."),
    Runbook("transfer-unreconciled", "Done, but not proved", "Our books say it is done; the statement or the chain index has not confirmed it."),
    Runbook("process-dead", "A process has stopped reporting", "Work waits, and is not lost. Find out which process, and start it again."),
)
RUNBOOKS: dict[str, Runbook] = {runbook.slug: runbook for runbook in _ALL}
