"""Corrections of the books through four eyes: the registered action `ledger.correct`.

The payload is the posting itself. It is rehearsed when it is asked for, so that nobody is asked to approve what could not be
booked, and booked by the last vote.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from approvals.commands.carrying_out import decide_and_carry_out
from approvals.commands.halts import check_halts
from approvals.commands.requests import open_request
from approvals.corrections import payload as form
from approvals.corrections.quorum import ROLE, quorum_for
from approvals.corrections.words import title, why_not
from approvals.errors import QuorumTooSmall
from approvals.models import SEVERAL_CLIENTS, ApprovalRequest
from approvals.registry import DecideInput, VoteOutcome
from audit import clock
from ledger.commands.corrections import book_correction, rehearse_correction
from ledger.models import Account
from ledger.posting import Posting

CORRECT = form.TYPE
LIVES = timedelta(hours=24)
_CLIENT = "client:"


@transaction.atomic
def request_correction(*, given: Posting, maker: UUID) -> ApprovalRequest:
    """Ask for a posting that a `*_posting` function of the ledger made. Nothing is booked yet.

    Raises RequestAlreadyPending (one at a time per posting or account), Unknown (the maker), and every LedgerError that booking it
    now would raise.
    """
    rehearse_correction(given)
    content = form.to_payload(given)
    subject_type, subject_id = form.subject_of(given)
    return open_request(
        action=CORRECT,
        subject_type=subject_type,
        subject_id=subject_id,
        client_id=_client_of(form.accounts_of(given)),
        title=title(content),
        payload=content,
        quorum=quorum_for(content),
        role=ROLE,
        expires_at=clock.now() + LIVES,
        makers=[maker],
    )


def decide_correction(vote: DecideInput) -> VoteOutcome:
    """One vote on a `ledger.correct` request; the one that completes the quorum books it in the same transaction.

    Raises what `cast_vote` raises; Halted for an approval while a halt covers its accounts (rejecting stays possible);
    NotCarriedOut when the books refuse it by now.
    """
    return decide_and_carry_out(vote, before=_check_halts, carry_out=_book, why_not=why_not)


def _book(request: ApprovalRequest, content: dict[str, Any]) -> None:
    """Raises QuorumTooSmall for a request that was made with fewer people, or another role, than this posting needs."""
    if request.quorum < quorum_for(content) or request.role != ROLE:
        raise QuorumTooSmall
    book_correction(form.posting_of(content, request_id=request.id))


def _check_halts(content: dict[str, Any]) -> None:
    codes = tuple(line["account"] for line in content["lines"])
    owners = Account.objects.filter(code__in=codes).exclude(owner="").values_list("owner", flat=True)
    for client_id in sorted({owner.removeprefix(_CLIENT) for owner in owners} or {""}):
        check_halts(client_id=client_id, account_codes=codes, asset_ids=tuple(line["asset"] for line in content["lines"]))


def _client_of(accounts: list[Account]) -> str:
    """Whose operators may see it: those of its client, of nobody in particular, or only those who see everybody."""
    clients = sorted({account.owner.removeprefix(_CLIENT) for account in accounts if account.owner.startswith(_CLIENT)})
    if len(clients) > 1:
        return SEVERAL_CLIENTS
    return clients[0] if clients else ""
