"""The eight roles and what each may do. One table; `sync_roles` copies it into Django's groups and permissions.

A role says what somebody may do; whose clients they may do it for is a separate question (`client_scope`). Nobody who
configures may also decide: `admin` neither makes nor approves withdrawals. Four eyes do not rest on roles alone: the database
refuses a maker's vote whatever roles the maker holds.
"""

from dataclasses import dataclass

_SEE_TRANSFERS = ("transfers.view_transfer", "approvals.view_approvalrequest")
_SEE_BOOKS = ("ledger.view_account", "reconciliation.view_break")
_SEE_ALERTS = ("alerts.view_alert",)
_SEE_PROVIDERS = ("transfers.view_provider", "transfers.view_ratesheet")
_SEE_ALL = (*_SEE_TRANSFERS, *_SEE_BOOKS, *_SEE_ALERTS, *_SEE_PROVIDERS)

# Group that carries `approvals.view_client` for every client. Without it an operator sees only the clients assigned one by one.
ALL_CLIENTS_GROUP = "all-clients"
VIEW_CLIENT = "approvals.view_client"


@dataclass(frozen=True, slots=True)
class Role:
    """`name` is the Django group and what policies and approval requests refer to; `title` and `purpose` are for people."""

    name: str
    title: str
    purpose: str
    permissions: tuple[str, ...]


_ALL = (
    Role("viewer", "Viewer", "Reads transfers, books and breaks; changes nothing.", _SEE_ALL),
    Role(
        "operator",
        "Operator",
        "Makes and cancels withdrawals, alone and in files, imports statements, asks for corrections, stops what looks wrong.",
        (
            *_SEE_ALL,
            "transfers.enter_by_hand",
            "transfers.open_breaker",
            "transfers.create_withdrawal",
            "transfers.create_bulk_order",
            "transfers.cancel_transfer",
            "transfers.retry_transfer",
            "transfers.ask_verdict",
            "transfers.replay_webhooks",
            "reconciliation.import_statement",
            "approvals.place_halt",
            "alerts.acknowledge_alert",
            "ledger.request_correction",
        ),
    ),
    Role(
        "approver",
        "Approver",
        "Decides on requests that somebody else made; freezes, and asks to lift.",
        (
            *_SEE_ALL,
            "transfers.open_breaker",
            "transfers.close_breaker",
            "approvals.decide_request",
            "approvals.place_halt",
            "approvals.request_lift",
        ),
    ),
    Role(
        "admin",
        "Admin",
        "Looks after accounts and roles; neither makes nor decides payments.",
        (
            *_SEE_ALL,
            "audit.view_auditevent",
            "access.view_operator",
            "ledger.run_proofs",
            "approvals.place_halt",
            "approvals.request_lift",
            "alerts.run_drill",
            "transfers.manage_webhooks",
            "transfers.replay_webhooks",
        ),
    ),
    Role(
        "support",
        "Support",
        "Finds a client's transfer, explains where it is, and tells the client again.",
        (*_SEE_TRANSFERS, *_SEE_ALERTS, "transfers.replay_webhooks"),
    ),
    Role(
        "compliance",
        "Compliance",
        "Reads every trail, reviews access, freezes accounts.",
        (
            *_SEE_ALL,
            "audit.view_auditevent",
            "access.view_operator",
            "ledger.run_proofs",
            "approvals.place_halt",
            "approvals.request_lift",
        ),
    ),
    Role(
        "oncall",
        "On-call",
        "Answers alerts at night: investigates, retries, acknowledges, halts; asks others to decide about what is uncertain.",
        (
            *_SEE_ALL,
            "transfers.retry_transfer",
            "transfers.ask_verdict",
            "transfers.open_breaker",
            "transfers.replay_webhooks",
            "audit.view_auditevent",
            "alerts.acknowledge_alert",
            "alerts.run_drill",
            "ledger.run_proofs",
            "approvals.place_halt",
            "approvals.request_lift",
        ),
    ),
    Role(
        "treasury",
        "Treasury",
        "Looks after liquidity and the months; decides where a policy asks for a treasury lead.",
        (
            *_SEE_ALL,
            "transfers.enter_by_hand",
            "transfers.open_breaker",
            "transfers.close_breaker",
            "approvals.decide_request",
            "reconciliation.import_statement",
            "ledger.run_proofs",
            "approvals.place_halt",
            "approvals.request_lift",
            # Decided by approvers alone, so treasury never decides what it asks for.
            "ledger.request_correction",
            "ledger.close_period",
            "transfers.manage_liquidity",
            "transfers.manage_calendar",
        ),
    ),
)

ROLES: dict[str, Role] = {role.name: role for role in _ALL}


def role(name: str) -> Role:
    """The role of that name. Raises UnknownRole, which names the ones there are."""
    try:
        return ROLES[name]
    except KeyError:
        raise UnknownRole(name) from None


class UnknownRole(ValueError):
    """A role that is not in the table: never made up on the fly, since a misspelt role would silently grant nothing."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no role {name!r}. Roles are: {', '.join(ROLES)}.")
