from django.apps import AppConfig


class ApprovalsConfig(AppConfig):
    name = "approvals"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from approvals import events, registry
        from approvals.commands import halts
        from audit import vocabulary

        vocabulary.register(*events.ALL)
        registry.register(
            registry.Action(
                name=halts.LIFT,
                title="Resume after a halt",
                check_permission="approvals.decide_request",
                decide=halts.decide_lift,
                describe=halts.describe_lift,
                on_final=halts.finish_lift,
            )
        )
