"""What every rail agrees on: how a call to the outside can fail.

RailError
├── RetryableError    nothing was done outside; the same call may be made again
├── TerminalError     nothing was done outside, and repeating the call will never help
└── UnknownOutcome    the call may have been carried out: ask by our reference before sending anything again
"""


class RailError(Exception):
    """Root of the family; the message is a sentence an operator can read."""


class RetryableError(RailError):
    """Certainly not carried out; try again later."""


class TerminalError(RailError):
    """Certainly not carried out, and never will be as it stands."""


class UnknownOutcome(RailError):
    """Sent, but the answer did not arrive or cannot be read."""
