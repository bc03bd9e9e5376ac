from django.apps import AppConfig


class ApprovalsConfig(AppConfig):
    name = "approvals"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from approvals import coverage, events, proofs_four_eyes, registry
        from approvals.commands import corrections, halts, periods
        from approvals.corrections import words
        from approvals.proofs import PROOFS
        from audit import vocabulary
        from ledger.proofs import registry as proofs

        vocabulary.register(*events.ALL)
        coverage.register()
        proofs.register(*PROOFS, *proofs_four_eyes.PROOFS)
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
        registry.register(
            registry.Action(
                name=corrections.CORRECT,
                title="Correct the books",
                check_permission="approvals.decide_request",
                decide=corrections.decide_correction,
                describe=words.describe,
            )
        )
        registry.register(
            registry.Action(
                name=periods.PERIOD,
                title="Close or reopen a month",
                check_permission="approvals.decide_request",
                decide=periods.decide_period,
                describe=periods.describe,
            )
        )
