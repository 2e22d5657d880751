"""How a laboratory result reads: its label, its value in the reader's language, its unit."""

from django import template

from clinic.templatetags.carnet import thousandths
from consultations.forms import LAB_LABELS, WORD_LABELS
from patients.models import Observation

register = template.Library()


@register.filter
def measured(row: Observation) -> str:
    """Return a measurement in words; one without a label under its own name."""
    if row.name in WORD_LABELS:
        label, choices = WORD_LABELS[row.name]
        return f"{label} : {dict(choices).get(row.value_text, row.value_text)}"
    label, unit = LAB_LABELS.get(row.name, (row.name, ""))
    return f"{label} {row.value_text}{thousandths(row.value)} {unit}".strip()
