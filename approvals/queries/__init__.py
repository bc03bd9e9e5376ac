"""The reads of floor 3."""

from approvals.queries.halts import halts_due_for_review, halts_in_force, sentence_of
from approvals.queries.limits import LimitUsage, limit_drift, limit_usage
from approvals.queries.parties import (
    api_keys_of,
    client_scope,
    controllers_of,
    corridors,
    destination_status,
    destinations_of,
    find_destination,
    get_client,
    get_corridor,
    get_person,
)
from approvals.queries.policy import active_set, decide_again, get_decision, policy_sets, trace_of
from approvals.queries.requests import (
    PendingRequest,
    RequestView,
    get_request,
    obstacle_to,
    overdue_requests,
    payload_of,
    pending_count,
    pending_requests,
    requests_of,
    view_request,
)

__all__ = [
    "LimitUsage",
    "PendingRequest",
    "RequestView",
    "active_set",
    "api_keys_of",
    "client_scope",
    "controllers_of",
    "corridors",
    "decide_again",
    "destination_status",
    "destinations_of",
    "find_destination",
    "get_client",
    "get_corridor",
    "get_decision",
    "get_person",
    "get_request",
    "halts_due_for_review",
    "halts_in_force",
    "limit_drift",
    "limit_usage",
    "obstacle_to",
    "overdue_requests",
    "payload_of",
    "pending_count",
    "pending_requests",
    "policy_sets",
    "requests_of",
    "sentence_of",
    "trace_of",
    "view_request",
]
