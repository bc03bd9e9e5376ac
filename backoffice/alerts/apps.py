from django.apps import AppConfig
from django.core.checks import register


class AlertsConfig(AppConfig):
    name = "backoffice.alerts"
    label = "alerts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from audit import coverage
        from audit import vocabulary as audited
        from backoffice.alerts import channels, thresholds, vocabulary

        audited.register(*vocabulary.ALL)
        register(channels.check_settings)
        register(thresholds.check_settings)
        coverage.exempt("it says who was woken for what", "alerts_alert", "alerts_delivery")
        coverage.exempt("it is a cache, and may be emptied at any time", "backoffice_cache")
