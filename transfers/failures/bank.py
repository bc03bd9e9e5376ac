"""What goes wrong between our nostro and the beneficiary's bank."""

from transfers.failures.base import WORKING, Failure

ENTRIES: tuple[Failure, ...] = (
    Failure(
        "payout_account_short",
        "The account at the bank, less what is drawn up from it, does not cover the payout; how it is funded is agreed.",
        "Stays in QUOTED before anything is sent, or returns to CREATED when the quote runs out; tried again with a growing pause.",
        WORKING,
        "Have the money paid in that the terminal proposes. Transfers go on by themselves once our books show it.",
        ends=False,
    ),
    Failure(
        "bank_unavailable",
        "The bank cannot be reached, and surely has not received the payment.",
        "Stays in CONFIRMED; asked again with a growing pause.",
        WORKING,
        "Check the bank's status and cut-off times.",
        ends=False,
    ),
    Failure(
        "bank_unknown",
        "The connection broke after the payment was sent to the bank.",
        "Stays in CONFIRMED with the leg's request timed out; the bank is asked by EndToEndId, never paid a second time.",
        WORKING,
        "Nothing while the bank answers status questions. Otherwise phone the bank with the EndToEndId.",
        ends=False,
    ),
    Failure(
        "cut_off_missed",
        "The payout was ordered on a day on which the bank is closed, or after its cut-off; or the bank was away until then and "
        "never got the order.",
        "Stays in CONFIRMED; the order carries the next business day as its value date, and the deadline moves with it. One that "
        "was drawn up before goes out unchanged, and the bank works on it on its next business day.",
        "Your payout is with the bank, which works on it on its next business day.",
        "Nothing: the leg says which day. Tell a client who asks that banks on this corridor keep hours.",
        ends=False,
    ),
    Failure(
        "bank_forgot",
        "The bank had taken the payment and says now that it never saw it.",
        "Stays in CONFIRMED; asked again. Nothing is sent again: the bank once said that it has the order.",
        WORKING,
        "Phone the bank with the EndToEndId and its first answer, which is in the provider calls. Do not pay by hand meanwhile.",
        ends=False,
    ),
    Failure(
        "bank_contradicts",
        "The bank had said that the payment is settled, and says now that it is rejected.",
        "Stays in FIAT_SETTLED with its money in exception, disputed; nothing is refunded until the money is booked back.",
        "Your payout needs a closer look at the bank. We are in contact with it; you need not do anything.",
        "Ask the bank in writing which of its answers holds. If the money comes back, the statement ends the dispute by itself. "
        "Else ask two people to decide on the bank's letter: paid, not paid, or lost.",
        ends=False,
    ),
    Failure(
        "bank_returned_short",
        "The bank booked money back for this payment, and not the amount that was paid.",
        "Stays where it is with its money in exception, disputed; a break has both amounts.",
        "Your payout needs a closer look at the bank. We are in contact with it; you need not do anything.",
        "Ask the bank what was kept on the way and who bears it. Two people then decide whether the payout stands or counts as "
        "lost, and the break is resolved by a correction of the books.",
        ends=False,
    ),
    Failure(
        "bank_returned",
        "The whole payment is booked back on the bank statement, under its EndToEndId.",
        "FIAT_SETTLED or RECONCILED to FAILED; payout and conversion are reversed, principal and fee are back with the client.",
        "The bank sent your payout back. The amount and our fee are back in your balance.",
        "Read the bank's reason code and tell the client which detail to correct. The tokens stay with the partner for treasury.",
        ends=True,
    ),
    Failure(
        "payout_called_back",
        "We called the payout back, and the bank stopped it, or the whole of it is booked back on the statement.",
        "CONFIRMED, FIAT_SETTLED or RECONCILED to FAILED; what was booked is reversed, principal and fee are back with the client.",
        "We called your payout back. The amount and our fee are back in your balance.",
        "Tell the client, who may order it again with what was wrong put right. The tokens stay with the partner for treasury.",
        ends=True,
    ),
    Failure(
        "recall_refused",
        "We called the payout back, and the bank or the beneficiary refused.",
        "Stays where it is: the payout stands, and nothing is booked.",
        "Your payout stands: the bank could not send it back.",
        "Read the bank's reason in the timeline and tell the client. Another recall needs another reason, or a lawyer.",
        ends=False,
    ),
    Failure(
        "recall_unanswered",
        "We called the payout back, and two weeks later the bank has not answered.",
        "Stays where it is: the payout stands. A credit that comes after all is booked as one that was called back.",
        "Your payout stands: we have had no answer to our request to send it back.",
        "Phone the bank with the recall's reference, which is in the provider calls; it is not asked by itself any more.",
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
