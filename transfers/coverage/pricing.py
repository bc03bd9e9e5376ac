"""Prices, those who name them, and what is given away."""

from audit import coverage

# What a promotion paid is told by the event of the conversion that it was paid with.
_CASHBACK = """
    SELECT kept.transfer_id::text AS key, 1 AS versions, kept.paid_at AS since,
           (SELECT count(*) FROM audit_trail WHERE type = 'transfer.confirmed' AND resource_type = 'transfer'
               AND resource_id = kept.transfer_id::text AND metadata->>'cashback' = kept.amount::text) AS events
      FROM transfers_cashback AS kept
"""
_ASKED = ("transfers_quoteround", "transfers_quoteanswer")
_VERSIONS = tuple(f"transfers_historical{name}" for name in ("provider", "providerterms", "ratesource"))


def register() -> None:
    coverage.covered("transfers_cashback", _CASHBACK)
    coverage.covered(
        "transfers_promotion",
        coverage.by_resource(
            "transfers_promotion", resource_type="promotion", types=("promotion.created",), since="kept.created_at", key="kept.code"
        ),
    )
    coverage.exempt(
        "it says what we keep of a price, each change is told, and every price keeps its own", "transfers_conversionterms"
    )
    coverage.exempt("it says whom we ask and what they deal in, and moves nothing", "transfers_provider", "transfers_providerterms")
    coverage.exempt("it keeps what others say a currency is worth, as evidence", "transfers_ratesource", "transfers_ratesheet")
    coverage.exempt("somebody was asked for a price; the one that a transfer goes by is named in its event", *_ASKED)
    coverage.exempt("it keeps what somebody said by phone; what it moves is told by the transfer's event", "transfers_manualentry")
    coverage.exempt("it decides whether somebody is asked, and moves nothing", "transfers_providerstate")
    coverage.exempt("it is worth nothing after a crash", "transfers_provider_window")
    coverage.exempt("it keeps every version of a row that moves nothing", *_VERSIONS)
