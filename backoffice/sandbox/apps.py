from django.apps import AppConfig


class SandboxConfig(AppConfig):
    name = "backoffice.sandbox"
    label = "sandbox"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from audit import vocabulary

        vocabulary.register("drill.armed", "drill.called_off")
