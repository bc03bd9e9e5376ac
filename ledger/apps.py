from django.apps import AppConfig


class LedgerConfig(AppConfig):
    name = "ledger"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from audit import partitions, vocabulary

        partitions.register("ledger_ensure_partitions")
        # Recorded by the database functions of this floor, in the round trip of the change itself.
        vocabulary.register(
            "ledger.asset_registered",
            "ledger.account_opened",
            "ledger.account_closed",
            "ledger.posted",
            "ledger.hold_placed",
            "ledger.hold_settled",
            "ledger.hold_released",
            "ledger.hold_expired",
            "ledger.period_closed",
            "ledger.period_reopened",
        )
