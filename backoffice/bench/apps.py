from django.apps import AppConfig


class BenchConfig(AppConfig):
    """Measures this house against floors of its own, in scratch databases. Nothing else imports it; it keeps no rows."""

    name = "backoffice.bench"
    label = "bench"
