"""What goes wrong between the wallet, the signer and the network."""

from transfers.failures.base import BACK, WORKING, Failure

ENTRIES: tuple[Failure, ...] = (
    Failure(
        "wallet_short",
        "The hot wallet's balance in the ledger, less what is promised to other transfers, does not cover tokens or gas.",
        "Stays in QUOTED, or returns to CREATED when the quote runs out meanwhile; tried again with a growing pause.",
        WORKING,
        "Top up the wallet from treasury. Transfers go on by themselves.",
        ends=False,
    ),
    Failure(
        "gas_too_dear",
        "A sweep of a deposit address would cost more gas than DEPOSIT_SWEEPS says that one is worth.",
        "Stays in CREATED; looked at again with a growing pause, and EXPIRED after a day: then a new one begins.",
        WORKING,
        "Nothing: the tokens are safe where they are. If the hot wallet needs them, cancel it and sweep the address by hand.",
        ends=False,
    ),
    Failure(
        "signer_unavailable",
        "The signer does not answer, or answered too late.",
        "Stays in FUNDS_LOCKED; asked again with the same key, which gives the same bytes.",
        WORKING,
        "Check the signer process. Nothing is signed twice by asking again.",
        ends=False,
    ),
    Failure(
        "fees_above_cap",
        "Before anything is signed: the bid for gas, at the network's price, is above what the signer's own caps let it pay.",
        "Stays in FUNDS_LOCKED without an intent or a nonce; tried again with a growing pause. It can be cancelled, and its "
        "not-after ends it.",
        "Network fees are unusually high. We send your transfer as soon as they fall; your funds stay reserved for it.",
        "Wait for fees to fall, or cancel it. Whoever runs the signer may raise its caps in SIGNER_NETWORKS and start it anew.",
        ends=False,
    ),
    Failure(
        "signer_refused",
        "The signer refuses the intent by its own policy. It looks for a signature first, so the refusal proves that none exists.",
        "FUNDS_LOCKED to FAILED; the hold is released, the limits and the wallet's promise are given back.",
        f"Your transfer could not be sent. {BACK}",
        "Read the signer's reason in the provider call: an unknown contract or chain, or caps that were lowered meanwhile.",
        ends=True,
    ),
    Failure(
        "signer_conflict",
        "The signer has signed other content under this key, or its refusal cannot be read.",
        "Stays in FUNDS_LOCKED: signed bytes may exist, so the funds stay reserved until people decide.",
        WORKING,
        "Must never happen: halt the wallet's account, compare the signer's record with the intent, involve engineering.",
        ends=False,
    ),
    Failure(
        "chain_unavailable",
        "The node does not answer.",
        "Stays where it is; asked again with a growing pause.",
        WORKING,
        "Check the node. Signed bytes stay stored and are sent again unchanged.",
        ends=False,
    ),
    Failure(
        "broadcast_unknown",
        "The connection broke after the signed bytes were sent.",
        "Stays in FUNDS_LOCKED, the leg's request timed out; the node is asked for the hash, then the same bytes are sent.",
        WORKING,
        "Nothing: the same bytes can be mined once only.",
        ends=False,
    ),
    Failure(
        "broadcast_refused",
        "The node refuses the signed bytes (nonce, fee or gas balance).",
        "Stays in FUNDS_LOCKED: signed bytes stay valid until their nonce is used, so the funds stay reserved.",
        WORKING,
        "Read the node's reason. Too little gas: top up the wallet. Nonce used: compare the wallet's history before anything else.",
        ends=False,
    ),
    Failure(
        "not_mined",
        "The node knows the transaction but has not mined it, or has forgotten it.",
        "Stays in SENT_ON_CHAIN and is outbid; one that every node forgot is DROPPED and sent again, byte for byte. That it was "
        "forgotten is no evidence that it will not be mined: the hold stays until something with the same nonce is final.",
        "Your transfer is waiting for a place on the blockchain. It takes longer than usual; your funds are safe.",
        "Check network fees and whether an earlier nonce of the wallet is stuck.",
        ends=False,
    ),
    Failure(
        "reverted_on_chain",
        "The transaction is mined with status 0 at final depth.",
        "SENT_ON_CHAIN to FAILED; the hold is released, the gas is booked as our expense, limits are given back.",
        f"The blockchain did not accept your transfer. {BACK}",
        "Look for a paused token or a blocked address before the client orders again.",
        ends=True,
    ),
    Failure(
        "transfer_log_missing",
        "Mined with status 1, but without exactly the Transfer log that was ordered: contract, sender, recipient and amount.",
        "Stays in SENT_ON_CHAIN with its money in exception: no refund and no second sending without evidence.",
        WORKING,
        "Compare the receipt with the order in a second node. Halt the asset when the token contract lies.",
        ends=False,
    ),
    Failure(
        "token_paused",
        "The issuer has paused the token: a rehearsal against the node before signing, or the mined transaction, says so.",
        "FUNDS_LOCKED to FAILED before anything is signed; SENT_ON_CHAIN to FAILED when it was mined and reverted. Hold released, "
        "limits given back.",
        f"The issuer has paused this token for the moment, so your transfer could not be sent. {BACK}",
        "Halt the asset until the issuer lets it move again; new orders would fail alike.",
        ends=True,
    ),
    Failure(
        "address_blocked",
        "The token's issuer blocks the recipient or our wallet: a rehearsal before signing, or the mined transaction, says so.",
        "FUNDS_LOCKED to FAILED before anything is signed; SENT_ON_CHAIN to FAILED when it was mined and reverted. Hold released, "
        "limits given back.",
        f"The token's issuer does not let this transfer pass. {BACK}",
        "Find out which address is on the issuer's list. If it is the recipient, tell compliance; if it is ours, halt the wallet.",
        ends=True,
    ),
    Failure(
        "would_revert",
        "A rehearsal before signing says that the token would refuse the transfer now, for no reason that we know to be final.",
        "Stays in FUNDS_LOCKED and is rehearsed again with a growing pause, until its not-after.",
        WORKING,
        "Read the contract's words in the last error. Too low a balance on chain: compare the wallet with the books.",
        ends=False,
    ),
    Failure(
        "nonce_blocked",
        "The transaction waits because an earlier one of the same wallet is not mined.",
        "Stays in SENT_ON_CHAIN; it is not outbid, since no bid helps before the earlier one is through.",
        "Your transfer is waiting for a place on the blockchain. It takes longer than usual; your funds are safe.",
        "Find the wallet's earliest open transaction and speed that one up, or lift the halt that keeps it.",
        ends=False,
    ),
    Failure(
        "fee_cap_reached",
        "The next bid for a place in a block would cost more gas than was reserved, or than the signer allows.",
        "Stays in SENT_ON_CHAIN; what was sent goes on waiting, and may still be mined at its old price.",
        "Your transfer is waiting for a place on the blockchain. It takes longer than usual; your funds are safe.",
        "Wait for fees to fall, or speed it up: that raises what may be spent on gas, with your reason. Somebody else approves "
        "it where that is dear.",
        ends=False,
    ),
    Failure(
        "nonce_taken",
        "The nonce of the payment is used, as deep as a payment counts, by a transaction that we do not know.",
        "Stays in SENT_ON_CHAIN with its money in exception: no refund and no second sending without evidence.",
        WORKING,
        "Somebody else may hold the wallet's key: halt the wallet at once and read its history in an explorer of your own.",
        ends=False,
    ),
    Failure(
        "recalled",
        "An operator recalled it, and the transaction that uses up its nonce without paying is final.",
        "SENT_ON_CHAIN to CANCELLED (FAILED in version 1 of the machine); hold released, limits given back, gas booked as ours.",
        f"Your transfer was stopped before it was paid. {BACK}",
        "Tell the client why; the reason given is in the timeline.",
        ends=True,
    ),
    Failure(
        "reorged",
        "The block that held a confirmed payment is no longer part of the chain, before the depth at which we stop watching.",
        "CONFIRMED to REORGED: the postings are reversed and the funds held anew in one database transaction. The same bytes are "
        "sent again, then SENT_ON_CHAIN and CONFIRMED under postings of their own. A payout that waits to go to the bank with "
        "others leaves their message.",
        "The blockchain is settling the order of its latest blocks. We are watching your transfer until it is final.",
        "Nothing while it is one transfer. Many at once: halt the network until it is quiet, and ask what depth is safe.",
        ends=False,
    ),
    Failure(
        "reorged_after_payout",
        "The block that held our tokens' way to the partner is gone, and the bank was ordered to pay out already.",
        "Stays where it is with its money in exception: what the bank may have paid is never taken back by itself, and cannot be "
        "recalled. The same bytes are sent again; when they are final the exception ends.",
        WORKING,
        "Watch the wallet's nonce until the payment is mined again. If it cannot be, we owe the partner: call treasury, and ask "
        "two people to decide whether the tokens were delivered, are still ours, or are lost.",
        ends=False,
    ),
    Failure(
        "reorg_unproved",
        "A node does not show a confirmed payment or credited deposit in its block any more, and another is silent, behind, or "
        "still shows it.",
        "Stays where it is: nothing is taken back on the word of one. Looked at again until every node shows another block, or the "
        "same one again; after ten minutes an alert opens.",
        "The blockchain is settling the order of its latest blocks. We are watching your transfer until it is final.",
        "Bring the silent node back. If that takes long, set aside the one that is wrong or away: then the rest decides.",
        ends=False,
    ),
    Failure(
        "watch_broken",
        "Looking whether the block of a confirmed payment is still there broke on our side: chain and books contradict each other.",
        "Stays where it is and is looked at again every half minute; the others are watched as ever, and an alert opens.",
        "Your transfer is confirmed. We are watching it until it is final.",
        "Compare the transfer's postings with its transaction on the chain, and correct the books where they are wrong; the log "
        "has the whole error for engineering.",
        ends=False,
    ),
    Failure(
        "nodes_disagree",
        "Two nodes tell different stories about one transaction, and neither is merely behind.",
        "Stays where it is; nothing is confirmed, reversed or released while they differ. Looked at again with a growing pause.",
        WORKING,
        "Compare both with an explorer of your own and set aside the one that is wrong; its word then counts for nothing.",
        ends=False,
    ),
)
