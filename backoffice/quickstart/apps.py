from django.apps import AppConfig


class QuickstartConfig(AppConfig):
    name = "backoffice.quickstart"
    label = "quickstart"
    default_auto_field = "django.db.models.BigAutoField"
