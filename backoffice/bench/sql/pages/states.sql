-- Where the transfers of the past stand by now. `age` counts from the newest. The same numbers are open in a past of any length, and a
-- few of the very oldest are what somebody looks for: those are the longest to find by reading from the newest on.
UPDATE transfers_transfer AS transfer
   SET client_reference = 'INV-' || lpad(past.place::text, 8, '0'),
       client_id = CASE WHEN past.place <= 30 THEN 'bench-2' ELSE transfer.client_id END,
       route = CASE WHEN past.place BETWEEN 101 AND 130 THEN 'card_refund' WHEN past.place % 10 = 1 THEN 'chain_send_back'
                    ELSE transfer.route END,
       status = CASE WHEN past.place BETWEEN 31 AND 50 THEN 'DROPPED' WHEN past.place BETWEEN 51 AND 70 THEN 'REORGED'
                     WHEN past.age <= 60 THEN 'CREATED' WHEN past.age <= 100 THEN 'FUNDS_LOCKED' WHEN past.age <= 140 THEN 'SENT_ON_CHAIN'
                     WHEN past.place % 20 = 3 THEN 'FAILED' WHEN past.place % 20 = 7 THEN 'CANCELLED'
                     WHEN past.age <= 400 THEN 'CONFIRMED' ELSE 'RECONCILED' END,
       deadline_at = CASE WHEN past.place BETWEEN 31 AND 70 THEN clock_timestamp() - interval '1 day'
                          WHEN past.age <= 400 THEN clock_timestamp() + interval '1 day' END,
       stopped_by = CASE WHEN past.place BETWEEN 61 AND 70 THEN 'halt' ELSE '' END,
       made_by = 'bench', made_by_type = 'operator',
       last_error = ''
  FROM (SELECT id, row_number() OVER (ORDER BY created_at, id) AS place, row_number() OVER (ORDER BY created_at DESC, id DESC) AS age,
               count(*) OVER () AS total FROM transfers_transfer) AS past
 WHERE past.id = transfer.id;
