"""Where the house wants its money to be."""

from audit import coverage
from transfers.vocabulary import LEVELS_SET

# As many as versions, and one more for a row that is not as its last version says.
_LEVEL_VERSIONS = """(SELECT count(*) FROM transfers_historicalliquiditylevel AS one WHERE one.account_code = kept.account_code)
    + (SELECT (last.funding, last.minimum, last.target, last.maximum)
              IS DISTINCT FROM (kept.funding, kept.minimum, kept.target, kept.maximum)
         FROM transfers_historicalliquiditylevel AS last WHERE last.account_code = kept.account_code
        ORDER BY last.history_date DESC, last.history_id DESC LIMIT 1)::integer
"""
_LEVEL_SINCE = (
    "(SELECT min(history_date) FROM transfers_historicalliquiditylevel AS one WHERE one.account_code = kept.account_code)"
)


def register() -> None:
    coverage.covered(
        "transfers_liquiditylevel",
        coverage.by_resource(
            "transfers_liquiditylevel",
            resource_type="liquidity_level",
            types=(LEVELS_SET,),
            since=_LEVEL_SINCE,
            key="kept.account_code",
            versions=_LEVEL_VERSIONS,
        ),
    )
    coverage.exempt("it keeps the versions of a table whose versions are counted", "transfers_historicalliquiditylevel")
    coverage.exempt("it says between which wallets a transfer of ours goes, and the transfer is told", "transfers_treasurymove")
    coverage.exempt(
        "it says which address a transfer of ours empties and ends with it, and the transfer is told", "transfers_depositsweep"
    )
    coverage.exempt("it adds up arrivals and sweeps, and both are told", "transfers_settledholding")
    coverage.covered(
        "transfers_syntheticrun",
        coverage.by_resource(
            "transfers_syntheticrun",
            resource_type="synthetic_run",
            types=("synthetic.started", "synthetic.ended"),
            since="kept.started_at",
            versions="1 + (kept.ended_at IS NOT NULL)::integer",
        ),
    )
