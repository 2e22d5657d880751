import re
from typing import Any

from bson import ObjectId
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.response import Response

from clinic.api.errors import Problem, answer_for, not_found
from clinic.api.pages import page
from clinic.api.schema import ETAG, PAGED, operation, query
from clinic.api.views import ApiView, PostingView
from clinic.converters import parse_id
from clinic.db import StaleDocumentError
from patients import actions
from patients.api import shapes
from patients.models import Patient
from patients.permissions import NotRelatedError, Sight, open_patient, visible_to
from patients.queries import likely_duplicates, same_set, today_in
from patients.rules import Identity, query_keys, sound_keys

STORY = {
    "firstName": "John", "lastName": "Doe", "sex": "M", "dateOfBirth": "1980-05-15", "phone": "+237699123456",
    "medicalHistory": {
        "allergies": ["penicillin", "aspirin"], "chronicConditions": ["diabetes", "hypertension"], "bloodType": "A+",
    },
}  # fmt: skip
ENTITY_TAG = re.compile(r'(?:W/)?"(\d{1,9})"')


@answer_for(NotRelatedError)
def _not_related(error: Any) -> Problem:
    title = _(
        "Ce patient n’est pas suivi dans votre structure : l’accès d’urgence demande un motif."
    )
    return Problem(403, error.code, title)


def _shown(
    view: ApiView, patient: Patient, status: int = 200, *, just_told: bool = False
) -> Response:
    body = shapes.patient_body(patient, view.actor, timezone.now(), just_told=just_told)
    return Response(body, status=status, headers={"ETag": f'"{patient.rev}"'})


def _context(view: ApiView, defaults: dict[str, Any]) -> dict[str, Any]:
    return {"defaults": defaults, "today": today_in(view.actor.facility, timezone.now())}


class Patients(PostingView):
    needs = {"GET": ("find_patients",), "POST": ("register_patients",)}

    @operation(
        "Find patients of this facility", gives=shapes.PatientsOut, tag="patients", name="patients",
        parameters=(query("q", "Name, phone or record number; left out: the newest changes."), *PAGED),
    )  # fmt: skip
    def get(self, request: Any) -> Response:
        return _found(self, request, request.query_params.get("q", "")[:100])

    @operation(
        "Register a patient, with what they tell of their history", takes=shapes.PatientIn,
        gives=shapes.RegisteredOut, status=201, tag="patients", name="patient_register", example=STORY,
    )  # fmt: skip
    def post_once(self, request: Any) -> Response:
        defaults = {"language": "fr", "accepts_messages": True}
        data = self.valid(shapes.PatientIn, **_context(self, defaults))
        facts = shapes.facts_of(data.get("medicalHistory", {}))
        self.actor.require("report_facts")
        if facts.values:
            self.actor.require("record_vitals")
        new_id = parse_id(self.form_id)
        known = Patient.objects.filter(pk=new_id).exists()
        identity = {"language": "fr", "accepts_messages": True, **data["identity"]}
        likely = [] if known else likely_duplicates(by=self.actor, identity=_compared(identity))
        patient = actions.register_with_history(
            identity=identity, facts=facts, by=self.actor, now=timezone.now(), patient_id=new_id
        )
        response = _shown(self, patient, 201, just_told=True)
        response.data["likelyDuplicates"] = [
            {
                "id": str(pair.patient.pk), "recordNumber": pair.patient.record_number,
                "score": pair.likeness.score, "reasons": list(pair.likeness.reasons),
            }
            for pair in likely
        ]  # fmt: skip
        response["Location"] = f"/api/v1/patients/{patient.pk}"
        return response


def _compared(identity: dict[str, Any]) -> Identity:
    return Identity(
        identity["given_name"], identity["family_name"], identity["sex"], identity["birth_date"],
        identity.get("birth_date_is_estimated", False), identity.get("phone", ""),
    )  # fmt: skip


def _found(view: ApiView, request: Any, text: str) -> Response:
    base = visible_to(view.actor)
    keys, place = query_keys(text), view.actor.facility_id
    base = base.none() if text.strip() and not keys else base
    rows, after = page(base.with_keys(keys, place) if keys else base, request, "updated_at")
    if not rows and (sounds := sound_keys(text)):
        rows, after = page(base.with_keys(sounds, place), request, "updated_at")
    for patient in rows:
        view.actor.note_seen("patients", patient.pk)
    return Response({"results": [shapes.summary_body(row) for row in rows], "next": after})


