"""Which events tell the rows of this floor."""

from audit import coverage


def register() -> None:
    coverage.covered(
        "reconciliation_break",
        coverage.by_resource(
            "reconciliation_break",
            resource_type="break",
            types=("reconciliation.break_opened", "reconciliation.break_resolved"),
            since="kept.opened_at",
            versions="1 + (kept.status IN ('resolved', 'false_positive'))::integer",
        ),
    )
    coverage.covered(
        "reconciliation_match",
        coverage.by_resource(
            "reconciliation_match",
            resource_type="external_item",
            types=("reconciliation.matched",),
            since="kept.matched_at",
            key="kept.item_id",
        ),
    )
    coverage.exempt(
        "it keeps what the outside says, and nothing of ours moves by it; what agrees and what differs is told",
        "reconciliation_balancereading",
        "reconciliation_externalitem",
        "reconciliation_indexedblock",
        "reconciliation_statement",
        "reconciliation_statementfile",
    )
    coverage.exempt("it says where evidence comes from, and no amount", "reconciliation_source", "reconciliation_historicalsource")
