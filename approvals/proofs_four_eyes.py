"""Proofs that four eyes saw what only four eyes may do: corrections of the books that people ask for, and the closing and reopening
of months. Each is what an approved request says, carried out by the database transaction that did it."""

from approvals.commands.corrections import CORRECT
from approvals.commands.periods import PERIOD
from approvals.corrections import machines
from approvals.corrections.payload import WRITE_OFF
from ledger.commands.overdrafts import KINDS
from ledger.proofs.registry import Proof, Rows, Since, asked

# Archived lines are in the file of their month; the audit trail's are held against the posting by the ledger's own proof.
_CORRECTIONS_ARE_APPROVED = """
    SELECT posting.reference AS subject, CASE
           WHEN request.id IS NULL AND posting.metadata ? 'approval_request'
           THEN 'it names a request for approval that there is not'
           WHEN request.id IS NULL AND NOT machine.named
           THEN 'nobody approved it, and it is none of the corrections that follow the outside'
           WHEN request.id IS NULL AND NOT EXISTS (
                SELECT FROM audit_trail AS told
                 WHERE (told.cluster_epoch, told.txid) = (posting.cluster_epoch, posting.created_txid)
                   AND (told.transaction_id = posting.transaction_id OR posting.transaction_id IS NULL)
                   AND told.type NOT LIKE 'ledger.%%')
           THEN 'it is called as one that follows the outside, and nothing is told of that in its database transaction'
           WHEN request.id IS NOT NULL THEN 'its request for approval ' || request.reference || ' ' || nullif(concat_ws(', ',
                approvals_contradiction(request.id::text, %(action)s,
                    CASE WHEN posting.forced_kind <> '' OR posting.kind = %(write_off)s THEN 2 ELSE 1 END,
                    posting.cluster_epoch, posting.created_txid),
                CASE WHEN (content->>'reference', content->>'kind', content->>'forced_kind', content->>'reason',
                           content->>'corrects', content->>'transaction_id', (content->>'value_at')::timestamptz)
                          IS DISTINCT FROM (posting.reference, posting.kind, posting.forced_kind, posting.description,
                           coalesce(corrected.reference, ''), coalesce(posting.transaction_id::text, ''), posting.value_at)
                       OR content->'dimensions' IS DISTINCT FROM coalesce(posting.metadata->'dimensions', '{}')
                       OR content->>'verb' IS DISTINCT FROM CASE WHEN posting.reverses_id IS NOT NULL THEN 'reversal'
                           WHEN posting.adjusts_id IS NOT NULL THEN 'adjustment' ELSE split_part(posting.kind, '.', 2) END
                       OR posting.booked_at >= away.entries AND content->'lines' IS DISTINCT FROM (
                          SELECT jsonb_agg(jsonb_build_object('account', account.code, 'asset', entry.asset_id,
                                           'debit', entry.debit::text, 'credit', entry.credit::text) ORDER BY entry.ordinal)
                            FROM ledger_entry AS entry JOIN ledger_account AS account ON account.id = entry.account_id
                           WHERE entry.transaction_id = posting.id AND entry.booked_at = posting.booked_at)
                     THEN 'asks for another posting' END), '')
           END AS message
      FROM ledger_postings_after(%(epoch)s, %(txid)s) AS posting
     CROSS JOIN (SELECT coalesce(audit_archived_until('ledger_entry'), '-infinity') AS entries) AS away
      LEFT JOIN ledger_ledgertransaction AS corrected ON corrected.id = coalesce(posting.reverses_id, posting.adjusts_id)
      LEFT JOIN approvals_approvalrequest AS request ON request.id::text = posting.metadata->>'approval_request'
     CROSS JOIN LATERAL (SELECT approvals_content(request.payload) AS content) AS said
     CROSS JOIN LATERAL (
           SELECT EXISTS (SELECT FROM unnest(%(kinds)s::text[], %(references)s::text[]) AS known (kind, reference)
                           WHERE posting.kind LIKE known.kind
                             AND posting.reference LIKE replace(known.reference, '{of}', corrected.reference)) AS named) AS machine
     WHERE posting.reverses_id IS NOT NULL OR posting.adjusts_id IS NOT NULL OR posting.kind = ANY (%(steps)s)
        OR posting.metadata ? 'approval_request'
"""
_PERIODS_ARE_APPROVED = """
    SELECT told.resource_id AS subject, format('that it was %%s at %%s by %%s ', split_part(told.type, '_', 2), told.recorded_at,
                                               told.actor_id) || CASE
           WHEN request.id IS NULL THEN 'was approved by nobody'
           ELSE 'is not what was approved: request ' || request.reference || ' ' || nullif(concat_ws(', ',
                approvals_contradiction(request.id::text, %(action)s, CASE told.verb WHEN 'close' THEN 1 ELSE 2 END,
                                        told.cluster_epoch, told.txid),
                CASE WHEN (content->>'verb', content->>'month', content->>'reason')
                          IS DISTINCT FROM (told.verb, told.resource_id, told.reason)
                     THEN 'asks for another month or reason' END), '')
           END AS message
      FROM (SELECT CASE type WHEN 'ledger.period_closed' THEN 'close' ELSE 'reopen' END AS verb, * FROM audit_trail
             WHERE type IN ('ledger.period_closed', 'ledger.period_reopened')) AS told
      LEFT JOIN approvals_approvalrequest AS request ON request.id::text = told.metadata->>'approval_request'
     CROSS JOIN LATERAL (SELECT approvals_content(request.payload) AS content) AS said
"""


def _unapproved(since: Since) -> Rows:
    """The machine's names are known when every floor has started."""
    known = machines.known()
    find = asked(
        _CORRECTIONS_ARE_APPROVED,
        action=CORRECT,
        write_off=f"overdraft.{WRITE_OFF}",
        steps=list(KINDS),
        kinds=[one.kind for one in known],
        references=[one.reference for one in known],
    )
    return find(since)


PROOFS = (
    Proof(
        name="corrections_are_approved",
        says="Every correction of the books is the one that people approved, or follows the outside and is told with its transfer.",
        find=_unapproved,
        incremental=True,
    ),
    Proof(
        name="periods_are_approved",
        says="Every closing and reopening of a month is one that people approved.",
        find=asked(_PERIODS_ARE_APPROVED, action=PERIOD),
    ),
)
