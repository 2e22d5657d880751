from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("Comptes et structures")

    def ready(self) -> None:
        """Log every change of these collections."""
        from auditlog.registry import auditlog  # noqa: PLC0415

        for name in ("User", "Facility", "Membership"):
            auditlog.register(
                self.get_model(name),
                exclude_fields=[
                    "password",
                    "last_login",
                    "search_keys",
                    "rev",
                    "updated_at",
                    "changed_at",
                    "pin_hash",
                ],
            )
