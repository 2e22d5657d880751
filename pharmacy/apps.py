from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PharmacyConfig(AppConfig):
    name = "pharmacy"
    verbose_name = _("Pharmacie")

    def ready(self) -> None:
        """Log every change of these collections; let diagnoses be found by the knowledge's own labels."""
        from auditlog.registry import auditlog  # noqa: PLC0415

        from consultations.queries import label_source  # noqa: PLC0415
        from pharmacy.queries.reference import diagnosis_labels  # noqa: PLC0415

        label_source(diagnosis_labels)
        for name in (
            "Prescription",
            "Dispensing",
            "PharmacyQuestion",
            "Pharmacy",
            "RuleReview",
            "FacilityRule",
        ):
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
