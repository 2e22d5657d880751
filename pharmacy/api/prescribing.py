"""Writing, reading, amending and verifying prescriptions."""

from dataclasses import replace
from typing import Any

from bson import ObjectId
from django.core.exceptions import PermissionDenied
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.response import Response

from clinic.api.errors import Problem, answer_for, refused
from clinic.api.pages import page
from clinic.api.schema import PAGED, operation, query
from clinic.api.views import ApiView, PostingView
from clinic.converters import parse_id
from consultations.models import Consultation
from patients.models import Patient
from patients.permissions import open_patient
from pharmacy import actions
from pharmacy.api import shapes
from pharmacy.models import Prescription
from pharmacy.permissions import may_amend, open_for_reading, pharmacy_named
from pharmacy.queries import check_lines, lines_today, merged
from pharmacy.queries.payment import payments_of
from pharmacy.rules import LIVE_STATUSES, Release, verdict

STORY = {
    "patientId": "5f1e0c9ab4d27e6683a1c0de", "consultationId": "5f1e0c9ab4d27e6683a1c0df",
    "lines": [{"medicine": "glucose 5 %", "dose": 500, "unit": "mL", "route": "iv", "timesPerDay": 1, "days": 1}],
}  # fmt: skip


@answer_for(actions.NotAmendableError)
def _not_amendable(error: Any) -> Problem:
    title = _("Cette ordonnance a été remplacée, arrêtée ou délivrée entre-temps.")
    return Problem(409, error.code, title, current=str(error))


@answer_for(actions.AlreadyStoredError)
def _already_stored(error: Any) -> Problem:
    title = _("Ce formulaire est déjà enregistré avec un autre contenu.")
    return Problem(409, error.code, title, current=str(error))


class Prescriptions(PostingView):
    needs = {"GET": ("read_record", "dispense"), "POST": ("prescribe",)}

    @operation(
        "A patient's prescriptions; without patientId, those addressed to your pharmacy",
        gives=shapes.PrescriptionsOut, tag="prescriptions", name="prescriptions",
        parameters=(query("patientId", "Whose."), query("status", "Only in this state."), *PAGED),
    )  # fmt: skip
    def get(self, request: Any) -> Response:
        rows, by = self._wanted(request)
        if status := request.query_params.get("status", ""):
            rows = rows.filter(status=status[:16])
        found, after = page(rows.select_related("patient"), request, by)
        for row in found:
            self.actor.note_seen("patients", row.patient_id)
            self.actor.note_seen("prescriptions", row.pk)
        return Response({"results": shapes.PrescriptionRowOut.of_many(found), "next": after})

    def _wanted(self, request: Any) -> tuple[Any, str]:
        if wanted := request.query_params.get("patientId", ""):
            patient = open_patient(self.actor, parse_id(wanted) or ObjectId("0" * 24))
            return Prescription.objects.filter(patient=patient), "authored_at"
        self.actor.require("dispense")
        mine = Prescription.objects.filter(pharmacy_id=str(self.actor.facility_id))
        return mine, "changed_at"

    @operation(
        "Prescribe. Everything is stored; a dangerous line is stored on hold, with its findings",
        takes=shapes.PrescriptionIn, gives=shapes.PrescriptionOut, status=201, tag="prescriptions",
        name="prescribe", example=STORY,
    )  # fmt: skip
    def post_once(self, request: Any) -> Response:
        data = self.valid(shapes.PrescriptionIn)
        patient = open_patient(self.actor, data["patientId"])
        row = actions.prescribe(
            patient=patient, lines=[shapes.order_of(line) for line in data["lines"]], by=self.actor,
            now=timezone.now(), consultation_id=_consultation(patient, data.get("consultationId")),
            pharmacy_id=_pharmacy(data.get("pharmacyId")), form_id=self.form_id,
        )  # fmt: skip
        return created(self, row)


def _consultation(patient: Patient, wanted: ObjectId | None) -> str:
    if wanted is None:
        return ""
    if not Consultation.objects.filter(pk=wanted, patient=patient).exists():
        raise refused(("consultationId", _("Cette consultation n’est pas de ce patient.")))
    return str(wanted)


def _pharmacy(wanted: ObjectId | None) -> str:
    if wanted is None:
        return ""
    if pharmacy_named(wanted) is None:
        raise refused(("pharmacyId", _("Cette pharmacie n’est pas connue.")))
    return str(wanted)


def created(view: ApiView, row: Prescription) -> Response:
    """Answer with a prescription just stored."""
    view.actor.note_seen("prescriptions", row.pk)
    location = {"Location": f"/api/v1/prescriptions/{row.pk}"}
    return Response(shapes.prescription_body(row), status=201, headers=location)


class Check(ApiView):
    needs = {"POST": ("prescribe",)}

    @operation(
        "Check an order without storing it", takes=shapes.CheckIn, gives=shapes.CheckedOut, tag="prescriptions",
        name="check", once=False,
    )  # fmt: skip
    def post(self, request: Any) -> Response:
        data = self.valid(shapes.CheckIn)
        patient = open_patient(self.actor, data["patientId"])
        lines = [actions.line_of(shapes.order_of(line)) for line in data["lines"]]
        now = timezone.now()
        result = check_lines(patient=patient, lines=lines, now=now)
        return Response(
            shapes.checked_body(result.findings, result.not_checked, result.knowledge_version, now)
        )


