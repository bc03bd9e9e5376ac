"""Orders that come as a file."""

from audit import coverage
from transfers.commands.bulk.events import PART_DONE, PART_GIVEN_BACK

_BULK_ORDERS = "SELECT id::text AS key, version AS versions, created_at AS since FROM transfers_bulkorder"
_BULK_ORDERS_TOLD = """
    SELECT resource_id AS key, count(*) AS events, min(recorded_at) AS since FROM audit_trail
     WHERE resource_type = 'bulk_order' AND diff ? 'version' GROUP BY resource_id
"""


def register() -> None:
    coverage.covered("transfers_bulkorder", coverage.beside(_BULK_ORDERS, _BULK_ORDERS_TOLD))
    # That there are parts is told with their order, each by its digest; here it is told how each ends.
    coverage.covered(
        "transfers_bulkpart",
        coverage.by_resource(
            "transfers_bulkpart",
            resource_type="bulk_part",
            types=(PART_DONE, PART_GIVEN_BACK),
            since="kept.ended_at",
            versions="(kept.status <> 'waiting')::integer",
        ),
    )
    coverage.exempt("it keeps a file as it was sent, as evidence", "transfers_bulkupload")
