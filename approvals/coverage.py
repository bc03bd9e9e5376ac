"""Which events tell the rows of this floor. Versions of configuration are counted by their history."""

from collections.abc import Sequence

from approvals import events
from audit import coverage

# The versions that simple-history kept, and one more when the row is not what the last of them says.
_HISTORY = """
    SELECT kept.id::text AS key, history.since, coalesce(history.versions, 0)
           + (to_jsonb(kept) IS DISTINCT FROM (SELECT jsonb_object_agg(field, to_jsonb(history.latest)->field)
                                                 FROM jsonb_object_keys(to_jsonb(kept)) AS field))::integer AS versions
      FROM approvals_{name} AS kept
      LEFT JOIN LATERAL (
           SELECT count(*) AS versions, min(history_date) AS since,
                  (array_agg(version ORDER BY history_date DESC, history_id DESC))[1] AS latest
             FROM approvals_historical{name} AS version WHERE version.id = kept.id) AS history ON true
"""
_MAKERS = """
    SELECT kept.request_id::text AS key, count(*) AS versions, min(request.made_at) AS since
      FROM approvals_requestmaker AS kept JOIN approvals_approvalrequest AS request ON request.id = kept.request_id
     GROUP BY kept.request_id
"""
_MAKERS_TOLD = """
    SELECT resource_id AS key, min(recorded_at) AS since,
           sum(CASE type WHEN 'approvals.maker_joined' THEN 1 ELSE jsonb_array_length(metadata->'makers') END) AS events
      FROM audit_trail WHERE type IN ('approvals.request_opened', 'approvals.maker_joined') GROUP BY resource_id
"""
_CONTROLLERS = """
    SELECT kept.apikey_id::text AS key, count(*) AS versions, min(api_key.created_at) AS since
      FROM approvals_apikey_controllers AS kept JOIN approvals_apikey AS api_key ON api_key.id = kept.apikey_id
     GROUP BY kept.apikey_id
"""
_CONTROLLERS_TOLD = """
    SELECT resource_id AS key, sum(jsonb_array_length(metadata->'controllers')) AS events, min(recorded_at) AS since
      FROM audit_trail WHERE type = 'approvals.api_key_issued' GROUP BY resource_id
"""
_USES = """
    SELECT kept.subject_id AS key, 1 + bool_or(kept.given_back_at IS NOT NULL)::integer AS versions,
           min(bucket.window_start) AS since
      FROM approvals_limituse AS kept JOIN approvals_limitbucket AS bucket ON bucket.id = kept.bucket_id
     GROUP BY kept.subject_id
"""
# One event tells of all shares that came back together, each once however many windows it counted in.
_RETURNS = """
    SELECT use.subject_id || '/' || kept.share_id AS key, 1 AS versions, min(kept.given_back_at) AS since
      FROM approvals_limitreturn AS kept JOIN approvals_limituse AS use ON use.id = kept.use_id GROUP BY 1
"""
_RETURNS_TOLD = """
    SELECT resource_id || '/' || share AS key, count(*) AS events, min(recorded_at) AS since
      FROM audit_trail CROSS JOIN LATERAL jsonb_object_keys(metadata->'shares') AS share
     WHERE type = 'approvals.limit_shares_given_back' AND outcome = 'succeeded' GROUP BY 1
"""
# A set is told when it is published, and once more by the set that retires it.
_SETS = """
    SELECT version::text AS key, (status <> 'draft')::integer + (status = 'retired')::integer AS versions, published_at AS since
      FROM approvals_policyset
"""
_SETS_TOLD = """
    SELECT key, count(*) AS events, min(recorded_at) AS since
      FROM (SELECT resource_id AS key, recorded_at FROM audit_trail WHERE type = 'approvals.policy_published'
            UNION ALL
            SELECT jsonb_array_elements_text(metadata->'retired'), recorded_at FROM audit_trail
             WHERE type = 'approvals.policy_published') AS told
     GROUP BY key
"""
_RULES = """
    SELECT kept.set_id::text AS key, count(*) AS versions, min(policy.published_at) AS since
      FROM approvals_policyrule AS kept JOIN approvals_policyset AS policy ON policy.version = kept.set_id
     GROUP BY kept.set_id
"""
_RULES_TOLD = """
    SELECT resource_id AS key, jsonb_array_length(metadata->'rules') AS events, recorded_at AS since
      FROM audit_trail WHERE type = 'approvals.policy_published'
"""


