from django.apps import AppConfig
from django.core.checks import register


class SealingConfig(AppConfig):
    name = "backoffice.sealing"
    label = "sealing"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from backoffice.sealing import checks

        register(checks.sealer_is_configured)
