"""Proposals as the page shows them: what would move, why, what it leaves on both sides, and who can do it."""

from dataclasses import dataclass

from approvals.models import ApprovalRequest
from transfers.commands.move_payload import ACTION
from transfers.models import Transfer
from transfers.queries.liquidity import liquidity
from transfers.queries.proposals import proposals
from transfers.rebalancing import Proposal, Way
from transfers.states import Status

_WHO = {
    Way.ON_CHAIN: "Our signer sends it once two people have approved it.",
    Way.KEEPERS: "By hand: whoever keeps this wallet's key sends it. It is matched when the chain shows it, and then booked.",
    Way.PARTNER: "By hand: order it from the liquidity partner. It is matched when the bank statement shows it, and then booked.",
    Way.OUTSIDE: "By hand: pay it in. It is matched when the bank statement or the chain shows it, and then booked.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """`pending` is the request that waits for people already. `is_ours` says whether it may be asked for here at all."""

    proposal: Proposal
    who: str
    pending: ApprovalRequest | None

    @property
    def is_ours(self) -> bool:
        return self.proposal.way is Way.ON_CHAIN

    @property
    def source_after(self) -> int:
        return (self.proposal.source.expected if self.proposal.source else 0) - self.proposal.amount

    @property
    def target_after(self) -> int | None:
        """Not known where it is converted on the way."""
        return None if self.proposal.way is Way.PARTNER else self.proposal.target.expected + self.proposal.amount


def offers() -> list[Offer]:
    """The most urgent first."""
    waiting = ApprovalRequest.objects.filter(action=ACTION, status=ApprovalRequest.Status.PENDING)
    pending = {request.subject_id: request for request in waiting}
    return [Offer(proposal=one, who=_WHO[one.way], pending=pending.get(one.key)) for one in proposals()]


def releasing(transfer: Transfer) -> list[Offer]:
    """For a transfer that waits for money where it is paid from: what would let it go."""
    if transfer.status != Status.QUOTED or not transfer.last_error.startswith("wallet_short"):
        return []
    assets = {transfer.source_asset_id, transfer.target_asset_id}
    short = {code for code, one in liquidity().items() if one.shortage and one.asset.id in assets}
    return [offer for offer in offers() if offer.proposal.target.account_code in short]
