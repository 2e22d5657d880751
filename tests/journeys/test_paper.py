"""What is printed has the size of its paper, and nothing is left over for a second sheet."""

import re
from typing import Any

from django.utils import timezone

from billing.actions import cash
from billing.tests.making import make_drawer
from tests.factories import IBUPROFEN, PARACETAMOL, WARFARIN, make_patient, make_prescription

A4, A5, SLIP = (595, 842), (420, 595), (227, 510)


def sheets(person: Any, path: str) -> list[tuple[int, int]]:
    """Return the size of each printed sheet, in points."""
    person.opens(path)
    pdf = person.page.pdf(prefer_css_page_size=True)
    boxes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", pdf)
    return [(round(float(width)), round(float(height))) for width, height in boxes]


def near(found: list[tuple[int, int]], wanted: tuple[int, int]) -> bool:
    return len(found) == 1 and all(abs(a - b) <= 2 for a, b in zip(found[0], wanted, strict=True))


def test_each_paper_has_its_size(person: Any, cast: Any) -> None:
    patient = make_patient(cast.doctor, family_name="Nkotto", weight_kg=70)
    order = make_prescription(patient, cast.doctor, PARACETAMOL, WARFARIN, IBUPROFEN)
    doctor = person("doctor")
    assert near(sheets(doctor, f"/prescriptions/{order.pk}/print/"), A5)
    text = doctor.page.inner_text("article")
    assert "NKOTTO" in text
    assert order.code in text
    assert "NE PAS DÉLIVRER" in text
    assert near(sheets(doctor, f"/patients/{patient.pk}/seen-by/"), A4)

    make_drawer(cast.receptionist)
    now = timezone.now()
    paid = cash.take_deposit(patient=patient, amount=2000, by=cast.receptionist, now=now)
    assert near(sheets(person("receptionist"), f"/billing/receipt/{paid.pk}/"), SLIP)
