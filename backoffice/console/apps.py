from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    name = "backoffice.console"
    label = "console"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from audit import vocabulary

        vocabulary.register("console.vote_refused", "console.correction_refused", "console.proofs_asked_for")
        vocabulary.register("console.exported", "console.exchange_read")
