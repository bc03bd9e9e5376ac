"""What this floor adds to the proofs of the books: what is on hold, taken and given back is what the transfers say.

A transfer's hold goes with it: placed from acceptance on, at what the transfer may take; settled by the posting that pays; released
when the transfer ends without paying. What arrives unordered holds nothing.
"""

from ledger.proofs.registry import Proof, asked
from transfers.states import TERMINAL, Status

_BEFORE_THE_LOCK = (Status.CREATED, Status.QUOTED)
_LOCKED = (Status.FUNDS_LOCKED, Status.SENT_ON_CHAIN, Status.DROPPED, Status.REORGED)
_PAID = (Status.CONFIRMED, Status.FIAT_SETTLED, Status.RECONCILED)
_GIVEN_BACK = (Status.CANCELLED, Status.EXPIRED)

# Before the lock the hold is what approvers signed, afterwards what the quote says. Which of the two it was when a transfer ended
# unpaid, its row no longer tells: `least` or `most`.
_TRANSFERS_MATCH_HOLDS = """
    SELECT transfer.reference AS subject, transfer.status || ': ' || CASE
           WHEN hold.id IS NULL THEN 'it has no hold'
           WHEN hold.account_code IS DISTINCT FROM format('client:%%s:%%s', transfer.client_id, transfer.source_asset_id)
             OR hold.transaction_id IS DISTINCT FROM transfer.id
           THEN format('its hold is on %%s, for %%s', hold.account_code, coalesce(hold.transaction_id::text, 'nothing'))
           WHEN hold.amount NOT IN (bound.least, bound.most)
           THEN format('it may take %%s, its hold is %%s', bound.most, hold.amount)
           WHEN NOT (hold.status = ANY(bound.statuses)) THEN format('its hold is %%s', hold.status)
           WHEN hold.settled_amount <> price.total
           THEN format('its price is %%s, its hold settled %%s', price.total, hold.settled_amount)
           WHEN hold.status = 'settled' AND paid.taken IS DISTINCT FROM price.total
           THEN format('its price is %%s, its posting took %%s', price.total, coalesce(paid.taken::text, 'nothing: there is none'))
           WHEN hold.status = 'settled' AND transfer.status = 'FAILED' AND NOT paid.is_reversed
           THEN 'what it took was not given back'
           END AS message
      FROM transfers_transfer AS transfer
     CROSS JOIN LATERAL (SELECT transfer.source_amount + transfer.fee_amount AS total) AS price
     CROSS JOIN LATERAL (
           SELECT CASE WHEN transfer.status = ANY(%(before_the_lock)s) THEN transfer.max_total_debit ELSE price.total END AS least,
                  CASE WHEN transfer.status = ANY(%(locked)s) OR transfer.status = ANY(%(paid)s) THEN price.total
                       ELSE transfer.max_total_debit END AS most,
                  CASE WHEN transfer.status = ANY(%(before_the_lock)s) OR transfer.status = ANY(%(locked)s) THEN ARRAY['placed']
                       WHEN transfer.status = ANY(%(paid)s) THEN ARRAY['settled']
                       WHEN transfer.status = ANY(%(given_back)s) THEN ARRAY['released']
                       ELSE ARRAY['released', 'settled'] END AS statuses) AS bound
      LEFT JOIN LATERAL (
           SELECT placed.*, account.code AS account_code
             FROM ledger_hold AS placed LEFT JOIN ledger_account AS account ON account.id = placed.account_id
            WHERE placed.reference = transfer.hold_reference) AS hold ON true
      LEFT JOIN LATERAL (
           -- Of a month that is archived the entries were proved before they left.
           SELECT CASE WHEN posting.booked_at < audit_archived_until('ledger_entry') THEN hold.settled_amount
                       ELSE sum(entry.debit) END AS taken,
                  EXISTS (SELECT FROM ledger_ledgertransaction AS reversal WHERE reversal.reverses_id = posting.id) AS is_reversed
             FROM ledger_ledgertransaction AS posting
             LEFT JOIN ledger_entry AS entry ON entry.transaction_id = posting.id AND entry.booked_at = posting.booked_at
              AND entry.account_id = hold.account_id
            WHERE hold.status = 'settled' AND posting.transaction_id = transfer.id
              -- Of a payment that a reorg took back and the chain confirmed again, the newest confirmation counts.
              AND posting.reference ~ ('^(withdrawal|conversion|internal|card-refund)/' || transfer.reference || '(/[0-9]+)?$')
            GROUP BY posting.id ORDER BY posting.booked_at DESC, posting.id DESC LIMIT 1) AS paid ON true
     WHERE transfer.hold_reference <> '' AND (
           transfer.status = ANY(%(under_way)s)
           OR transfer.status = ANY(%(terminal)s) AND transfer.state_entered_at >= %(around)s)
"""
_HOLDS_MATCH_TRANSFERS = """
    SELECT hold.reference AS subject, CASE
           WHEN transfer.id IS NULL THEN 'a hold for a transfer that does not exist'
           WHEN transfer.status = ANY(%(terminal)s)
           THEN format('the transfer is %%s, and still holds %%s', transfer.status, hold.amount)
           ELSE format('the transfer goes by hold %%s', transfer.hold_reference) END AS message
      FROM ledger_hold AS hold
      LEFT JOIN transfers_transfer AS transfer ON transfer.id = hold.transaction_id
     WHERE hold.status = 'placed' AND (transfer.id IS NOT NULL OR starts_with(hold.reference, 'withdrawal-hold/'))
       AND (transfer.id IS NULL OR transfer.status = ANY(%(terminal)s) OR transfer.hold_reference <> hold.reference)
       AND NOT starts_with(hold.reference, 'card-hold/')
"""
# Charged and not paid to us yet: exactly then the client's money is on hold.
_CARDS_MATCH_HOLDS = """
    SELECT transfer.reference AS subject,
           format('it is %%s, its hold is %%s', transfer.status, coalesce(hold.status, 'none')) AS message
      FROM transfers_transfer AS transfer
      LEFT JOIN ledger_hold AS hold ON hold.reference = 'card-hold/' || transfer.reference
     WHERE transfer.route = 'card_deposit' AND transfer.state_entered_at >= %(around)s
       AND (transfer.status = 'CONFIRMED') <> coalesce(hold.status = 'placed' AND hold.amount = transfer.source_amount, false)
"""

