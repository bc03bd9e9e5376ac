"""Liquidity levels through four eyes: the registered action `treasury.thresholds`.

Treasury asks, an approver who did not ask decides, and the last vote sets the level in its own transaction. The payload is the
whole level, so that what was approved is what stands afterwards.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from approvals.commands.carrying_out import decide_and_carry_out
from approvals.commands.requests import open_request
from approvals.errors import QuorumTooSmall
from approvals.models import ApprovalRequest
from approvals.registry import Action, DecideInput, Fact, VoteOutcome, register
from audit import clock
from audit.commands import record
from ledger.models import Account
from ledger.money import Money
from ledger.queries import unit
from transfers.errors import Refused
from transfers.models import LiquidityLevel
from transfers.vocabulary import LEVELS_SET

ACTION = "treasury.thresholds"
SCHEMA = "treasury.thresholds/1"
ROLE, QUORUM = "approver", 1
LIVES = timedelta(hours=24)
_FUNDING = {
    LiquidityLevel.Funding.PRE_FUNDED: "Pre-funded: kept between its levels",
    LiquidityLevel.Funding.JUST_IN_TIME: "Just in time: nothing is kept, money comes when payments need it",
    LiquidityLevel.Funding.HYBRID: "Hybrid: kept above its minimum, and topped up for payments that need more",
}


@transaction.atomic
def request_levels(
    *, account_code: str, funding: str, minimum: int, target: int, maximum: int | None, reason: str, maker: UUID
) -> ApprovalRequest:
    """Ask for the levels of one account, in minor units of its asset. Nothing changes yet.

    Raises Refused (with the field) for levels that make no sense, RequestAlreadyPending, Unknown (the maker).
    """
    account = Account.objects.filter(code=account_code).first()
    if account is None:
        raise Refused("account_unknown", f"There is no account {account_code}.")
    _check(funding, minimum, target, maximum)
    known = LiquidityLevel.objects.filter(pk=account_code).first()
    content = {
        "schema": SCHEMA,
        "account": account_code,
        "asset": account.asset_id,
        "funding": funding,
        "minimum": str(minimum),
        "target": str(target),
        "maximum": "" if maximum is None else str(maximum),
        "before": _written(known),
        "reason": reason.strip(),
    }
    return open_request(
        action=ACTION,
        subject_type="liquidity_level",
        subject_id=account_code,
        client_id="",
        title=title(content),
        payload=content,
        quorum=QUORUM,
        role=ROLE,
        expires_at=clock.now() + LIVES,
        makers=[maker],
    )


def _check(funding: str, minimum: int, target: int, maximum: int | None) -> None:
    if funding not in LiquidityLevel.Funding.values:
        raise Refused("level_invalid", "Say how it is funded.", {"funding": "One of the three ways."})
    if minimum < 0 or target < minimum:
        raise Refused("level_invalid", "The target is at least the minimum.", {"target": "At least the minimum."})
    if maximum is not None and maximum < target:
        raise Refused("level_invalid", "The maximum is at least the target.", {"maximum": "At least the target, or empty."})


def _written(known: LiquidityLevel | None) -> dict[str, str]:
    if known is None:
        return {}
    maximum = "" if known.maximum is None else str(known.maximum)
    return {"funding": known.funding, "minimum": str(known.minimum), "target": str(known.target), "maximum": maximum}


def decide_levels(vote: DecideInput) -> VoteOutcome:
    """One vote; the approval that completes the quorum sets the level. Raises what `cast_vote` raises, and QuorumTooSmall."""
    return decide_and_carry_out(vote, before=lambda _: None, carry_out=_set, why_not=str)


def _set(request: ApprovalRequest, content: dict[str, Any]) -> None:
    if request.quorum < QUORUM or request.role != ROLE:
        raise QuorumTooSmall
    put_level(content, metadata={"approval_request": str(request.id)})


def put_level(content: dict[str, Any], *, metadata: dict[str, str]) -> None:
    """Write the level with its version and its event. For the last vote, and for setting up an installation."""
    level = LiquidityLevel(
        account_code=content["account"],
        asset_id=content["asset"],
        funding=content["funding"],
        minimum=int(content["minimum"]),
        target=int(content["target"]),
        maximum=int(content["maximum"]) if content["maximum"] else None,
    )
    level.change_reason = content["reason"]
    level.save()
    record(
        type=LEVELS_SET,
        resource_type="liquidity_level",
        resource_id=level.account_code,
        reason=content["reason"],
        diff={name: [content["before"].get(name, ""), value] for name, value in _written(level).items()},
        metadata=metadata,
    )


def title(content: dict[str, Any]) -> str:
    return f"Levels of {content['account']}: {_amounts(content)}"


def _amounts(content: dict[str, Any]) -> str:
    most = f"maximum {_text(content, 'maximum')}" if content["maximum"] else "no maximum"
    return f"minimum {_text(content, 'minimum')}, target {_text(content, 'target')}, {most}"


def _text(content: dict[str, Any], name: str) -> str:
    asset = unit(content["asset"])
    return f"{Money(int(content[name]), asset).format()} {asset.code}"


def describe(content: dict[str, Any]) -> list[Fact]:
    """What the approver reads."""
    before = content["before"] | {"asset": content["asset"]} if content["before"] else {}
    return [
        Fact("Account", content["account"]),
        Fact("Minimum", _text(content, "minimum"), "money"),
        Fact("Target", _text(content, "target"), "money"),
        Fact("Maximum", _text(content, "maximum") if content["maximum"] else "none", "money"),
        Fact("Funding", _FUNDING[LiquidityLevel.Funding(content["funding"])]),
        Fact("Until now", f"{_amounts(before)}; {before['funding'].replace('_', ' ')}" if before else "no levels"),
        Fact("Why", content["reason"]),
    ]


def register_action() -> None:
    register(
        Action(
            name=ACTION,
            title="Set liquidity levels",
            check_permission="approvals.decide_request",
            decide=decide_levels,
            describe=describe,
        )
    )
