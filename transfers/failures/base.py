"""One entry of the failure catalogue, and the two sentences that most of them share."""

from dataclasses import dataclass

BACK = "The reserved funds are available again."
WORKING = "We are working on it; your funds are safe and you need not do anything."


@dataclass(frozen=True, slots=True)
class Failure:
    """One thing that can go wrong, with its four answers: how we notice (`detection`), where the transfer goes (`transition`), what
    the client reads, what the operator does. `ends` tells final failures from those that the driver keeps working on by itself."""

    code: str
    detection: str
    transition: str
    client_text: str
    operator_action: str
    ends: bool
