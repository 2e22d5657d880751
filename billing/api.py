"""Payments, read only."""

from typing import Any

from rest_framework import serializers
from rest_framework.response import Response

from billing.models import Payment
from clinic.api.errors import not_found
from clinic.api.fields import Shape
from clinic.api.pages import page
from clinic.api.schema import PAGED, operation, query
from clinic.api.views import ApiView
from clinic.converters import parse_id


class PaymentOut(Shape):
    id = serializers.CharField()
    patientId = serializers.CharField(source="patient_id")
    amount = serializers.CharField(help_text="A decimal number as text.")
    currency = serializers.CharField()
    method = serializers.CharField()
    status = serializers.CharField()
    at = serializers.DateTimeField()
    byName = serializers.CharField(source="by_name")


class PaymentsOut(Shape):
    results = PaymentOut(many=True)
    next = serializers.CharField(allow_null=True)


class Payments(ApiView):
    needs = {"GET": ("take_payments", "approve_payments")}

    @operation(
        "Payments received here", gives=PaymentsOut, tag="payments", name="payments",
        parameters=(query("patientId", "Only this patient's."), *PAGED),
    )  # fmt: skip
    def get(self, request: Any) -> Response:
        rows = Payment.objects.filter(facility_id=self.actor.facility_id)
        if wanted := request.query_params.get("patientId", ""):
            patient_id = parse_id(wanted)
            if patient_id is None:
                raise not_found()
            rows = rows.filter(patient_id=patient_id)
        found, after = page(rows, request, "at")
        for row in found:
            self.actor.note_seen("patients", row.patient_id)
        return Response({"results": PaymentOut.of_many(found), "next": after})
