"""The failure catalogue: what can go wrong, how we notice, where the transfer goes, what the client reads, what the operator
does.

One entry per code; the transfer page, the runbooks and the docs are drawn from it. `ends` tells final failures from those that
the driver keeps working on by itself. The client's sentence never blames, never guesses and never names an internal reason.
"""

from dataclasses import dataclass

_BACK = "The reserved funds are available again."
_WORKING = "We are working on it; your funds are safe and you need not do anything."


@dataclass(frozen=True, slots=True)
class Failure:
    code: str
    detection: str
    transition: str
    client_text: str
    operator_action: str
    ends: bool


_ENTRIES: tuple[Failure, ...] = (
    Failure(
        "approval_rejected",
        "An approver decided against the release.",
        "CREATED to CANCELLED; the hold is released and the limits are given back in the same database transaction.",
        f"Your transfer was not approved. {_BACK}",
        "Read the approver's reason on the request. The client may send a corrected order under a new idempotency key.",
        ends=True,
    ),
    Failure(
        "approval_expired",
        "The order's not-after passed while the request was still waiting for votes.",
        "CREATED to EXPIRED; the hold is released and the limits are given back.",
        f"Your transfer was not approved in time and has expired. {_BACK}",
        "Check whether enough approvers were on duty. The client may order again.",
        ends=True,
    ),
    Failure(
        "bounds_expired",
        "The order's not-after passed before the funds were committed to it.",
        "CREATED or QUOTED to EXPIRED, FUNDS_LOCKED without an intent to FAILED; hold released, limits given back.",
        f"Your transfer could not be priced within your terms in time and has expired. {_BACK}",
        "Look at the last error for the cause. The client may order again at today's price.",
        ends=True,
    ),
    Failure(
        "cancelled_by_client",
        "The client asked for it before anything was committed outside.",
        "CREATED, QUOTED or FUNDS_LOCKED to CANCELLED; the hold is released and the limits are given back.",
        f"Your transfer was cancelled at your request. {_BACK}",
        "Nothing to do.",
        ends=True,
    ),
    Failure(
        "cancelled_by_operator",
        "An operator cancelled it before anything was committed outside.",
        "CREATED, QUOTED or FUNDS_LOCKED to CANCELLED; the hold is released and the limits are given back.",
        f"Your transfer was cancelled. {_BACK}",
        "Tell the client why; the reason given is in the timeline.",
        ends=True,
    ),
    Failure(
        "quote_out_of_bounds",
        "A firm quote breaks a bound that was agreed (fee, total debit or minimum amount).",
        "Stays in CREATED and is quoted again until its not-after, then EXPIRED. No approved bound is ever stretched.",
        "The market has moved beyond your terms. We try again until your order's time is up; the funds stay reserved.",
        "Wait for the market, or cancel and agree new terms with the client.",
        ends=False,
    ),
    Failure(
        "desk_unavailable",
        "The liquidity desk does not answer a quote request.",
        "Stays in CREATED; asked again with a growing pause.",
        _WORKING,
        "Check the provider's status. Halt the corridor if it stays away.",
        ends=False,
    ),
    Failure(
        "wallet_short",
        "The hot wallet's balance in the ledger, less what is promised to other transfers, does not cover tokens or gas.",
        "Stays in QUOTED, or returns to CREATED when the quote runs out meanwhile; tried again with a growing pause.",
        _WORKING,
        "Top up the wallet from treasury. Transfers go on by themselves.",
        ends=False,
    ),
    Failure(
        "authority_broken",
        "Stored payload, digest, votes or policy decision no longer prove that exactly this transfer was released.",
        "Stays where it is; nothing is sent while the proof fails. Looked at again every few minutes.",
        _WORKING,
        "Treat as an attack: freeze the client, compare the audit trail with the request, call security. Do not approve again.",
        ends=False,
    ),
    Failure(
        "halted",
        "A halt covers the client, corridor, asset, account, provider or everything.",
        "Stays where it is until the halt is lifted; looked at again every few seconds.",
        _WORKING,
        "See the halt's reason under Controls. Lifting needs two people.",
        ends=False,
    ),
    Failure(
        "signer_unavailable",
        "The signer does not answer, or answered too late.",
        "Stays in FUNDS_LOCKED; asked again with the same key, which gives the same bytes.",
        _WORKING,
        "Check the signer process. Nothing is signed twice by asking again.",
        ends=False,
    ),
    Failure(
        "signer_refused",
        "The signer refuses the intent by its own policy. It looks for a signature first, so the refusal proves that none exists.",
        "FUNDS_LOCKED to FAILED; the hold is released, the limits and the wallet's promise are given back.",
        f"Your transfer could not be sent. {_BACK}",
        "Read the signer's reason in the provider call: an unknown contract or chain, or fees above its caps.",
        ends=True,
    ),
    Failure(
        "signer_conflict",
        "The signer has signed other content under this key, or its refusal cannot be read.",
        "Stays in FUNDS_LOCKED: signed bytes may exist, so the funds stay reserved until people decide.",
        _WORKING,
        "Must never happen: halt the wallet's account, compare the signer's record with the intent, involve engineering.",
        ends=False,
    ),
    Failure(
        "chain_unavailable",
        "The node does not answer.",
        "Stays where it is; asked again with a growing pause.",
        _WORKING,
        "Check the node. Signed bytes stay stored and are sent again unchanged.",
        ends=False,
    ),
    Failure(
        "broadcast_unknown",
        "The connection broke after the signed bytes were sent.",
        "Stays in FUNDS_LOCKED, the leg's request timed out; the node is asked for the hash, then the same bytes are sent.",
        _WORKING,
        "Nothing: the same bytes can be mined once only.",
        ends=False,
    ),
    Failure(
        "broadcast_refused",
        "The node refuses the signed bytes (nonce, fee or gas balance).",
        "Stays in FUNDS_LOCKED: signed bytes stay valid until their nonce is used, so the funds stay reserved.",
        _WORKING,
        "Read the node's reason. Too little gas: top up the wallet. Nonce used: compare the wallet's history before anything else.",
        ends=False,
    ),
    Failure(
        "not_mined",
        "The node knows the transaction but has not mined it, or has forgotten it.",
        "Stays in SENT_ON_CHAIN; a forgotten transaction is sent again, byte for byte.",
        "Your transfer is waiting for a place on the blockchain. It takes longer than usual; your funds are safe.",
        "Check network fees and whether an earlier nonce of the wallet is stuck.",
        ends=False,
    ),
    Failure(
        "reverted_on_chain",
        "The transaction is mined with status 0 at final depth.",
        "SENT_ON_CHAIN to FAILED; the hold is released, the gas is booked as our expense, limits are given back.",
        f"The blockchain did not accept your transfer. {_BACK}",
        "Look for a paused token or a blocked address before the client orders again.",
        ends=True,
    ),
    Failure(
        "transfer_log_missing",
        "Mined with status 1, but without exactly the Transfer log that was ordered: contract, sender, recipient and amount.",
        "Stays in SENT_ON_CHAIN with its money in exception: no refund and no second sending without evidence.",
        _WORKING,
        "Compare the receipt with the order in a second node. Halt the asset when the token contract lies.",
        ends=False,
    ),
    Failure(
        "bank_unavailable",
        "The bank cannot be reached, and surely has not received the payment.",
        "Stays in CONFIRMED; asked again with a growing pause.",
        _WORKING,
        "Check the bank's status and cut-off times.",
        ends=False,
    ),
    Failure(
        "bank_unknown",
        "The connection broke after the payment was sent to the bank.",
        "Stays in CONFIRMED with the leg's request timed out; the bank is asked by EndToEndId, never paid a second time.",
        _WORKING,
        "Nothing while the bank answers status questions. Otherwise phone the bank with the EndToEndId.",
        ends=False,
    ),
    Failure(
        "bank_rejected",
        "The bank answers RJCT to the payment.",
        "CONFIRMED to FAILED; the conversion is reversed, so principal and fee are back in the client's balance.",
        "The bank could not pay your beneficiary. The amount and our fee are back in your balance.",
        "Read the bank's reason code and tell the client which detail to correct. The tokens stay with the partner for treasury.",
        ends=True,
    ),
)
FAILURES: dict[str, Failure] = {entry.code: entry for entry in _ENTRIES}