class PatientSearch(ApiView):
    needs = {"POST": ("find_patients",)}

    @operation(
        "Find patients without writing a name into an address", takes=shapes.SearchIn, gives=shapes.PatientsOut,
        tag="patients", name="patient_search", parameters=PAGED, once=False,
    )  # fmt: skip
    def post(self, request: Any) -> Response:
        return _found(self, request, self.valid(shapes.SearchIn)["q"])


class OnePatient(ApiView):
    needs = {"GET": ("find_patients",), "PATCH": ("register_patients",)}

    @operation(
        "Read a patient", gives=shapes.PatientOut, tag="patients", name="patient",
    )  # fmt: skip
    def get(self, request: Any, patient_id: ObjectId) -> Response:
        return _shown(self, open_patient(self.actor, patient_id, Sight.IDENTITY))

    @operation(
        "Correct the identity", takes=shapes.PatientChangeIn, gives=shapes.PatientOut, problems=(412, 428),
        parameters=(ETAG,), tag="patients", name="patient_change", example={"phone": "+237699123456"},
    )  # fmt: skip
    def patch(self, request: Any, patient_id: ObjectId) -> Response:
        patient = open_patient(self.actor, patient_id, Sight.IDENTITY)
        rev = _asked_rev(request)
        defaults = {name: getattr(patient, name) for name in actions.IDENTITY_FIELDS}
        data = self.valid(shapes.PatientChangeIn, **_context(self, defaults))
        try:
            changed = actions.change_identity(
                patient=patient,
                identity=data["identity"],
                rev=rev,
                by=self.actor,
                now=timezone.now(),
            )
        except StaleDocumentError as error:
            title = _("Ce dossier a changé entre-temps : relisez-le.")
            raise Problem(412, "stale-document", title) from error
        return _shown(self, changed)


def _asked_rev(request: Any) -> int:
    given = request.headers.get("If-Match", "")
    if not given:
        title = _("Envoyez If-Match avec l’ETag du dossier que vous avez lu.")
        raise Problem(428, "if-match-missing", title)
    match = ENTITY_TAG.fullmatch(given.strip())
    return int(match[1]) if match else -1


class PatientFacts(PostingView):
    """One kind of fact: the word of its action and the sight it needs."""

    sight = Sight.CLINICAL

    def told(self, patient_id: ObjectId) -> Patient:
        return open_patient(self.actor, patient_id, self.sight)

    def noted(self, patient: Patient) -> Response:
        return _shown(self, patient, 201)


class Allergies(PatientFacts):
    needs = {"POST": ("report_facts",)}
    sight = Sight.IDENTITY

    @operation(
        "Note an allergy", takes=shapes.AllergyIn, gives=shapes.PatientOut, status=201, tag="patients",
        name="allergy_add", example={"substance": "penicillin", "reaction": "rash"},
    )  # fmt: skip
    def post_once(self, request: Any, patient_id: ObjectId) -> Response:
        patient = self.told(patient_id)
        data = self.valid(shapes.AllergyIn)
        return self.noted(
            actions.add_allergy(
                patient=patient, by=self.actor, now=timezone.now(), fact_id=self.form_id, **data
            )
        )


class AllergyWithdrawal(PatientFacts):
    needs = {"POST": ("withdraw_facts",)}

    @operation(
        "Withdraw an allergy, with a reason", takes=shapes.ReasonIn, gives=shapes.PatientOut, status=201,
        tag="patients", name="allergy_withdraw",
    )  # fmt: skip
    def post_once(self, request: Any, patient_id: ObjectId, fact_id: ObjectId) -> Response:
        patient = self.told(patient_id)
        _standing(patient.history.active_allergies, fact_id)
        reason = self.valid(shapes.ReasonIn)["reason"]
        return self.noted(
            actions.withdraw_allergy(
                patient=patient,
                fact_id=str(fact_id),
                reason=reason,
                by=self.actor,
                now=timezone.now(),
            )
        )


def _standing(facts: list[Any], fact_id: ObjectId) -> None:
    if not any(fact.fact_id == str(fact_id) for fact in facts):
        raise not_found()


class Conditions(PatientFacts):
    needs = {"POST": ("write_consultations", "record_vitals")}

    @operation(
        "Note a condition", takes=shapes.ConditionIn, gives=shapes.PatientOut, status=201, tag="patients",
        name="condition_add", example={"code": "E11", "text": "diabetes"},
    )  # fmt: skip
    def post_once(self, request: Any, patient_id: ObjectId) -> Response:
        patient = self.told(patient_id)
        data = self.valid(shapes.ConditionIn)
        return self.noted(
            actions.add_condition(
                patient=patient, by=self.actor, now=timezone.now(), fact_id=self.form_id, **data
            )
        )


