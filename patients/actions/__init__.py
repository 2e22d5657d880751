"""What changes in a patient's record: registration, identity, facts of the history, measurements, emergency access."""

from patients.actions.emergency import break_the_glass, review_emergency_access
from patients.actions.facts import (
    add_allergy,
    add_condition,
    add_medicine,
    answer_no_known_allergy,
    end_medicine,
    note_tolerance,
    resolve_condition,
    set_blood_type,
    withdraw_allergy,
)
from patients.actions.identity import (
    IDENTITY_FIELDS,
    Facts,
    change_identity,
    follow_here,
    register,
    register_with_history,
)
from patients.actions.measuring import observe, withdraw_measurements
from patients.actions.saving import record_changed

__all__ = [
    "IDENTITY_FIELDS",
    "Facts",
    "add_allergy",
    "add_condition",
    "add_medicine",
    "answer_no_known_allergy",
    "break_the_glass",
    "change_identity",
    "end_medicine",
    "follow_here",
    "note_tolerance",
    "observe",
    "record_changed",
    "register",
    "register_with_history",
    "resolve_condition",
    "review_emergency_access",
    "set_blood_type",
    "withdraw_allergy",
    "withdraw_measurements",
]