def register() -> None:
    _requests()
    _parties()
    _policy_and_limits()
    coverage.exempt("it is a lock without content", "approvals_haltgate")
    coverage.exempt(
        "it follows from the uses of the limit, and the proof limits_match_uses holds it against them", "approvals_limitbucket"
    )
    coverage.exempt(
        "it keeps the versions of a table whose versions are counted",
        *(f"approvals_historical{name}" for name in ("client", "corridor", "destination", "limit", "policyrule")),
    )


def _requests() -> None:
    ends = (
        events.REQUEST_APPROVED,
        events.REQUEST_REJECTED,
        events.REQUEST_EXPIRED,
        events.REQUEST_WITHDRAWN,
        events.REQUEST_DISMISSED,
    )
    coverage.covered(
        "approvals_approvalrequest",
        coverage.by_resource(
            "approvals_approvalrequest",
            resource_type="approval_request",
            types=(events.REQUEST_OPENED, *ends, events.REQUEST_EXECUTED),
            since="kept.made_at",
            versions="1 + (kept.status <> 'pending')::integer + (kept.executed_at IS NOT NULL)::integer",
        ),
    )
    coverage.covered(
        "approvals_vote",
        coverage.by_fact("approvals_vote", fact="metadata->>'vote'", types=(events.VOTE_CAST,), since="kept.voted_at"),
    )
    coverage.covered("approvals_requestmaker", coverage.beside(_MAKERS, _MAKERS_TOLD))
    coverage.covered(
        "approvals_halt",
        coverage.by_resource(
            "approvals_halt",
            resource_type="halt",
            types=(events.HALT_PLACED, events.HALT_LIFTED),
            since="kept.placed_at",
            versions="1 + (kept.lifted_at IS NOT NULL)::integer",
        ),
    )


def _parties() -> None:
    _versioned("client", "client", (events.CLIENT_CREATED, events.CLIENT_STATUS_CHANGED))
    _versioned("corridor", "corridor", (events.CORRIDOR_CREATED,))
    _versioned("destination", "destination", (events.DESTINATION_ADDED, events.DESTINATION_BLOCKED))
    coverage.covered(
        "approvals_person",
        coverage.by_resource(
            "approvals_person",
            resource_type="person",
            types=(events.PERSON_CREATED, events.PERSON_DEACTIVATED),
            since="kept.created_at",
            versions="1 + (NOT kept.active)::integer",
        ),
    )
    coverage.covered(
        "approvals_apikey",
        coverage.by_resource(
            "approvals_apikey",
            resource_type="api_key",
            types=(events.API_KEY_ISSUED, events.API_KEY_REVOKED),
            since="kept.created_at",
            versions="1 + (kept.revoked_at IS NOT NULL)::integer",
        ),
    )
    coverage.covered("approvals_apikey_controllers", coverage.beside(_CONTROLLERS, _CONTROLLERS_TOLD))


def _policy_and_limits() -> None:
    _versioned("limit", "limit", (events.LIMIT_SET, events.LIMIT_REMOVED))
    coverage.covered(
        "approvals_limituse", coverage.beside(_USES, coverage.told("limit_use", (events.LIMITS_CONSUMED, events.LIMITS_GIVEN_BACK)))
    )
    coverage.covered("approvals_limitreturn", coverage.beside(_RETURNS, _RETURNS_TOLD))
    coverage.covered("approvals_policyset", coverage.beside(_SETS, _SETS_TOLD))
    coverage.covered("approvals_policyrule", coverage.beside(_RULES, _RULES_TOLD))
    coverage.covered(
        "approvals_policydecision",
        coverage.by_fact(
            "approvals_policydecision",
            fact="metadata->>'decision'",
            types=(events.POLICY_DECIDED,),
            since="kept.decided_at",
        ),
    )


def _versioned(name: str, resource_type: str, types: Sequence[str]) -> None:
    coverage.covered(f"approvals_{name}", coverage.beside(_HISTORY.format(name=name), coverage.told(resource_type, types)))
