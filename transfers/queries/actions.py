"""What may be done with a transfer now, and why not. The page draws its buttons from this; the commands check again."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from approvals.models import ApprovalRequest
from transfers.commands import dear_speed_up, new_bounds, nudge, payout_recall, verdicts
from transfers.commands.cancel import why_not_cancel
from transfers.commands.deposits import refund_payload
from transfers.commands.deposits.refund import refundable
from transfers.commands.recall import why_not_recall
from transfers.commands.speed_up import why_not_speed_up
from transfers.commands.verdicts import Verdict
from transfers.models import Leg, Transfer
from transfers.states import Route, Status
from transfers.uncertain import uncertainty_of
from transfers.wording import why_over

CANCEL_PERMISSION = "transfers.cancel_transfer"
DECIDE_PERMISSION = "approvals.decide_request"
RETRY_PERMISSION = "transfers.retry_transfer"
VERDICT_PERMISSION = "transfers.ask_verdict"


@dataclass(frozen=True, slots=True)
class Available:
    """`reason` stands beside the button when it is disabled, and says what happens next when it is not."""

    name: str
    title: str
    allowed: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Situation:
    """What the rules look at. `asked` are the titles of what waits for approvers, by action."""

    transfer: Transfer
    legs: dict[str, Leg]
    asked: dict[str, str]


@dataclass(frozen=True, slots=True)
class Rule:
    """One action. `lacking` is said to those without the permission, `after` to those who may press; `why_not` is asked between."""

    name: str
    title: str
    permission: str
    lacking: str
    after: str
    why_not: Callable[[Situation], str]
    # Offered also when the transfer has come to its end.
    also_after: bool = False
    # What exactly follows, where that depends on how it stands; said before `after`.
    follows: Callable[[Situation], str] = lambda _: ""


def available_actions(
    transfer: Transfer, permissions: Collection[str], pending: Sequence[ApprovalRequest] | None = None
) -> list[Available]:
    """For somebody who holds `permissions` (`app.codename`), in the order in which they are offered. `pending`: what
    `pending_about` said, where it was asked already."""
    asked = {request.action: request.title for request in (pending_about(transfer) if pending is None else pending)}
    situation = Situation(transfer, {leg.rail: leg for leg in transfer.legs.all()}, asked)
    rules = (*RULES, REFUND) if transfer.route == Route.CARD_DEPOSIT else RULES
    return [_available(rule, situation, permissions) for rule in rules]


def _available(rule: Rule, situation: Situation, permissions: Collection[str]) -> Available:
    reason = "" if rule.permission in permissions else rule.lacking
    reason = reason or ("" if rule.also_after else why_over(situation.transfer.status)) or rule.why_not(situation)
    return Available(rule.name, rule.title, not reason, reason or f"{rule.follows(situation)}{rule.after}")


def pending_about(transfer: Transfer) -> list[ApprovalRequest]:
    """What people have asked about it and others have not decided yet, the request that lets it go among them; oldest first."""
    about = ApprovalRequest.objects.filter(subject_type="transfer", subject_id=str(transfer.pk))
    return list(about.filter(status=ApprovalRequest.Status.PENDING).order_by("made_at", "id"))


def _why_not_decide(situation: Situation) -> str:
    transfer = situation.transfer
    if transfer.route == Route.DEPOSIT_SWEEP:
        return "It moves tokens from an address of ours to another, and the signer allows nothing else: nobody approves it."
    if transfer.approval_request is None:
        return "The policy lets it go without an approval."
    if transfer.approval_request.status != "pending" or transfer.status != Status.CREATED:
        return f"The request is {transfer.approval_request.status}."
    return ""


def _why_not_verdict(verdict: Verdict) -> Callable[[Situation], str]:
    def why_not(situation: Situation) -> str:
        obstacle = verdicts.why_not(verdict, situation.transfer, situation.legs)
        asked = next((title for action, title in situation.asked.items() if action in verdicts.ACTIONS.values()), "")
        return obstacle or (f"Somebody has asked already, and two approvers decide: {asked}." if asked else "")

    return why_not


def _why_not_recall_payout(situation: Situation) -> str:
    return payout_recall.why_not(situation.transfer, situation.legs) or _waits(situation, payout_recall.ACTION)


def _why_not_speed_up(situation: Situation) -> str:
    return why_not_speed_up(situation.transfer) or _waits(situation, dear_speed_up.ACTION)


def _why_not_refund(situation: Situation) -> str:
    if not refundable(situation.transfer):
        return "Nothing of it was charged, or all of it went back already."
    return _waits(situation, refund_payload.ACTION)


def _waits(situation: Situation, action: str) -> str:
    return "Somebody has asked already, and an approver decides." if action in situation.asked else ""


def _verdict(verdict: Verdict, title: str) -> Rule:
    """A transfer that has ended may be in doubt again: the rules know."""
    return Rule(
        verdict.value,
        title,
        VERDICT_PERMISSION,
        _ASKS,
        _TWO_DECIDE,
        _why_not_verdict(verdict),
        also_after=True,
        follows=lambda situation: f"{verdicts.in_words(verdict, _doubt_of(situation))}. ",
    )


def _doubt_of(situation: Situation) -> str:
    uncertain = uncertainty_of(situation.transfer, situation.legs)
    return uncertain.name if uncertain else ""


_ASKS = "Your roles do not include asking for it."
_TWO_DECIDE = "Two approvers other than you decide on your evidence; nothing changes before."
RULES: tuple[Rule, ...] = (
    Rule(
        "decide",
        "Approve or reject",
        DECIDE_PERMISSION,
        "Your roles do not include deciding requests.",
        "Opens the request; what you approve is bound to its digest.",
        _why_not_decide,
    ),
    Rule(
        "retry",
        "Retry",
        RETRY_PERMISSION,
        "Your roles do not include retrying transfers.",
        "The failed step is taken again at once, under the same names: nothing can happen twice.",
        lambda situation: nudge.why_not_retry(situation.transfer),
    ),
    Rule(
        "new_bounds",
        "Propose new terms",
        "transfers.create_withdrawal",
        "Your roles do not include proposing terms.",
        "Earlier votes are void, and others approve the price of today as a new revision.",
        lambda situation: new_bounds.why_not(situation.transfer),
    ),
    Rule(
        "resume",
        "Resume",
        RETRY_PERMISSION,
        "Your roles do not include resuming transfers.",
        "What stopped it is looked at again at once. A halt that is in force stays: lifting it takes two people.",
        lambda situation: nudge.why_not_resume(situation.transfer),
    ),
    Rule(
        "cancel",
        "Cancel",
        CANCEL_PERMISSION,
        "Your roles do not include cancelling transfers.",
        "The reserved funds become available again and a pending request is withdrawn.",
        lambda situation: why_not_cancel(situation.transfer, situation.legs),
    ),
    Rule(
        "speed_up",
        "Speed up",
        RETRY_PERMISSION,
        "Your roles do not include speeding transfers up.",
        "A higher bid under the same nonce; what was sent before stays valid, and only one of them can pay. Where it is dear, "
        "an approver decides too.",
        _why_not_speed_up,
    ),
    Rule(
        "recall",
        "Recall",
        CANCEL_PERMISSION,
        "Your roles do not include recalling payments.",
        "Its nonce is used up without paying; the funds are available again when that is final.",
        lambda situation: why_not_recall(situation.transfer),
    ),
    Rule(
        "recall_payout",
        "Call back from the bank",
        VERDICT_PERMISSION,
        _ASKS,
        "Somebody else approves it, then the bank is asked. It may refuse, and the payout then stands.",
        _why_not_recall_payout,
        also_after=True,
    ),
    _verdict(Verdict.PAID, "Override: paid"),
    _verdict(Verdict.NOT_PAID, "Override: not paid"),
    _verdict(Verdict.LOST, "Declare lost"),
)
REFUND = Rule(
    "refund",
    "Refund",
    "transfers.create_withdrawal",
    "Your roles do not include refunding cards.",
    "Others approve it; then it is taken from the client's balance and given back to the card.",
    _why_not_refund,
    also_after=True,
)
