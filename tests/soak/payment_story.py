"""The desks and patients of the payment matrix: ask for each cell's payment, pay it at the provider, see how it ended.

It prints one JSON object: what each cell came to, and what is wrong with the books.
"""

import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Any

from tests.soak.payment_cells import CELLS, PRIMARY, WHOLE, Cell

HOME = Path(os.environ["SOAK_HOME"])
SECONDS = 150
FINAL = ("succeeded", "failed")


def post(url: str, body: Any, form: bool = False) -> Any:
    """Send JSON or a form; return what was answered."""
    data = urllib.parse.urlencode(body).encode() if form else json.dumps(body).encode()
    request = urllib.request.Request(url, data, method="POST")  # noqa: S310 (loopback)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
            return answer.read()
    except urllib.error.HTTPError:
        return b""


def control(cell: Cell, what: str, body: Any) -> list[dict[str, Any]]:
    """Steer a stand-in; return the payments it knows of."""
    answer = json.loads(post(f"{os.environ['STAND_INS']}/{cell.world}/_control/{what}", body))
    return list(answer)


class Story:
    """One cell under way."""

    def __init__(self, cell: Cell, by: Any) -> None:
        from billing.actions import phone
        from billing.tests.making import make_invoice
        from tests.factories import make_patient
        from tests.soak.payment_process import now

        self.cell, self.paid_at_page, self.released = cell, "", False
        control(cell, "behaviour", {cell.key: cell.behaviour})
        patient = make_patient(by, family_name=f"Cell{cell.number}", phone=cell.phone)
        invoice = make_invoice(by, cell.amount, patient=patient)
        self.id = phone.request_payment(
            invoice=invoice, provider_name=cell.provider, phone=cell.phone, amount=cell.amount, by=by, now=now(),
        ).pk  # fmt: skip

    def read(self) -> Any:
        """Return the attempt."""
        from billing.models import PaymentAttempt

        return PaymentAttempt.objects.get(pk=self.id)

    def step(self) -> bool:
        """Do what the patient does now; tell whether it is over."""
        attempt = self.read()
        is_late = self.cell.case == "timeout then success"
        if (
            self.cell.provider == "orange-web"
            and self.cell.behaviour.get("answer")
            and attempt.sends
        ):
            control(self.cell, "behaviour", {self.cell.key: {"notice": "never"}})  # cut once only
        if is_late and attempt.status == "expired" and not self.released:
            self._pay(attempt, "success")
            self.released = True
        elif (
            self.cell.provider == "orange-web"
            and not is_late
            and attempt.redirect_url != self.paid_at_page
        ):
            self._pay(attempt, "refused" if self.cell.ends == "failed" else "success")
            self.paid_at_page = attempt.redirect_url
        return attempt.status in FINAL or (attempt.status == self.cell.ends == "unknown")

    def _pay(self, attempt: Any, choice: str) -> None:
        if self.cell.provider == "orange-web":
            post(attempt.redirect_url, {"choice": choice}, form=True)
        else:
            number = attempt.reference if self.cell.provider == "momo" else attempt.provider_ref
            control(self.cell, "settle", {"id": number, "outcome": choice})

    def ended(self) -> dict[str, Any]:
        """Return what came of it, and what is wrong."""
        from billing.models import CallbackHit, Invoice, Payment

        cell, attempt = self.cell, self.read()
        is_paid = cell.ends == "succeeded"
        verdicts = Counter(
            row.verdict for row in CallbackHit.objects.filter(attempt_id=str(attempt.pk))
        )
        checks = {
            "state": attempt.status == cell.ends,
            "payments": Payment.objects.filter(attempt_id=str(attempt.pk)).count() == is_paid,
            "invoice": (Invoice.objects.get(pk=attempt.invoice_id).status == "paid") == is_paid,
            "late": attempt.is_late == (cell.case == "timeout then success"),
            "killed": not cell.step or (HOME / f"died-{cell.amount}").exists(),
            "person": cell.ends != "unknown" or attempt.needs_person,
            "callbacks": {
                "double callback": verdicts["authentic"] + verdicts["duplicate"] >= 2,
                "forged callback": verdicts["forged"] >= 1, "no callback": cell.provider == "mpesa" or not verdicts,
            }.get(cell.case, True),
        }  # fmt: skip
        return {
            "case": cell.case, "provider": cell.provider, "state": attempt.status, "late": attempt.is_late,
            "wrong": [name for name, holds in checks.items() if not holds], "reason": attempt.reason,
        }  # fmt: skip


