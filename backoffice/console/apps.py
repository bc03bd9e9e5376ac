from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    name = "backoffice.console"
    label = "console"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from audit import vocabulary
        from audit.archive import vouching

        vocabulary.register("console.vote_refused", "console.correction_refused", "console.proofs_asked_for")
        vocabulary.register("console.exported", "console.exchange_read")
        # They tell of no row.
        vouching.give_up("console.proofs_asked_for", "console.exported", "console.exchange_read")
