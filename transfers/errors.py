"""Everything this floor can refuse or fail with.

TransferError
├── Refused                  the request cannot be accepted; carries the stable API code and, per field, what is wrong
│   ├── NotFound
│   └── Stopped              a halt covers it, or its client is suspended; the same request may be accepted once that is over
├── Conflict                 the transfer is not where the caller thought it was
│   ├── IllegalTransition    the machine has no such row
│   └── LeaseLost            another worker holds the transfer now; nothing may be written
└── Unavailable              a part we depend on does not answer; trying again later is safe
    └── Waiting              the same, for a reason that the failure catalogue knows by its code
"""

from collections.abc import Mapping


class TransferError(Exception):
    """Root of the family."""


class Refused(TransferError):
    """A refusal, permanent unless it is Stopped. `code` is stable and public (API.md); `detail` is a sentence with the way out;
    `fields` names the culprits."""

    def __init__(self, code: str, detail: str, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.fields = dict(fields or {})


class NotFound(Refused):
    def __init__(self, detail: str) -> None:
        super().__init__("not_found", detail)


class Stopped(Refused):
    """Refused for as long as a stop is in force, so the refusal is not kept under an idempotency key."""


class Conflict(TransferError):
    """The caller's view is stale; load again and decide again."""


class IllegalTransition(Conflict):
    """The machine of this route and version has no row for it."""


class LeaseLost(Conflict):
    """The lease or its fencing number is no longer ours: stop without writing."""


class Unavailable(TransferError):
    """Temporary; nothing was half-done that asking again would not resolve."""


class Waiting(Unavailable):
    """`code` stands in the failure catalogue; the message is for operators."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
