"""What ends an order before anything is sent, or keeps it from its next step."""

from transfers.failures.base import BACK, WORKING, Failure

ENTRIES: tuple[Failure, ...] = (
    Failure(
        "approval_rejected",
        "An approver decided against the release.",
        "CREATED to CANCELLED; the hold is released and the limits are given back in the same database transaction.",
        f"Your transfer was not approved. {BACK}",
        "Read the approver's reason on the request. The client may send a corrected order under a new idempotency key.",
        ends=True,
    ),
    Failure(
        "approval_expired",
        "The order's not-after passed while the request was still waiting for votes.",
        "CREATED to EXPIRED; the hold is released and the limits are given back.",
        f"Your transfer was not approved in time and has expired. {BACK}",
        "Check whether enough approvers were on duty. The client may order again.",
        ends=True,
    ),
    Failure(
        "bounds_expired",
        "The order's not-after passed before the funds were committed to it.",
        "CREATED or QUOTED to EXPIRED, FUNDS_LOCKED without an intent to FAILED; hold released, limits given back.",
        f"Your transfer could not be priced within your terms in time and has expired. {BACK}",
        "Look at the last error for the cause. The client may order again at today's price.",
        ends=True,
    ),
    Failure(
        "cancelled_by_client",
        "The client asked for it before anything was committed outside.",
        "CREATED, QUOTED or FUNDS_LOCKED to CANCELLED; the hold is released and the limits are given back.",
        f"Your transfer was cancelled at your request. {BACK}",
        "Nothing to do.",
        ends=True,
    ),
    Failure(
        "cancelled_by_operator",
        "An operator cancelled it before anything was committed outside.",
        "CREATED, QUOTED or FUNDS_LOCKED to CANCELLED; the hold is released and the limits are given back.",
        f"Your transfer was cancelled. {BACK}",
        "Tell the client why; the reason given is in the timeline.",
        ends=True,
    ),
    Failure(
        "authority_broken",
        "Stored payload, digest, votes or policy decision no longer prove that exactly this transfer was released.",
        "Stays where it is; nothing is sent while the proof fails. Looked at again every few minutes.",
        WORKING,
        "Treat as an attack: freeze the client, compare the audit trail with the request, call security. Do not approve again.",
        ends=False,
    ),
    Failure(
        "halted",
        "A halt covers the client, corridor, asset, account, provider or everything.",
        "Stays where it is until the halt is lifted; looked at again every few seconds.",
        WORKING,
        "See the halt's reason under Controls. Lifting needs two people.",
        ends=False,
    ),
)
