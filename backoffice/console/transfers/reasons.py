"""Why it was let go, held or stopped: the policy's trace in short, and the failure catalogue's four answers."""

from dataclasses import dataclass
from typing import Any

from approvals.errors import PolicyTampered
from approvals.models import PolicyDecision
from approvals.policy.evaluate import nearest_miss
from approvals.queries import trace_of
from transfers.failures import FAILURES, Failure
from transfers.models import Transfer


@dataclass(frozen=True, slots=True)
class PolicySummary:
    """`rules` are all that were looked at; `nearest` is the rule that the amount alone kept from firing, in words."""

    outcome: str
    version: int
    fired: list[dict[str, Any]]
    rules: list[dict[str, Any]]
    nearest: str

    @property
    def counted(self) -> str:
        looked_at = f"{len(self.rules)} rule{'' if len(self.rules) == 1 else 's'}"
        return f"{looked_at}, {len(self.fired)} fired"


def summary(outcome: str, version: int, trace: list[dict[str, Any]]) -> PolicySummary:
    """The closing lines of a trace, which are no rules anybody wrote, count only when they decided."""
    rules = [seen for seen in trace if seen["criteria"] or seen["fired"]]
    miss = nearest_miss(trace)
    nearest = f"{miss['title']}: {miss['miss']['words']}" if miss else ""
    return PolicySummary(outcome, version, [seen for seen in rules if seen["fired"]], rules, nearest)


def policy_of(decision: PolicyDecision | None, trace: list[dict[str, Any]]) -> PolicySummary | None:
    """None for what nobody ordered: it was not decided on."""
    return None if decision is None else summary(decision.outcome, decision.set_id, trace)


def trace_shown(decision: PolicyDecision | None) -> list[dict[str, Any]]:
    """The whole trace; one line that says so where the rules behind it are no longer the published ones."""
    try:
        return [] if decision is None else trace_of(decision)
    except PolicyTampered as tampered:
        line = {"rule": tampered.code, "title": str(tampered), "outcome": "deny", "quorum": 0, "role": "", "fired": True}
        return [{**line, "why": "its trace cannot be told from other rules", "criteria": [], "miss": None}]


def failure_of(transfer: Transfer) -> Failure | None:
    """The catalogue's entry of how it ended; None while it has not ended badly, or by a code of a later release."""
    return FAILURES.get(transfer.failure_code)


def trouble_of(transfer: Transfer) -> Failure | None:
    """The entry behind the present obstacle, where its first word names one; a halt speaks in words of its own."""
    code, _, _ = (transfer.stopped_by or transfer.last_error).partition(":")
    return FAILURES.get(code) or (FAILURES["halted"] if transfer.stopped_by else None)
