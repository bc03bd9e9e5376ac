"""What this operator can do with this transfer now, and why not; and the dialog behind each thing that can be done."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.urls import reverse

from approvals.models import ApprovalRequest
from approvals.queries import obstacle_to
from backoffice.access.models import Operator
from backoffice.access.queries import roles_held_since
from backoffice.console.parts import Possible
from backoffice.console.transfers.forms import EvidenceForm, ReasonForm, RecallForm
from transfers.models import Transfer
from transfers.queries import Available, available_actions

CANCEL_DIALOG = "cancel-transfer"


@dataclass(frozen=True, slots=True)
class Doing:
    """One action's dialog. `text` says what follows; `verb` is the button; `danger` marks what cannot be taken back."""

    name: str
    title: str
    text: str
    verb: str
    view: str
    danger: bool = False

    @property
    def dialog(self) -> str:
        return f"{self.name.replace('_', '-')}-transfer"

    @property
    def form(self) -> ReasonForm:
        """Each dialog's field needs an id of its own."""
        kind = {_VERDICT: EvidenceForm, _CALL_BACK: RecallForm}.get(self.view, ReasonForm)
        return kind(auto_id=f"{self.dialog}-%s")


_NUDGE, _VERDICT, _RECALL = "console:transfer-nudge", "console:transfer-verdict", "console:transfer-recall"
_SPEED_UP, _CALL_BACK = "console:transfer-speed-up", "console:transfer-call-back"
_DECIDED = "When the outside answers meanwhile, the request is void."
DOINGS = {
    one.name: one
    for one in (
        Doing("retry", "Try the failed step again?", "It is taken at once instead of after its pause.", "Retry", _NUDGE),
        Doing(
            "new_bounds",
            "Propose the price of today?",
            "What was approved before counts for nothing; others approve the new least amount, or the client's order lapses.",
            "Propose it",
            "console:transfer-terms",
        ),
        Doing("resume", "Look again at what stopped it?", "If it still stands, the transfer goes on waiting.", "Resume", _NUDGE),
        Doing(
            "speed_up",
            "Bid higher for a place in a block?",
            "The same payment under the same nonce. The new bid follows the market, within what you allow here; we pay the gas.",
            "Speed up",
            _SPEED_UP,
        ),
        Doing(
            "recall",
            "Try to stop this payment?",
            "Its nonce is used up by a transaction that pays nobody. If the payment is mined first, the recall comes too late.",
            "Recall",
            _RECALL,
            danger=True,
        ),
        Doing(
            "recall_payout",
            "Ask to call this payout back?",
            "An approver other than you reads your reason and decides; then the bank is asked. Only what comes back is booked.",
            "Ask for it",
            _CALL_BACK,
            danger=True,
        ),
        Doing("paid", "Ask to treat it as paid?", _DECIDED, "Ask for it", _VERDICT, danger=True),
        Doing("not_paid", "Ask to treat it as not paid?", _DECIDED, "Ask for it", _VERDICT, danger=True),
        Doing("lost", "Ask to declare it lost?", _DECIDED, "Ask for it", _VERDICT, danger=True),
    )
}


def possibilities(transfer: Transfer, operator: Operator, pending: Sequence[ApprovalRequest]) -> list[Possible]:
    """From the transfer's own rules and what is asked about it already; for deciding, also from who this person is."""
    found = available_actions(transfer, operator.get_all_permissions(), pending)
    return [_possible(action, transfer, operator) for action in found]


def may_cancel(found: list[Possible]) -> bool:
    return any(one.dialog == CANCEL_DIALOG for one in found)


def offers(found: list[Possible], name: str) -> bool:
    """Whether this doing can be done now by whoever looks."""
    return any(one.dialog == DOINGS[name].dialog for one in found)


def doings(found: list[Possible]) -> list[Doing]:
    """The dialogs that the page needs."""
    wanted = {one.dialog: one.reason for one in found}
    return [_told(one, wanted[one.dialog]) for one in DOINGS.values() if one.dialog in wanted]


def _told(doing: Doing, follows: str) -> Doing:
    """What a verdict does depends on how the transfer stands."""
    return replace(doing, text=f"{follows} {doing.text}") if doing.view == _VERDICT else doing


def _possible(action: Available, transfer: Transfer, operator: Operator) -> Possible:
    if not action.allowed:
        return Possible(action.title, action.reason)
    if action.name == "cancel":
        return Possible(action.title, action.reason, dialog=CANCEL_DIALOG)
    if action.name == "refund":
        return Possible(action.title, action.reason, url=reverse("console:transfer-refund", args=[transfer.pk]))
    if action.name in DOINGS:
        return Possible(action.title, action.reason, dialog=DOINGS[action.name].dialog)
    request = transfer.approval_request
    if request is None:
        return Possible(action.title, action.reason)
    obstacle = obstacle_to(request, person_id=operator.person_id, roles=roles_held_since(operator))
    if obstacle:
        return Possible(action.title, obstacle)
    return Possible(action.title, action.reason, url=reverse("console:approval", args=[request.pk]))
