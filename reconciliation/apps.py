from django.apps import AppConfig


class ReconciliationConfig(AppConfig):
    name = "reconciliation"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from audit import vocabulary
        from reconciliation import coverage

        vocabulary.register(
            "reconciliation.statement_imported",
            "reconciliation.break_opened",
            "reconciliation.break_resolved",
            "reconciliation.matched",
        )
        coverage.register()
