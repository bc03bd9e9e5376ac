from django.apps import AppConfig


class HealthConfig(AppConfig):
    name = "backoffice.health"
    label = "health"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make our Celery application the current one, and the system checks known, in every process that uses Django."""
        from backoffice import celery, checks  # noqa: F401
