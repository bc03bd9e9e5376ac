"""Money that comes in: from the chain, over the bank, by card."""

from audit import coverage

_ARRIVALS = "SELECT id::text AS key, version AS versions, seen_at AS since FROM transfers_arrival"
_ARRIVALS_TOLD = """
    SELECT resource_id AS key, count(*) AS events, min(recorded_at) AS since FROM audit_trail
     WHERE resource_type = 'arrival' AND diff ? 'version' GROUP BY resource_id
"""
_CARDS_TOLD = """
    SELECT resource_id AS key, count(*) AS events, min(recorded_at) AS since FROM audit_trail
     WHERE resource_type = '{kind}' AND diff ? 'version' GROUP BY resource_id
"""


def register() -> None:
    coverage.covered("transfers_arrival", coverage.beside(_ARRIVALS, _ARRIVALS_TOLD))
    coverage.covered(
        "transfers_depositaddress",
        coverage.by_resource(
            "transfers_depositaddress",
            resource_type="deposit_address",
            types=("deposit.address_opened",),
            since="kept.created_at",
        ),
    )
    for table, kind, since in (("cardbatch", "card_batch", "reported_at"), ("carddispute", "card_dispute", "opened_at")):
        rows = f"SELECT id::text AS key, version AS versions, {since} AS since FROM transfers_{table}"  # noqa: S608 - ours
        coverage.covered(f"transfers_{table}", coverage.beside(rows, _CARDS_TOLD.format(kind=kind)))
    coverage.exempt("it says which arrival a transfer sends back, and both are told", "transfers_sendback")
    coverage.exempt("it says which card deposit a transfer refunds, and the transfer is told", "transfers_cardrefund")
    coverage.covered(
        "transfers_statedaddress",
        coverage.by_resource(
            "transfers_statedaddress",
            resource_type="stated_address",
            types=("deposit.return_address_stated",),
            since="kept.stated_at",
        ),
    )
