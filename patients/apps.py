from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PatientsConfig(AppConfig):
    name = "patients"
    verbose_name = _("Patients")

    def ready(self) -> None:
        """Log every change of these collections."""
        from auditlog.registry import auditlog  # noqa: PLC0415

        for name in ("Patient", "Observation", "EmergencyAccess"):
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
