"""Dispensing, and the pharmacist's questions."""

from typing import Any

from bson import ObjectId
from django.contrib.auth import authenticate
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.response import Response

from accounts.models import User
from billing.queries import prepaid
from clinic.api.errors import Problem, answer_for, not_found, refused
from clinic.api.limits import count
from clinic.api.schema import operation
from clinic.api.views import ApiView, PostingView
from pharmacy import actions
from pharmacy.api import shapes
from pharmacy.api.prescribing import known_line
from pharmacy.models import Prescription
from pharmacy.permissions import may_take_over, open_for_dispensing
from pharmacy.queries import lines_today, merged, open_questions_for


@answer_for(actions.NotDispensableError)
def _not_dispensable(error: Any) -> Problem:
    check = error.check
    found = shapes.checked_body(
        check.findings, check.not_checked, check.knowledge_version, check.at
    )
    title = _("Cette ligne ne peut pas être délivrée : rien n’est sorti.")
    return Problem(
        409, error.code, title, blocks=list(error.decision.blocks), verdict=error.decision.verdict,
        needsConfirmation=error.decision.needs_confirmation, checkId=str(check.pk), **found,
    )  # fmt: skip


class Dispense(PostingView):
    needs = {"POST": ("dispense",)}

    @operation(
        "Let medicine leave, if the check made now allows it; 409 carries the findings", takes=shapes.DispenseIn,
        gives=shapes.DispensedOut, tag="prescriptions", name="dispense",
        example={"lineId": "5f1e0c9ab4d27e6683a1c0de", "quantity": 9},
    )  # fmt: skip
    def post_once(self, request: Any, prescription_id: ObjectId) -> Response:
        row = open_for_dispensing(self.actor, prescription_id)
        data = self.valid(shapes.DispenseIn)
        line_id = str(data["lineId"])
        known_line(row, line_id)
        judgement = data.get("judgement")
        handover = actions.Handover(
            line_id=line_id, quantity=data["quantity"], batch=data.get("batch", ""),
            substitute=data.get("substitute", ""), alone_reason=data.get("aloneReason", ""),
            judgement=(judgement["code"], judgement["text"]) if judgement else None,
            confirmed_by=self._second(data.get("secondPerson")), form_id=self.form_id,
            payment_skipped_reason=data.get("paymentSkippedReason", ""),
        )  # fmt: skip
        dispensing = actions.dispense(
            prescription=row, handover=handover, by=self.actor, now=timezone.now()
        )
        fresh = Prescription.objects.get(pk=row.pk)
        line = fresh.line(line_id)
        return Response(
            {
                **shapes.DispensingOut.of(dispensing),
                "lineStatus": line.status if line else "",
                "quantityLeft": line.quantity_left if line else 0,
                "prescriptionStatus": fresh.status,
            }
        )

    def _second(self, given: dict[str, str] | None) -> User | None:
        if given is None:
            return None
        raw = self.request._request
        count("sign-in-account", given["username"].casefold())
        person = authenticate(raw, username=given["username"], password=given["password"])
        if not isinstance(person, User):
            raw.axes_locked_out = None  # type: ignore[attr-defined]  # answered here, in JSON
            message = _("Ce nom et ce mot de passe ne vont pas ensemble.")
            raise refused(("secondPerson/username", message))
        if person == self.request.user:
            raise refused(
                ("secondPerson/username", _("La deuxième personne doit être quelqu’un d’autre."))
            )
        return person


class Bill(PostingView):
    needs = {"POST": ("dispense",)}

    @operation(
        "Put a line on the patient's bill, to be paid before it leaves; 409 when it may not leave",
        takes=shapes.BillIn, gives=shapes.BilledOut, tag="prescriptions", name="bill",
        example={"lineId": "5f1e0c9ab4d27e6683a1c0de", "quantity": 9},
    )  # fmt: skip
    def post_once(self, request: Any, prescription_id: ObjectId) -> Response:
        row = open_for_dispensing(self.actor, prescription_id)
        data = self.valid(shapes.BillIn)
        line_id = str(data["lineId"])
        known_line(row, line_id)
        actions.ask_payment(
            prescription=row, line_id=line_id, quantity=data["quantity"], substitute=data.get("substitute", ""),
            by=self.actor, now=timezone.now(),
        )  # fmt: skip
        now_paid = prepaid([line_id], self.actor.facility_id)[line_id]
        asked = None if now_paid.asked is None else str(now_paid.asked)
        return Response(
            {"lineId": line_id, "paid": now_paid.paid, "waiting": now_paid.waiting, "asked": asked}
        )


class Ask(PostingView):
    needs = {"POST": ("dispense",)}

    @operation(
        "Ask the doctor about a line", takes=shapes.QuestionIn, gives=shapes.QuestionOut, status=201,
        tag="prescriptions", name="ask",
    )  # fmt: skip
    def post_once(self, request: Any, prescription_id: ObjectId) -> Response:
        row = open_for_dispensing(self.actor, prescription_id)
        data = self.valid(shapes.QuestionIn)
        line_id = str(data["lineId"])
        known_line(row, line_id)
        now = timezone.now()
        line = row.line(line_id)
        result = merged(lines_today(row, row.patient, now, only=line) if line else [])
        worst = next(iter(result.for_line(line_id).findings), None)
        question = actions.ask_doctor(
            prescription=row, line_id=line_id, text=data["text"], by=self.actor, now=now,
            finding=(worst.message_fr, worst.message_en) if worst else ("", ""),
        )  # fmt: skip
        return Response(shapes.QuestionOut.of(question), status=201)


class TakeOver(PostingView):
    needs = {"POST": ("dispense",)}

    @operation(
        "Open a prescription by its printed code: it becomes addressed to your pharmacy", takes=shapes.CodeIn,
        gives=shapes.PrescriptionRowOut, tag="prescriptions", name="take_over",
    )  # fmt: skip
    def post_once(self, request: Any) -> Response:
        code = self.valid(shapes.CodeIn)["code"]
        row = Prescription.objects.filter(code=code).select_related("patient").first()
        if row is None or not code:
            raise not_found()
        if row.pharmacy_id != str(self.actor.facility_id):
            if not may_take_over(self.actor, row):
                title = _("Cette ordonnance est arrêtée ou déjà délivrée.")
                raise Problem(409, "not-open", title)
            row = actions.take_over(prescription=row, by=self.actor, now=timezone.now())
        row = open_for_dispensing(self.actor, row.pk)
        return Response(shapes.PrescriptionRowOut.of(row))


class Questions(ApiView):
    needs = {"GET": ("prescribe",)}

    @operation(
        "Pharmacists' open questions to this facility, yours first", gives=shapes.QuestionsOut,
        tag="prescriptions", name="questions",
    )  # fmt: skip
    def get(self, request: Any) -> Response:
        return Response({"results": shapes.QuestionOut.of_many(open_questions_for(self.actor))})
