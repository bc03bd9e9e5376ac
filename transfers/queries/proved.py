"""Transfers within our own books that the ledger itself proves: what was booked is what was ordered, entry by entry.

The reader of this is not the one who booked: it starts from the order as it was accepted and looks for its posting, and every
entry of that posting must be one that the order explains.
"""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db import connection

NOT_APPLICABLE = "not applicable: both sides are in our own books"

# `expected` is what the order explains: who pays, who gets, and the fee. A conversion also passes the position accounts of its
# pair, where what came in of the source and what went out of the target must be there whole.
_PROVED = """
    WITH waiting AS (
        SELECT transfer.*, format('client:%%s:%%s', client_id, source_asset_id) AS payer,
               CASE route WHEN 'internal_transfer' THEN 'internal/' ELSE 'conversion/' END || reference AS posting_reference,
               format('client:%%s:%%s', coalesce(receiver_id, client_id), target_asset_id) AS payee
          FROM transfers_transfer AS transfer
         WHERE route IN ('internal_transfer', 'conversion') AND status = 'CONFIRMED' AND money_state = 'posted'
           AND (%(among)s::uuid[] IS NULL OR id = ANY(%(among)s::uuid[]))
         ORDER BY state_entered_at, id LIMIT %(limit)s
    )
    SELECT waiting.id, posting.id, posting.reference, booked.entries
      FROM waiting
      JOIN ledger_ledgertransaction AS posting ON posting.reference = waiting.posting_reference AND posting.transaction_id =
      waiting.id
     CROSS JOIN LATERAL (
           SELECT count(*) AS entries,
                  sum(entry.debit - entry.credit) FILTER (WHERE account.code = waiting.payer) AS paid,
                  sum(entry.credit - entry.debit) FILTER (WHERE account.code = waiting.payee) AS got,
                  coalesce(sum(entry.credit - entry.debit) FILTER (WHERE account.kind = 'fee_income'), 0) AS fee,
                  coalesce(sum(entry.credit) FILTER (WHERE account.kind = 'position' AND entry.asset_id =
                  waiting.source_asset_id), 0)
                      AS passed,
                  count(*) FILTER (WHERE account.code NOT IN (waiting.payer, waiting.payee) AND (account.kind <> 'fee_income')
                                     AND NOT (waiting.route = 'conversion' AND account.kind IN ('position', 'spread', 'rounding')))
                      AS unexplained
             FROM ledger_entry AS entry JOIN ledger_account AS account ON account.id = entry.account_id
            WHERE entry.transaction_id = posting.id AND entry.booked_at = posting.booked_at) AS booked
     WHERE booked.unexplained = 0
       AND booked.paid = waiting.source_amount + waiting.fee_amount AND booked.got = waiting.target_amount
       AND booked.fee = waiting.fee_amount
       AND booked.passed = CASE waiting.route WHEN 'conversion' THEN waiting.source_amount ELSE 0 END
       AND NOT EXISTS (SELECT FROM ledger_ledgertransaction AS reversal WHERE reversal.reverses_id = posting.id)
"""


def proved_by_the_ledger(limit: int, *, among: list[UUID] | None = None) -> Iterator[tuple[UUID, dict[str, Any]]]:
    """Of the `limit` that wait the longest (`among` those given), the ones that are proved, each with the evidence that closes
    it."""
    with connection.cursor() as cursor:
        cursor.execute(_PROVED, {"limit": limit, "among": among})
        rows = cursor.fetchall()
    for transfer_id, posting_id, reference, entries in rows:
        booked = {"posting": reference, "posting_id": str(posting_id), "entries": entries}
        yield transfer_id, {"external": NOT_APPLICABLE, "ledger": booked}
