"""What goes wrong with money that comes in."""

from transfers.failures.base import Failure

ENTRIES: tuple[Failure, ...] = (
    Failure(
        "deposit_vanished",
        "The block in which the deposit was seen is not there any more, and no other has it yet.",
        "Stays in CREATED, uncredited; looked for until it is final somewhere, or for 24 hours.",
        "The blockchain is settling the order of its latest blocks. Your deposit is credited when it is final.",
        "Nothing, unless several vanish at once: then compare a second node.",
        ends=False,
    ),
    Failure(
        "deposit_gone",
        "The deposit was seen and is not on the chain any more: replaced by its sender, reverted, or for 24 hours in no block.",
        "CREATED or REORGED to FAILED; nothing is credited, or what was credited stays reversed.",
        "Your deposit did not arrive: the blockchain has not kept it. If you see it as sent, please contact us.",
        "Compare the transaction in a second node before anybody is told. Mined after all, it is credited as a new deposit.",
        ends=True,
    ),
    Failure(
        "deposit_reorged",
        "Every node shows another block where a credited deposit was: the chain was rewritten below final depth.",
        "CONFIRMED to REORGED; the credit is reversed, below zero if the client has spent it. Credited again when final again.",
        "The blockchain has taken your deposit back for now. We credit it again as soon as it is final.",
        "Rare and serious: halt the asset while the chain settles, and look at the client's overdraft.",
        ends=False,
    ),
    Failure(
        "deposit_taken_back",
        "A statement of ours shows a debit with a reason for return that names the deposit, for its whole amount: the sender's "
        "bank has taken it back.",
        "CREATED, CONFIRMED or RECONCILED to FAILED; the credit is reversed, below zero if the client has spent it. What nobody "
        "was credited with leaves the unallocated money.",
        "The sender's bank has taken this payment back. It is not in your balance any more.",
        "Read the bank's reason code and tell the client, who has to settle it with the payer. A client below zero has a runbook "
        "of its own; if the bank had no right to it, contest it with the bank in writing.",
        ends=True,
    ),
    Failure(
        "deposit_below_minimum",
        "It is less than the smallest deposit that is credited by itself.",
        "CREATED to FAILED; the money is booked as unallocated.",
        "Your deposit is below the minimum and was not credited. Please contact us if you need it.",
        "Decide under Deposits whether it is credited all the same.",
        ends=True,
    ),
    Failure(
        "send_back_rejected",
        "The bank rejected the payment that sends unallocated money back.",
        "CONFIRMED to FAILED; what was booked out is reversed, and the money is unallocated again.",
        "The money could not be sent back. It is still with us.",
        "Read the bank's reason on the transfer. The account may be closed: ask the bank for another, or allocate the money.",
        ends=True,
    ),
    Failure(
        "deposit_asset_not_kept",
        "The client keeps no balance in this asset.",
        "CREATED to FAILED; the money is booked as unallocated.",
        "We received an asset that is not set up for you. It is safe with us; please contact us.",
        "Set the balance up and allocate the money under Deposits, or ask there that it be sent back.",
        ends=True,
    ),
)
