"""Which halts are in force, what they cover, and the sentence that every page says about one."""

from collections.abc import Iterable, Mapping, Sequence

from approvals.models import Halt
from audit import clock

# From the widest to the narrowest: the sentence people see is that of the widest halt that covers the step.
_WIDEST_FIRST = ("system", "client", "corridor", "asset", "provider", "account", "destination")
_CODES = {
    "system": "system_halted",
    "client": "account_frozen",
    "account": "account_frozen",
    "corridor": "corridor_halted",
    "asset": "asset_halted",
    "provider": "provider_halted",
    "destination": "destination_frozen",
}
_SUBJECTS = {
    "system": "Everything is stopped",
    "client": "Client {target} is frozen",
    "account": "Account {target} is frozen",
    "corridor": "Corridor {target} is stopped",
    "asset": "{target} is stopped",
    "provider": "Provider {target} is stopped",
    "destination": "Destination {target} is frozen",
}


def halts_in_force() -> list[Halt]:
    """Widest first, then oldest."""
    halts = Halt.objects.filter(lifted_at=None).order_by("placed_at")
    return sorted(halts, key=lambda halt: _WIDEST_FIRST.index(halt.scope))


def halts_due_for_review() -> list[Halt]:
    """In force past their review time: somebody must say whether they are still right."""
    return [halt for halt in halts_in_force() if halt.review_at <= clock.now()]


class HaltsInForce:
    """All halts of one moment, read once, so that any number of steps may be judged without asking for each."""

    def __init__(self) -> None:
        self._halts = {(halt.scope, halt.target): halt for halt in halts_in_force()}

    def on(self, targets: Mapping[str, Sequence[str]]) -> Halt | None:
        """The widest that covers `targets` (scope -> what the step touches there), as `approvals.locks.halt_on` finds it."""
        touched = [(Halt.Scope.SYSTEM.value, ""), *((scope, name) for scope, names in targets.items() for name in names)]
        found = (self._halts[one] for one in touched if one in self._halts)
        return min(found, key=lambda halt: (_WIDEST_FIRST.index(halt.scope), halt.placed_at), default=None)


def halt_covering(targets: Mapping[str, Sequence[str]]) -> Halt | None:
    """The widest halt in force among `targets`."""
    return HaltsInForce().on(targets)


def halted_providers(codes: Iterable[str]) -> set[str]:
    """Those of `codes` that somebody has stopped."""
    stopped = Halt.objects.filter(scope=Halt.Scope.PROVIDER, target__in=list(codes), lifted_at=None)
    return set(stopped.values_list("target", flat=True))


def halt_code(halt: Halt) -> str:
    """The API's code for a refusal by this halt."""
    return _CODES[halt.scope]


def sentence_of(halt: Halt) -> str:
    """`Corridor US-MX is stopped since 14:02 UTC on 3 May: rate feed is wrong.`"""
    since = f"{halt.placed_at:%H:%M} UTC on {halt.placed_at.day} {halt.placed_at:%B}"
    return f"{_SUBJECTS[halt.scope].format(target=halt.target)} since {since}: {halt.reason.rstrip('.')}."