def wait(stories: list[Story], seconds: float, beside: list[Story]) -> None:
    """Let stories go on until all are over, whatever the database is going through; others go on beside them."""
    from django.db import DatabaseError
    from pymongo.errors import PyMongoError

    deadline = time.monotonic() + seconds
    left = list(stories)
    while left and time.monotonic() < deadline:
        time.sleep(0.2)
        for story in (*left, *beside):
            try:
                if story.step() and story in left:
                    left.remove(story)
            except (DatabaseError, PyMongoError, OSError):
                time.sleep(0.5)


def begin(wanted: Any, desks: dict[str, Any]) -> list[Story]:
    """Ask for the payments of the cells that are wanted."""
    return [Story(cell, desks[cell.provider]) for cell in CELLS if wanted(cell)]


def main() -> None:
    """Tell all stories and print how they ended."""
    import django

    django.setup()
    from tests.factories import KENYA, make_facility, make_staff

    clinic, kenya = make_facility("Clinique A"), make_facility("Nyota", **KENYA)
    desks = {
        name: make_staff("receptionist", clinic, f"desk-{name}")
        for name in ("momo", "orange", "orange-web")
    }
    desks["mpesa"] = make_staff("receptionist", kenya, "desk-mpesa")

    slow = begin(lambda cell: cell.takes_long, desks)
    stories = list(slow)
    quick = [cell for cell in CELLS if not cell.takes_long and cell.case not in PRIMARY]
    for case in dict.fromkeys(cell.case for cell in quick):
        batch = begin(lambda cell, case=case: cell in quick and cell.case == case, desks)
        if case == WHOLE:
            (HOME / "kill-worker").touch()
        wait(batch, 60, slow)
        stories += batch
        sys.stderr.write(f"{case}: {[story.read().status for story in batch]}\n")
    for cell in CELLS:
        if cell.case in PRIMARY:
            one = begin(lambda other, cell=cell: other == cell, desks)
            wait(one, 60, slow)
            sys.stderr.write(f"{cell.case} {cell.provider}: {one[0].read().status}\n")
            time.sleep(2)  # its server comes back
            stories += one
    wait(stories, SECONDS, [])
    time.sleep(1)
    told = {"cells": [story.ended() for story in stories], "books": books(clinic, kenya)}
    sys.stdout.write(json.dumps(told))


def books(*facilities: Any) -> list[str]:
    """Return what is wrong with the books, and where they differ from what the providers took."""
    from billing.models import Payment
    from billing.queries import unsound

    wrong = [problem for place in facilities for problem in unsound(place.pk)]
    booked = Counter((row.method, int(row.amount)) for row in Payment.objects.all())
    for name in ("momo", "orange", "mpesa"):
        cell = next(one for one in CELLS if one.provider == name)
        rows = [row for row in control(cell, "settings", {}) if row["outcome"] == "success"]
        taken = Counter(
            int(float(row["amount"])) for row in rows if not row["behaviour"]["amount_differs"]
        )
        ours = Counter(
            {amount: times for (method, amount), times in booked.items() if method == name}
        )
        wrong += (
            [f"{name}: provider {taken - ours or ''} books {ours - taken or ''}"]
            if taken != ours
            else []
        )
    return wrong
