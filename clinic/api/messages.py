"""Free messages. They stand here because messages know nothing of patients, and this needs both."""

from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.response import Response

from clinic.api.errors import refused
from clinic.api.fields import Id, Shape, Text
from clinic.api.schema import operation
from clinic.api.views import PostingView
from notifications.queue import enqueue
from patients.forms import PHONE_WORDS
from patients.models import Patient
from patients.permissions import Sight, open_patient
from patients.rules import PhoneError, clean_phone
from phone.forms import TELLING
from phone.queries import telling_word

MAX_TEXT = 459  # three parts of an SMS


@dataclass(frozen=True)
class Somebody:
    """A phone that is nobody's record; who said STOP on it is left alone."""

    phone: str
    accepts_messages: bool
    language: str = "fr"
    pk: str = ""
    given_name: str = ""


class SmsIn(Shape):
    """Give `patientId` or `phone`. Write nothing of a disease or a medicine: phones are shared."""

    also = {"message": "text", "to": "phone", "phoneNumber": "phone"}
    tolerates = True

    patientId = Id(required=False)
    phone = Text(max_length=30, required=False)
    text = Text(max_length=MAX_TEXT)

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        if ("patientId" in data) == ("phone" in data):
            raise serializers.ValidationError(
                {"patientId": _("Donnez patientId ou phone, l’un des deux.")}
            )
        if word := telling_word(data["text"]):
            raise serializers.ValidationError({"text": TELLING % {"word": word}})
        return data


class SmsOut(Shape):
    id = serializers.CharField()
    status = serializers.CharField(
        help_text="queued; suppressed where the person said STOP or has no phone"
    )
    reason = serializers.CharField(source="status_reason")


class Sms(PostingView):
    needs = {"POST": ("send_messages",)}

    @operation(
        "Send a text message", takes=SmsIn, gives=SmsOut, status=202, tag="notifications", name="sms",
        example={"phone": "+237699123456", "text": "The clinic is closed on Friday."},
    )  # fmt: skip
    def post_once(self, request: Any) -> Response:
        data = self.valid(SmsIn)
        message = enqueue(
            kind="free", patient=self._recipient(data), cause=f"api:{self.form_id}", by=self.actor,
            now=timezone.now(), values={"text": data["text"]},
        )  # fmt: skip
        return Response(SmsOut.of(message), status=202)

    def _recipient(self, data: dict[str, Any]) -> Any:
        if "patientId" in data:
            return open_patient(self.actor, data["patientId"], Sight.IDENTITY)
        try:
            phone = clean_phone(data["phone"], self.actor.facility.country)  # type: ignore[union-attr]
        except PhoneError as error:
            raise refused(("phone", PHONE_WORDS[error.code])) from error
        stopped = Patient.objects.filter(phone=phone, accepts_messages=False).exists()
        return Somebody(phone, accepts_messages=not stopped)
