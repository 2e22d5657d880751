"""The books: immutable double entries, the balances they add up to, and the close of each day."""

from decimal import Decimal
from typing import Any, NoReturn

from bson import ObjectId
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django_mongodb_backend.fields import EmbeddedModelArrayField

from accounts.models import Facility
from billing.models.bills import money
from clinic.db import Document, Embedded


class ImmutableError(Exception):
    """An entry of the books is never changed or removed: a new one corrects it."""

    code = "immutable"


class EntryPart(Embedded):
    """One side of an entry: above zero a debit, below zero a credit."""

    account = models.CharField(max_length=48)
    amount = money()


class EntrySet(models.QuerySet[Any]):
    """Entries can be read and added."""

    def update(self, **changes: Any) -> NoReturn:
        """Refuse."""
        raise ImmutableError

    def delete(self) -> NoReturn:
        """Refuse."""
        raise ImmutableError


class LedgerEntry(Document):
    """One booking. Its parts add up to zero; `key` names its cause, which is booked once."""

    key = models.CharField(max_length=60)
    facility = models.ForeignKey(Facility, on_delete=models.PROTECT)
    facility_id: ObjectId
    kind = models.CharField(_("genre"), max_length=16)
    currency = models.CharField(max_length=3)
    parts = EmbeddedModelArrayField(EntryPart, default=list)
    at = models.DateTimeField()
    local_date = models.CharField(max_length=10)
    by = models.CharField(max_length=24, blank=True)
    by_name = models.CharField(max_length=150, blank=True)

    objects = EntrySet.as_manager()

    class Meta:
        db_table = "ledger_entries"
        verbose_name = _("écriture")
        verbose_name_plural = _("écritures")
        constraints = [models.UniqueConstraint(fields=["key"], name="one_entry_a_cause")]
        indexes = [
            models.Index(fields=["facility", "local_date"]),
            models.Index(fields=["key"], name="entries_cause"),
        ]

    def __str__(self) -> str:
        return self.key

    def save(self, *args: Any, **options: Any) -> None:
        """Store a new entry; a stored one stays as it is."""
        if not options.get("force_insert"):
            raise ImmutableError
        super().save(*args, **options)

    def delete(self, *args: Any, **options: Any) -> NoReturn:
        """Refuse."""
        raise ImmutableError


class AccountBalance(Document):
    """What an account of a facility holds: the sum of its entries, kept up in their transactions."""

    facility = models.ForeignKey(Facility, on_delete=models.PROTECT)
    facility_id: ObjectId
    account = models.CharField(max_length=48)
    balance = money(default=Decimal(0))

    class Meta:
        db_table = "account_balances"
        verbose_name = _("solde")
        verbose_name_plural = _("soldes")
        constraints = [models.UniqueConstraint(fields=["facility", "account"], name="one_balance")]
        # A unique index is partial here, and a search by equality does not use it.
        indexes = [models.Index(fields=["facility", "account"], name="balances_account")]

    def __str__(self) -> str:
        return f"{self.account}: {self.balance}"


class DayStatus(models.TextChoices):
    PREPARED = "prepared", _("arrêtée, à contresigner")
    SIGNED = "signed", _("contresignée")


class DayClose(Document):
    """A day's figures as one person closed them and a second person signed them."""

    facility = models.ForeignKey(Facility, on_delete=models.PROTECT)
    facility_id: ObjectId
    local_date = models.CharField(max_length=10)
    status = models.CharField(max_length=10, choices=DayStatus.choices, default=DayStatus.PREPARED)
    figures = models.JSONField(default=dict)
    note = models.CharField(_("remarque"), max_length=400, blank=True)
    prepared_at = models.DateTimeField()
    prepared_by = models.CharField(max_length=24)
    prepared_by_name = models.CharField(max_length=150)
    signed_at = models.DateTimeField(null=True, blank=True)
    signed_by_name = models.CharField(max_length=150, blank=True)

    class Meta:
        db_table = "day_closes"
        verbose_name = _("arrêté de la journée")
        verbose_name_plural = _("arrêtés des journées")
        constraints = [models.UniqueConstraint(fields=["facility", "local_date"], name="one_close")]

    def __str__(self) -> str:
        return f"{self.local_date} {self.status}"


class StatementLine(Document):
    """One line of a provider's statement, as imported."""

    facility = models.ForeignKey(Facility, on_delete=models.PROTECT)
    facility_id: ObjectId
    method = models.CharField(max_length=16)
    transaction_id = models.CharField(_("transaction"), max_length=64)
    amount = money(_("montant"))
    local_date = models.CharField(max_length=10)
    imported_at = models.DateTimeField()
    imported_by_name = models.CharField(max_length=150)

    class Meta:
        db_table = "statement_lines"
        verbose_name = _("ligne de relevé")
        verbose_name_plural = _("lignes de relevé")
        constraints = [
            models.UniqueConstraint(
                fields=["facility", "method", "transaction_id"],
                condition=Q(transaction_id__gt=""),
                name="one_statement_line",
            )
        ]
        indexes = [models.Index(fields=["facility", "local_date"])]

    def __str__(self) -> str:
        return f"{self.transaction_id} {self.amount}"
