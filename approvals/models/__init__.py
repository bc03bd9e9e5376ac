"""Floor 3, the control plane: people and parties, policy and limits, halts, and maker-checker requests."""

from approvals.models.halts import Halt, HaltGate
from approvals.models.limits import Limit, LimitBucket, LimitReturn, LimitUse
from approvals.models.parties import ApiKey, Client, Corridor, Destination, Person
from approvals.models.policy import PolicyDecision, PolicyRule, PolicySet
from approvals.models.requests import SEVERAL_CLIENTS, ApprovalRequest, RequestMaker, Vote

__all__ = [
    "SEVERAL_CLIENTS",
    "ApiKey",
    "ApprovalRequest",
    "Client",
    "Corridor",
    "Destination",
    "Halt",
    "HaltGate",
    "Limit",
    "LimitBucket",
    "LimitReturn",
    "LimitUse",
    "Person",
    "PolicyDecision",
    "PolicyRule",
    "PolicySet",
    "RequestMaker",
    "Vote",
]