# A credit that the chain took back is reversed: of the numbered ones at most the last stands. One that people took back by a
# correction was given all the same: what they decided is no mistake of the machine's. Months that are archived were proved.
_ARRIVALS_MATCH_CREDITS = """
    SELECT arrival.reference AS subject, CASE
           WHEN booked.standing <> (arrival.status = 'credited')::integer
           THEN format('it is %%s, and %%s credits of it stand', arrival.status, booked.standing)
           WHEN arrival.status = 'taken_back' AND booked.set_aside_standing > 0
           THEN 'it was taken back, and is set aside'
           WHEN arrival.status <> 'taken_back'
            AND booked.set_aside <> (
                arrival.status IN ('unallocated', 'returning', 'returned', 'settlement') OR booked.allocated)::integer
           THEN format('it is %%s, and was set aside %%s times', arrival.status, booked.set_aside)
           WHEN arrival.status = 'credited' AND booked.amount <> arrival.amount
           THEN format('%%s arrived, %%s were credited', arrival.amount, booked.amount) END AS message
      FROM transfers_arrival AS arrival
      LEFT JOIN transfers_transfer AS transfer ON transfer.id = arrival.transfer_id
     CROSS JOIN LATERAL (
           SELECT count(*) FILTER (WHERE posting.kind IN ('deposit', 'allocation') AND reversal.id IS NULL)::integer AS standing,
                  coalesce(bool_or(posting.kind = 'allocation'), false) AS allocated,
                  count(*) FILTER (WHERE posting.kind = 'unallocated')::integer AS set_aside,
                  count(*) FILTER (WHERE posting.kind = 'unallocated' AND reversal.id IS NULL)::integer AS set_aside_standing,
                  coalesce(sum(entries.credited) FILTER (
                      WHERE posting.kind IN ('deposit', 'allocation') AND reversal.id IS NULL), 0) AS amount
             FROM ledger_ledgertransaction AS posting
             LEFT JOIN ledger_ledgertransaction AS reversal ON reversal.reverses_id = posting.id AND NOT EXISTS (
                  SELECT FROM approvals_approvalrequest AS decided
                   WHERE decided.action = 'ledger.correct' AND decided.subject_id = posting.id::text AND decided.status = 'approved'
                     AND decided.id::text = reversal.metadata->>'approval_request')
            CROSS JOIN LATERAL (
                  SELECT CASE WHEN posting.booked_at < audit_archived_until('ledger_entry') THEN arrival.amount
                              ELSE sum(entry.credit) END AS credited
                    FROM ledger_entry AS entry
                   WHERE entry.transaction_id = posting.id AND entry.booked_at = posting.booked_at) AS entries
            WHERE posting.reference = 'unallocated/' || arrival.reference
               OR posting.reference IN (
                  SELECT format('deposit/%%s/%%s', arrival.reference, number)
                    FROM generate_series(1, arrival.credits) AS number)) AS booked
     WHERE arrival.seen_at >= %(around)s OR transfer.state_entered_at >= %(around)s
"""

PROOFS = (
    Proof(
        name="cards_match_holds",
        says="What a card was charged is on hold until the provider has paid us, and not a moment longer.",
        find=asked(_CARDS_MATCH_HOLDS),
        incremental=True,
    ),
    Proof(
        name="arrivals_match_credits",
        says="Every arrival is credited once and in full, or set aside once, or not booked at all: as its record says.",
        find=asked(_ARRIVALS_MATCH_CREDITS),
        incremental=True,
    ),
    Proof(
        name="transfers_match_holds",
        says="Every transfer holds what it may take until it is paid, has taken its price when it is, and has given back the rest.",
        find=asked(
            _TRANSFERS_MATCH_HOLDS,
            before_the_lock=list(_BEFORE_THE_LOCK),
            locked=list(_LOCKED),
            paid=list(_PAID),
            given_back=list(_GIVEN_BACK),
            under_way=sorted(set(Status) - TERMINAL),
            terminal=sorted(TERMINAL),
        ),
        incremental=True,
    ),
    Proof(
        name="holds_match_transfers",
        says="Every open hold of a transfer belongs to one that is under way and goes by it.",
        find=asked(_HOLDS_MATCH_TRANSFERS, terminal=sorted(TERMINAL)),
    ),
)
