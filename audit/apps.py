from django.apps import AppConfig
from django.core import checks
from django.db.models.signals import post_migrate


class AuditConfig(AppConfig):
    name = "audit"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from audit import coverage, partitions, retention, vocabulary
        from audit.archive import registry as archive
        from audit.archive import vouching
        from audit.archive.events import EVENTS

        vocabulary.register(*vocabulary.OURS)
        vouching.give_up(*vocabulary.READINGS)
        coverage.exempt("it is the trail itself", "audit_event", "audit_cluster_epoch")
        coverage.exempt(
            "it is the seal of the trail",
            "audit_leaf",
            "audit_node",
            "audit_checkpoint",
            "audit_anchor",
            "audit_anchor_delivery",
            "audit_seal_refusal",
        )
        coverage.exempt("it keeps people, not money", "audit_vaultsubject", "audit_vaultvalue")
        coverage.exempt("it says which months are archived where", "audit_archive")
        partitions.register("audit_ensure_event_partitions")
        archive.register(EVENTS)
        retention.register(retention.RetentionClass(name="audit_trail", title="audit trail", attached_months=24, kept_months=120))
        checks.register(retention.check)
        post_migrate.connect(partitions.after_migrate, sender=self, dispatch_uid="audit.partitions.after_migrate")
