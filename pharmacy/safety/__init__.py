"""Medication safety: what is dangerous in an order for this patient, by local knowledge.

Pure Python: no Django, clock, database or network. `load` the knowledge once, then `check` orders.
"""

from .engine import check, missing_figure
from .knowledge import Knowledge, load
from .model import (
    Allergy,
    Condition,
    Finding,
    Line,
    Measurement,
    NotChecked,
    Patient,
    Resolution,
    Result,
)

__all__ = [
    "Allergy",
    "Condition",
    "Finding",
    "Knowledge",
    "Line",
    "Measurement",
    "NotChecked",
    "Patient",
    "Resolution",
    "Result",
    "check",
    "load",
    "missing_figure",
]
