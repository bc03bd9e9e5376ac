from django.apps import AppConfig
from django.core import checks
from django.db.models.signals import post_migrate


class AuditConfig(AppConfig):
    name = "audit"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from audit import partitions, retention, vocabulary
        from audit.archive import registry as archive
        from audit.archive.events import EVENTS

        vocabulary.register(*vocabulary.OURS)
        partitions.register("audit_ensure_event_partitions")
        archive.register(EVENTS)
        retention.register(retention.RetentionClass(name="audit_trail", title="audit trail", attached_months=24, kept_months=120))
        checks.register(retention.check)
        post_migrate.connect(partitions.after_migrate, sender=self, dispatch_uid="audit.partitions.after_migrate")
