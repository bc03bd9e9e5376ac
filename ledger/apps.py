from django.apps import AppConfig


class LedgerConfig(AppConfig):
    name = "ledger"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from audit import partitions, retention, vocabulary
        from audit.archive import registry as archive
        from audit.archive import vouching
        from ledger import coverage
        from ledger.archive import ENTRIES, POSTINGS
        from ledger.proofs import balances, carries, dropped, entries, guards, registry, settlements, snapshots, trail

        partitions.register("ledger_ensure_partitions")
        archive.register(ENTRIES)
        vouching.register(POSTINGS)
        # A posting is the bulk of the trail, and never changes.
        vouching.give_up("ledger.posted")
        retention.register(
            retention.RetentionClass(name="ledger_entries", title="entries of the books", attached_months=24, kept_months=120)
        )
        coverage.register()
        registry.register(
            *entries.PROOFS,
            *balances.PROOFS,
            *carries.PROOFS,
            *snapshots.PROOFS,
            *guards.PROOFS,
            *settlements.PROOFS,
            *trail.PROOFS,
            *dropped.PROOFS,
        )
        # Recorded by the database functions of this floor, in the round trip of the change itself.
        vocabulary.register(
            "ledger.asset_registered",
            "ledger.account_opened",
            "ledger.account_closed",
            "ledger.account_mode_switched",
            "ledger.posted",
            "ledger.hold_placed",
            "ledger.hold_settled",
            "ledger.hold_released",
            "ledger.hold_expired",
            "ledger.period_closed",
            "ledger.period_reopened",
            "ledger.proved",
            "ledger.proof_broken",
            "ledger.balances_carried",
            "ledger.snapshot_taken",
            "ledger.snapshot_differs",
        )
