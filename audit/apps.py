from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AuditConfig(AppConfig):
    name = "audit"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from audit import partitions, vocabulary

        vocabulary.register(*vocabulary.OURS)
        partitions.register("audit_ensure_event_partitions")
        post_migrate.connect(partitions.after_migrate, sender=self, dispatch_uid="audit.partitions.after_migrate")
