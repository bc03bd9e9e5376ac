"""What this operator can do with this transfer now, and why not."""

from django.urls import reverse

from approvals.queries import obstacle_to
from backoffice.access.models import Operator
from backoffice.access.queries import roles_held_since
from backoffice.console.parts import Possible
from transfers.models import Transfer
from transfers.queries import Available, available_actions

CANCEL_DIALOG = "cancel-transfer"


def possibilities(transfer: Transfer, operator: Operator) -> list[Possible]:
    """From the transfer's own rules; for deciding, also from who this person is."""
    return [_possible(action, transfer, operator) for action in available_actions(transfer, operator.get_all_permissions())]


def may_cancel(found: list[Possible]) -> bool:
    return any(one.dialog == CANCEL_DIALOG for one in found)


def _possible(action: Available, transfer: Transfer, operator: Operator) -> Possible:
    if not action.allowed:
        return Possible(action.title, action.reason)
    if action.name == "cancel":
        return Possible(action.title, action.reason, dialog=CANCEL_DIALOG)
    request = transfer.approval_request
    if request is None:
        return Possible(action.title, action.reason)
    obstacle = obstacle_to(request, person_id=operator.person_id, roles=roles_held_since(operator))
    if obstacle:
        return Possible(action.title, obstacle)
    return Possible(action.title, action.reason, url=reverse("console:approval", args=[request.pk]))
