"""The verbs of floor 3. Each is one transaction with its audit event inside; refusals raise, and the caller records them."""

from approvals.commands.api_keys import authenticate_key, issue_api_key, revoke_api_key
from approvals.commands.corrections import decide_correction, request_correction
from approvals.commands.expiry import expire_due
from approvals.commands.halts import check_halts, decide_lift, place_halt, request_lift
from approvals.commands.limits import consume_limits, give_back_limits, give_back_shares, hold_limits, remove_limit, set_limit
from approvals.commands.parties import (
    add_destination,
    block_destination,
    create_client,
    create_corridor,
    create_person,
    deactivate_person,
    set_client_status,
)
from approvals.commands.periods import decide_period, request_period
from approvals.commands.policy import decide_policy, publish_policy_set
from approvals.commands.requests import add_maker, cast_vote, dismiss, expire_request, mark_executed, open_request, withdraw

__all__ = [
    "add_destination",
    "add_maker",
    "authenticate_key",
    "block_destination",
    "cast_vote",
    "check_halts",
    "consume_limits",
    "create_client",
    "create_corridor",
    "create_person",
    "deactivate_person",
    "decide_correction",
    "decide_lift",
    "decide_period",
    "decide_policy",
    "dismiss",
    "expire_due",
    "expire_request",
    "give_back_limits",
    "give_back_shares",
    "hold_limits",
    "issue_api_key",
    "mark_executed",
    "open_request",
    "place_halt",
    "publish_policy_set",
    "remove_limit",
    "request_correction",
    "request_lift",
    "request_period",
    "revoke_api_key",
    "set_client_status",
    "set_limit",
    "withdraw",
]
