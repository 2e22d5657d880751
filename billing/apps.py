from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BillingConfig(AppConfig):
    name = "billing"
    verbose_name = _("Facturation")

    def ready(self) -> None:
        """Log every change of these collections."""
        from auditlog.registry import auditlog  # noqa: PLC0415

        for name in (
            "Charge",
            "Payment",
            "Price",
            "Payer",
            "Invoice",
            "Waiver",
            "Drawer",
            "PaymentAttempt",
            "PaymentLink",
            "Refund",
            "DayClose",
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
