from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "backoffice.access"
    label = "access"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from audit import coverage, vocabulary
        from audit.archive import vouching
        from backoffice.access import attempts

        vocabulary.register(
            "access.signed_in",
            "access.sign_in_refused",
            "access.signed_out",
            "access.refused",
            attempts.REFUSED,
            "access.role_granted",
            "access.role_revoked",
            "access.clients_assigned",
            "access.clients_unassigned",
            "access.settings_changed",
            "access.password_changed",
        )
        # They tell of no row.
        vouching.give_up("access.signed_in", "access.signed_out")
        coverage.exempt(
            "it says who may do what",
            "access_operator",
            "access_operator_groups",
            "access_operator_user_permissions",
            "access_rolegrant",
        )
