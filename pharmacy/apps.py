from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PharmacyConfig(AppConfig):
    name = "pharmacy"
    verbose_name = _("Pharmacie")

    def ready(self) -> None:
        """Log every change of these collections."""
        from auditlog.registry import auditlog  # noqa: PLC0415

        for name in ("Prescription", "Dispensing", "PharmacyQuestion", "Pharmacy"):
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