class OnePrescription(ApiView):
    needs = {"GET": ("read_record", "dispense")}

    @operation(
        "Read a prescription, with the check of its signing", gives=shapes.PrescriptionOut, tag="prescriptions",
        name="prescription",
    )  # fmt: skip
    def get(self, request: Any, prescription_id: ObjectId) -> Response:
        return Response(shapes.prescription_body(open_for_reading(self.actor, prescription_id)))


class Verify(ApiView):
    needs = {"GET": ("read_record", "dispense")}

    @operation(
        "Check a prescription now, on the record as it is now", gives=shapes.VerifyOut, tag="prescriptions",
        name="verify",
    )  # fmt: skip
    def get(self, request: Any, prescription_id: ObjectId) -> Response:
        return Response(
            verified_body(open_for_reading(self.actor, prescription_id), timezone.now())
        )


def verified_body(row: Prescription, now: Any) -> dict[str, Any]:
    """Return what a check made now says of a prescription and of each of its lines."""
    today = lines_today(row, row.patient, now)
    result = merged(today)
    unpaid = {line_id for line_id, paid in payments_of(row).items() if not paid.covers(1)}
    lines = [
        _line_body(
            one.line,
            one.result,
            _paid_first(one.decision(is_confirmed=True), one.line.line_id in unpaid),
        )
        for one in today
    ]
    left = [line for line in lines if line["lineStatus"] in LIVE_STATUSES]
    return {
        "prescriptionId": str(row.pk),
        "status": verdict(result.findings, result.not_checked),
        "dispensable": bool(left) and all(line["dispensable"] for line in left),
        "lines": lines,
        **shapes.checked_body(result.findings, result.not_checked, result.knowledge_version, now),
    }


def _paid_first(decision: Release, is_unpaid: bool) -> Release:  # noqa: FBT001
    return replace(decision, blocks=(*decision.blocks, "payment-needed")) if is_unpaid else decision


def _line_body(line: Any, mine: Any, decision: Release) -> dict[str, Any]:
    return {
        "id": line.line_id,
        "medicine": line.medicine,
        "lineStatus": line.status,
        "status": verdict(mine.findings, mine.not_checked),
        "dispensable": decision.is_allowed,
        "blocks": list(decision.blocks),
        "needsConfirmation": decision.needs_confirmation,
        "quantityLeft": line.quantity_left,
    }


class Amend(PostingView):
    needs = {"POST": ("prescribe",)}

    @operation(
        "Replace a prescription by a new version", takes=shapes.AmendIn, gives=shapes.PrescriptionOut, status=201,
        tag="prescriptions", name="amend",
    )  # fmt: skip
    def post_once(self, request: Any, prescription_id: ObjectId) -> Response:
        row = open_for_reading(self.actor, prescription_id)
        data = self.valid(shapes.AmendIn)
        new = actions.amend(
            prescription=row, lines=[shapes.order_of(line) for line in data["lines"]], reason=data["reason"],
            by=self.actor, now=timezone.now(), form_id=self.form_id,
        )  # fmt: skip
        return created(self, new)


class Cancel(PostingView):
    needs = {"POST": ("prescribe",)}

    @operation(
        "Cancel a prescription, or one of its lines", takes=shapes.CancelIn, gives=shapes.PrescriptionOut,
        tag="prescriptions", name="prescription_cancel",
    )  # fmt: skip
    def post_once(self, request: Any, prescription_id: ObjectId) -> Response:
        row = open_for_reading(self.actor, prescription_id)
        data = self.valid(shapes.CancelIn)
        line_id = str(data.get("lineId", ""))
        known_line(row, line_id)
        changed = actions.cancel(
            prescription=row, reason=data["reason"], by=self.actor, now=timezone.now(), line_id=line_id
        )  # fmt: skip
        return Response(shapes.prescription_body(changed))


def known_line(row: Prescription, line_id: str) -> None:
    """Refuse an id that is no line of the prescription; no id at all is fine."""
    if line_id and row.line(line_id) is None:
        raise refused(("lineId", _("Cette ligne n’est pas de cette ordonnance.")))


class Repeat(PostingView):
    needs = {"POST": ("prescribe",)}

    @operation(
        "Write the same lines again, checked today", takes=shapes.RepeatIn, gives=shapes.PrescriptionOut,
        status=201, tag="prescriptions", name="repeat",
    )  # fmt: skip
    def post_once(self, request: Any, prescription_id: ObjectId) -> Response:
        row = open_for_reading(self.actor, prescription_id)
        self.valid(shapes.RepeatIn)
        new = actions.repeat(
            prescription=row, by=self.actor, now=timezone.now(), form_id=self.form_id
        )
        return created(self, new)


class LineReason(PostingView):
    needs = {"POST": ("prescribe",)}

    @operation(
        "Give the reason that a line with a major finding needs; it never lifts a contraindication",
        takes=shapes.OverrideIn, gives=shapes.PrescriptionOut, tag="prescriptions", name="line_reason",
    )  # fmt: skip
    def post_once(self, request: Any, prescription_id: ObjectId, line_id: ObjectId) -> Response:
        row = open_for_reading(self.actor, prescription_id)
        if not may_amend(self.actor, row, row.patient):
            raise PermissionDenied("prescribe")
        known_line(row, str(line_id))
        data = self.valid(shapes.OverrideIn)
        changed = actions.give_reason(
            prescription=row, line_id=str(line_id), by=self.actor, now=timezone.now(), **data
        )
        return Response(shapes.prescription_body(changed))
