"""What can go wrong with one line of a bulk file. The other lines are never touched by it."""

from transfers.failures.base import BACK, Failure

ENTRIES: tuple[Failure, ...] = (
    Failure(
        "bulk_line_refused",
        "When its part of the file was booked, the books refused the posting of this line, or a halt covered its receiver, the "
        "receiver's account or its destination.",
        "CREATED to FAILED; the line's share of the file's hold and of the limits is free again, the other lines were booked.",
        f"This line of your file could not be booked. {BACK}",
        "Read the reason in the timeline. The client may order this line again, alone or in a new file; lift the halt first.",
        ends=True,
    ),
)
