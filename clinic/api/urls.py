"""The addresses of the API, each also with a slash at its end."""

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.urls import URLPattern, path

from accounts import api as accounts
from appointments import api as appointments
from billing import api as billing
from clinic.api import messages
from clinic.api.docs import Schema, docs
from consultations import api as consultations
from patients.api import views as patients
from pharmacy.api import dispensing, prescribing

PATIENT = "patients/<id:patient_id>"
PRESCRIPTION = "prescriptions/<id:prescription_id>"
APPOINTMENT = "appointments/<id:appointment_id>"

ROUTES: list[tuple[str, Any, str]] = [
    ("schema", Schema, "schema"),
    ("auth/token", accounts.Token, "token"),
    ("auth/refresh", accounts.Refresh, "refresh"),
    ("auth/revoke", accounts.Revoke, "revoke"),
    ("auth/devices", accounts.Devices, "devices"),
    ("auth/devices/<id:device_id>", accounts.Device, "device"),
    ("me", accounts.Me, "me"),
    ("patients", patients.Patients, "patients"),
    ("patients/search", patients.PatientSearch, "patient-search"),
    (PATIENT, patients.OnePatient, "patient"),
    (f"{PATIENT}/allergies", patients.Allergies, "allergies"),
    (f"{PATIENT}/allergies/<id:fact_id>/withdraw", patients.AllergyWithdrawal, "allergy-withdraw"),
    (f"{PATIENT}/conditions", patients.Conditions, "conditions"),
    (f"{PATIENT}/conditions/<id:fact_id>/end", patients.ConditionEnd, "condition-end"),
    (f"{PATIENT}/medicines", patients.Medicines, "medicines"),
    (f"{PATIENT}/medicines/<id:fact_id>/end", patients.MedicineEnd, "medicine-end"),
    (f"{PATIENT}/observations", patients.Observations, "observations"),
    (
        f"{PATIENT}/observations/<id:observation_id>/withdraw",
        patients.MeasurementWithdrawal,
        "measurement-withdraw",
    ),
    (f"{PATIENT}/emergency-access", patients.Emergency, "emergency"),
    ("doctors", appointments.Doctors, "doctors"),
    ("doctors/<id:doctor_id>/free-slots", appointments.FreeSlots, "free-slots"),
    ("appointments", appointments.Appointments, "appointments"),
    ("appointments/walk-in", appointments.WalkIns, "walk-in"),
    (APPOINTMENT, appointments.OneAppointment, "appointment"),
    (f"{APPOINTMENT}/cancel", appointments.AppointmentCancel, "appointment-cancel"),
    (f"{APPOINTMENT}/mark", appointments.AppointmentMark, "appointment-mark"),
    (f"{APPOINTMENT}/move", appointments.AppointmentMove, "appointment-move"),
    ("consultations", consultations.Consultations, "consultations"),
    ("consultations/<id:consultation_id>", consultations.OneConsultation, "consultation"),
    (
        "consultations/<id:consultation_id>/error",
        consultations.ConsultationError,
        "consultation-error",
    ),
    ("prescriptions", prescribing.Prescriptions, "prescriptions"),
    ("prescriptions/check", prescribing.Check, "prescription-check"),
    ("prescriptions/by-code", dispensing.TakeOver, "prescription-by-code"),
    ("prescriptions/questions", dispensing.Questions, "questions"),
    (PRESCRIPTION, prescribing.OnePrescription, "prescription"),
    (f"{PRESCRIPTION}/verify", prescribing.Verify, "verify"),
    (f"{PRESCRIPTION}/amend", prescribing.Amend, "amend"),
    (f"{PRESCRIPTION}/cancel", prescribing.Cancel, "prescription-cancel"),
    (f"{PRESCRIPTION}/repeat", prescribing.Repeat, "repeat"),
    (f"{PRESCRIPTION}/lines/<id:line_id>/reason", prescribing.LineReason, "line-reason"),
    (f"{PRESCRIPTION}/dispense", dispensing.Dispense, "dispense"),
    (f"{PRESCRIPTION}/bill", dispensing.Bill, "bill"),
    (f"{PRESCRIPTION}/ask", dispensing.Ask, "ask"),
    ("payments", billing.Payments, "payments"),
    ("notifications/sms", messages.Sms, "sms"),
]


def _further() -> list[tuple[str, Any, str]]:
    """Return the addresses that other apps declare in `api.ROUTES`."""
    found: list[tuple[str, Any, str]] = []
    for name in ("surveillance.api",):
        if find_spec(name) is not None:
            found += getattr(import_module(name), "ROUTES", [])
    return found


def _patterns() -> list[URLPattern]:
    rows = [*ROUTES, *_further()]
    twins = [path(f"{route}/", view.as_view(), name=f"api-{name}") for route, view, name in rows]
    return [
        *twins,
        *(path(route, view.as_view(), name=f"api-{name}") for route, view, name in rows),
    ]


urlpatterns = [
    path("docs/", docs, name="api-docs"),
    path("docs", docs, name="api-docs"),
    *_patterns(),
]
