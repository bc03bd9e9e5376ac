-- The bytes that were approved as JSON; null when they are none.
CREATE FUNCTION approvals_content(payload bytea) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN convert_from(payload, 'UTF8')::jsonb;
EXCEPTION WHEN data_exception THEN
    RETURN NULL;
END
$$;

-- What speaks against request `asked_id` being what allowed a deed of `wanted_action` in transaction `deed_txid` of `deed_epoch`, for which
-- `needed` people are the fewest: null when nothing does.
CREATE FUNCTION approvals_contradiction(asked_id text, wanted_action text, needed integer, deed_epoch integer, deed_txid bigint) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT nullif(concat_ws(', ',
           CASE WHEN asked.action <> wanted_action THEN 'asks for something else' END,
           CASE WHEN asked.status <> 'approved' OR asked.executed_at IS NULL THEN 'was not approved and carried out' END,
           CASE WHEN asked.digest IS DISTINCT FROM sha256(asked.payload) THEN 'has other bytes than its digest is of' END,
           CASE WHEN greatest(asked.quorum, needed) > (
                     SELECT count(*) FROM approvals_vote AS vote
                      WHERE vote.request_id = asked.id AND vote.decision = 'approve' AND vote.role = 'approver'
                        AND (vote.revision, vote.digest) = (asked.revision, asked.digest)
                        AND NOT EXISTS (SELECT FROM approvals_requestmaker AS maker
                                         WHERE maker.request_id = asked.id AND maker.person_id = vote.person_id))
                THEN 'was approved by fewer others than this needs' END,
           CASE WHEN NOT EXISTS (SELECT FROM audit_trail AS told
                                  WHERE told.type = 'approvals.request_executed' AND told.resource_type = 'approval_request'
                                    AND told.resource_id = asked.id::text AND told.metadata->>'digest' = encode(asked.digest, 'hex')
                                    AND (told.cluster_epoch, told.txid) = (deed_epoch, deed_txid))
                THEN 'is not told to have been carried out by that database transaction' END), '')
      FROM approvals_approvalrequest AS asked WHERE asked.id::text = asked_id
$$;
REVOKE EXECUTE ON FUNCTION approvals_content(bytea), approvals_contradiction(text, text, integer, integer, bigint) FROM PUBLIC;
