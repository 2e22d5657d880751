"""What changes at the end of a day: statements imported, the day closed by one person and signed by another."""

import csv
import io
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from accounts.permissions import Actor
from billing import queries, rules
from billing.actions.errors import BillingError
from billing.actions.ledger import name_of
from billing.models import DayClose, StatementLine
from clinic.db import claim
from clinic.recording import recorded

COLUMNS = {
    "transaction_id": (
        "transaction",
        "transaction id",
        "transactionid",
        "txnid",
        "receipt no",
        "reference",
        "id",
    ),
    "amount": ("montant", "amount", "paid in"),
    "local_date": ("date", "completion time", "jour"),
}


def read_statement(text: str, day: str) -> list[tuple[str, Decimal, str]]:
    """Return transaction, amount and local date of each line of a provider's CSV, separated by comma or semicolon.

    Args:
        day: stands in where a line has no date of its own.

    Raises:
        BillingError: a column is missing or an amount cannot be read.
    """
    head = text.lstrip("\ufeff").split("\n", 1)[0]
    reader = csv.DictReader(
        io.StringIO(text.lstrip("\ufeff")), delimiter=";" if ";" in head else ","
    )
    names = {(name or "").strip().casefold(): name for name in reader.fieldnames or []}
    found = {
        field: next((names[word] for word in wanted if word in names), None)
        for field, wanted in COLUMNS.items()
    }
    if not found["transaction_id"] or not found["amount"]:
        raise BillingError("file")
    lines = []
    for row in reader:
        number = str(row.get(found["transaction_id"]) or "").strip()
        if number:
            when = str(row.get(found["local_date"] or "") or "")
            lines.append((number[:64], _amount(row.get(found["amount"])), _day(when) or day))
    return lines


def _amount(text: Any) -> Decimal:
    plain = "".join(str(text or "").replace("\u202f", "").replace("\u00a0", "").split())
    try:
        return rules.whole(plain.removesuffix(".00").removesuffix(",00").replace(",", ""))
    except rules.AmountError as error:
        raise BillingError("file") from error


def _day(text: str) -> str:
    for shape in ("%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y"):
        try:
            return datetime.strptime(text.strip()[:10], shape).date().isoformat()  # noqa: DTZ007 (a date)
        except ValueError:
            continue
    return ""


@recorded
def import_statement(*, method: str, text: str, day: str, by: Actor, now: datetime) -> int:
    """Store a provider's statement; a line already stored stays as it is. Returns how many are new."""
    by.require("approve_payments")
    lines = read_statement(text, day)
    stored = StatementLine.objects.filter(facility=by.facility, method=method)
    known = set(stored.values_list("transaction_id", flat=True))
    new = 0
    for number, amount, local_date in lines:
        if number not in known:
            known.add(number)
            new += 1
            StatementLine.objects.create(
                facility_id=by.facility_id, method=method, transaction_id=number, amount=amount, local_date=local_date,
                imported_at=now, imported_by_name=name_of(by)["by_name"],
            )  # fmt: skip
    return new


@recorded
def prepare_day(*, day: str, note: str, by: Actor, now: datetime) -> DayClose:
    """Close a day: its figures are kept as they are now. Until it is signed it can be closed again.

    Raises:
        BillingError: it is signed, has not come yet, or a drawer is still open.
    """
    by.require("take_payments") if by.may("take_payments") else by.require("approve_payments")
    if by.facility is None or date.fromisoformat(day) > date.fromisoformat(
        queries.today(by.facility, now)
    ):
        raise BillingError("day")
    known = DayClose.objects.filter(facility=by.facility, local_date=day).first()
    if known is not None and known.status == "signed":
        raise BillingError("signed")
    figures = queries.figures_of_day(by.facility, day)
    figures["unsound"] = queries.unsound(by.facility.pk)
    who = name_of(by)
    row = known or DayClose(facility=by.facility, local_date=day)
    row.figures, row.note, row.prepared_at = figures, note.strip()[:400], now
    row.prepared_by, row.prepared_by_name = who["by"], who["by_name"]
    row.save()
    return row


@recorded
def sign_day(*, day: str, by: Actor, now: datetime) -> DayClose:
    """Sign a closed day: never the person who closed it."""
    by.require("approve_payments")
    row = DayClose.objects.filter(facility=by.facility, local_date=day).first()
    who = name_of(by)
    if row is None or row.prepared_by == who["by"] or row.status != "prepared":
        raise BillingError("decide")
    claim(DayClose.objects.filter(pk=row.pk, status="prepared"), status="signed")
    row.status, row.signed_at, row.signed_by_name = "signed", now, who["by_name"]
    row.save()
    return row
