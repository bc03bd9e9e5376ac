"""Halts in the words of the banner and of the controls page."""

from approvals.models import Halt

_SCOPES: dict[str, str] = {
    "account": "Account {target} frozen",
    "client": "Client {target} halted",
    "destination": "Destination {target} halted",
    "provider": "Provider {target} halted",
    "corridor": "Corridor {target} halted",
    "asset": "Asset {target} halted",
}


def in_words(halt: Halt) -> str:
    """What stands still, as the first words of a sentence that goes on with "by ... since ..."."""
    if halt.scope == Halt.Scope.SYSTEM:
        return "System halted"
    return _SCOPES[halt.scope].format(target=halt.target)


def effect(scope: str) -> str:
    """What a halt of this scope stops, for the one who is about to place it."""
    if scope == Halt.Scope.SYSTEM:
        return (
            "No transfer is accepted, priced, locked or sent until two people lift it. "
            "What is already on a chain or at a bank is still tracked."
        )
    return (
        "No step that moves money of this account starts until two people lift it. "
        "What is already on a chain or at a bank is still tracked."
    )
