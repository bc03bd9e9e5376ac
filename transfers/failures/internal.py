"""What can go wrong where money stays in our own books."""

from transfers.failures.base import BACK, Failure

ENTRIES: tuple[Failure, ...] = (
    Failure(
        "receiver_cannot_take",
        "The receiving client has no open balance in the asset any more when the transfer is booked.",
        "CREATED to FAILED; nothing was booked, the hold is released and the limits are given back.",
        f"The receiver cannot take this transfer at present. {BACK}",
        "Look at the receiver's account: it was closed since the order was taken. The sender may order again once it is open.",
        ends=True,
    ),
)
