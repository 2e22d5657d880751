"""What changes about medicines. Every way a medicine can leave ends in `dispense`."""

from pharmacy.actions.dispensing import (
    Handover,
    NotDispensableError,
    ask_doctor,
    dispense,
    take_over,
    tell_patient_ready,
)
from pharmacy.actions.lines import LineOrder, line_of
from pharmacy.actions.payment import ask_payment
from pharmacy.actions.prescribing import (
    AlreadyStoredError,
    NotAmendableError,
    amend,
    cancel,
    give_reason,
    prescribe,
    repeat,
)

__all__ = [
    "AlreadyStoredError",
    "Handover",
    "LineOrder",
    "NotAmendableError",
    "NotDispensableError",
    "amend",
    "ask_doctor",
    "ask_payment",
    "cancel",
    "dispense",
    "give_reason",
    "line_of",
    "prescribe",
    "repeat",
    "take_over",
    "tell_patient_ready",
]