class ConditionEnd(PatientFacts):
    needs = {"POST": ("withdraw_facts",)}

    @operation(
        "End a condition, with a reason", takes=shapes.ResolveIn, gives=shapes.PatientOut, status=201,
        tag="patients", name="condition_end",
    )  # fmt: skip
    def post_once(self, request: Any, patient_id: ObjectId, fact_id: ObjectId) -> Response:
        patient = self.told(patient_id)
        _standing(patient.history.active_conditions, fact_id)
        data = self.valid(shapes.ResolveIn)
        status = "entered-in-error" if data.get("enteredInError") else "resolved"
        return self.noted(
            actions.resolve_condition(
                patient=patient, fact_id=str(fact_id), status=status, reason=data["reason"], by=self.actor,
                now=timezone.now(),
            )
        )  # fmt: skip


class Medicines(PatientFacts):
    needs = {"POST": ("report_facts",)}

    @operation(
        "Note a medicine the patient takes", takes=shapes.MedicineIn, gives=shapes.PatientOut, status=201,
        tag="patients", name="medicine_add",
        example={"medicine": "warfarin", "dose": 5, "unit": "mg", "timesPerDay": 1},
    )  # fmt: skip
    def post_once(self, request: Any, patient_id: ObjectId) -> Response:
        patient = self.told(patient_id)
        data = self.valid(shapes.MedicineIn)
        return self.noted(
            actions.add_medicine(
                patient=patient,
                by=self.actor,
                now=timezone.now(),
                fact_id=self.form_id,
                **shapes.dosed(data),
            )
        )


class MedicineEnd(PatientFacts):
    needs = {"POST": ("report_facts",)}

    @operation(
        "Note that a medicine is no longer taken", takes=shapes.ReasonIn, gives=shapes.PatientOut, status=201,
        tag="patients", name="medicine_end",
    )  # fmt: skip
    def post_once(self, request: Any, patient_id: ObjectId, fact_id: ObjectId) -> Response:
        patient = self.told(patient_id)
        _standing(patient.history.active_medicines, fact_id)
        reason = self.valid(shapes.ReasonIn)["reason"]
        return self.noted(
            actions.end_medicine(
                patient=patient,
                fact_id=str(fact_id),
                reason=reason,
                by=self.actor,
                now=timezone.now(),
            )
        )


class Observations(PatientFacts):
    needs = {"POST": ("record_vitals",)}

    @operation(
        "Note measurements, pregnancy, breastfeeding", takes=shapes.ObservationsIn, gives=shapes.PatientOut,
        status=201, tag="patients", name="observe",
        example={"measurements": {"weight_kg": 62.5, "potassium_mmol_l": 5.9}, "pregnancy": {"status": "no"}},
    )  # fmt: skip
    def post_once(self, request: Any, patient_id: ObjectId) -> Response:
        patient = self.told(patient_id)
        data = self.valid(shapes.ObservationsIn)
        actions.observe(
            patient=patient, values=shapes.values_of(data), by=self.actor, now=timezone.now(),
            taken_at=data.get("takenAt"), set_id=self.form_id,
        )  # fmt: skip
        return self.noted(Patient.objects.get(pk=patient.pk))


class MeasurementWithdrawal(PatientFacts):
    needs = {"POST": ("record_vitals",)}

    @operation(
        "Mark a measurement as entered in error, with a reason", takes=shapes.ReasonIn, gives=shapes.PatientOut,
        status=201, tag="patients", name="measurement_withdraw",
    )  # fmt: skip
    def post_once(self, request: Any, patient_id: ObjectId, observation_id: ObjectId) -> Response:
        patient = self.told(patient_id)
        if not same_set(patient, observation_id):
            raise not_found()
        reason = self.valid(shapes.ReasonIn)["reason"]
        actions.withdraw_measurements(
            patient=patient, ids=[observation_id], reason=reason, by=self.actor, now=timezone.now()
        )
        return self.noted(Patient.objects.get(pk=patient.pk))


class Emergency(PostingView):
    needs = {"POST": ("read_record",)}

    @operation(
        "Open a record in an emergency, for four hours, giving a reason", takes=shapes.EmergencyIn,
        gives=shapes.PatientOut, status=201, tag="patients", name="emergency",
    )  # fmt: skip
    def post_once(self, request: Any, patient_id: ObjectId) -> Response:
        patient = Patient.objects.filter(pk=patient_id).first()
        if patient is None:
            raise not_found()
        reason = self.valid(shapes.EmergencyIn)["reason"]
        actions.break_the_glass(
            patient_id=patient_id, reason=reason, by=self.actor, now=timezone.now()
        )
        return _shown(self, open_patient(self.actor, patient_id), 201)
