"""The context of the transfer page, put together from its parts."""

from typing import Any

from django.conf import settings
from django.utils.safestring import SafeString

from backoffice.access.models import Operator
from backoffice.access.roles import VIEW_CLIENT
from backoffice.console.approvals.queue import destination_number
from backoffice.console.terminal.offers import releasing
from backoffice.console.transfers import actions, happened, headline, incoming, money, names, reasons
from backoffice.console.transfers.forms import SpeedUpForm
from backoffice.console.transfers.listing import badges
from backoffice.console.transfers.story import RELATED, Story, mark_of, read
from backoffice.console.transfers.waiting import wait_of
from backoffice.console.webhooks.pages import told
from transfers import diagrams
from transfers.commands.speed_up import gas_room
from transfers.models import Transfer
from transfers.queries.actions import pending_about
from transfers.receipts.queries import receipts_of
from transfers.states import DEPOSITS, SEND_BACKS, TERMINAL, Route, Status

__all__ = ["RELATED", "context"]


def context(transfer: Transfer, operator: Operator) -> dict[str, Any]:
    """`transfer` with RELATED selected. What the operator's roles do not open is shown without its link."""
    mark = mark_of(transfer.pk)
    story = read(transfer, with_shared=operator.has_perm(VIEW_CLIENT))
    sees_books = operator.has_perm("ledger.view_account")
    pending = pending_about(transfer)
    possible = actions.possibilities(transfer, operator, pending)
    gas = gas_room(transfer) if actions.offers(possible, "speed_up") else None
    return {
        "transfer": transfer,
        "story": story,
        "mark": mark,
        "title": headline.sentence(story),
        "age": headline.age(story),
        "has_ended": transfer.status in TERMINAL,
        "badges": badges(transfer),
        "milestones": headline.milestones(story),
        "wait": wait_of(transfer),
        "timeline": happened.items(story, sees_books=sees_books),
        "money_sentence": money.sentence(story),
        "bookings": money.bookings(story) if sees_books else [],
        "sees_books": sees_books,
        "sees_breaks": operator.has_perm("reconciliation.view_break"),
        "sees_audit": operator.has_perm("audit.view_auditevent"),
        "destination": destination_number(transfer.destination_details),
        "is_on_chain": transfer.route == Route.ON_CHAIN_WITHDRAWAL,
        "payout": story.leg("bank"),
        "incoming": incoming.incoming_of(transfer),
        "going_back": incoming.going_back(transfer) if transfer.route in SEND_BACKS else None,
        "sweep": incoming.sweep_of(transfer) if transfer.route == Route.DEPOSIT_SWEEP else None,
        "sent_back_by": incoming.sent_back_by(transfer) if transfer.route in DEPOSITS else None,
        "refunds": incoming.refunds_of(transfer) if transfer.route == Route.CARD_DEPOSIT else [],
        "expected_evidence": incoming.expected_evidence(transfer.route),
        "kind": incoming.TITLES.get(transfer.route, transfer.route),
        "names": names.names(story),
        "rate": money.rate(story),
        "possible": possible,
        "may_cancel": actions.may_cancel(possible),
        "doings": actions.doings(possible),
        "gas": gas,
        "gas_form": SpeedUpForm(room=gas, auto_id="speed-up-transfer-%s") if gas else None,
        "asked": [request for request in pending if request.pk != transfer.approval_request_id],
        "policy": reasons.policy_of(transfer.policy_decision, story.trace),
        "failure": reasons.failure_of(transfer),
        "trouble": reasons.trouble_of(transfer),
        "releasing": releasing(transfer) if sees_books else [],
        "open_alerts": [alert for alert in story.alerts if alert.resolved_at is None],
        "needed_confirmations": settings.CHAIN_CONFIRMATIONS,
        "told": told(transfer.pk),
        "receipts": receipts_of(transfer.pk),
        "diagram": _diagram(transfer, story),
    }


def _diagram(transfer: Transfer, story: Story) -> SafeString:
    """Drawn from our own table of states; nothing in it comes from outside."""
    visited = frozenset(Status(status) for status in story.reached)
    drawn = diagrams.svg(Route(transfer.route), transfer.machine_version, Status(transfer.status), visited)
    return SafeString(drawn)
