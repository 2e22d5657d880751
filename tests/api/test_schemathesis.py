"""Programs that send anything the document allows, and much that it does not: no fault, no surprise."""

import re
from io import BytesIO
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from schemathesis.config import SchemathesisConfig

from accounts.actions import grant_role
from accounts.permissions import SYSTEM
from clinic.api.docs import document
from clinic.wsgi import application
from patients.models import Observation
from tests.api.calling import Caller
from tests.factories import NOW, make_user
from tests.world import World, make_world

EXAMPLES = 8
ALLOWED_TO_VALID_DATA = ["2xx", "401", "403", "404", "409", "412", "422", "428", "429"]
IDS = {
    "patient_id": lambda w: w.patient.pk,
    "prescription_id": lambda w: w.prescription.pk,
    "line_id": lambda w: w.prescription.lines[0].line_id,
    "appointment_id": lambda w: w.appointment.pk,
    "consultation_id": lambda w: w.draft.pk,
    "doctor_id": lambda w: w.cast.profile.pk,
    "fact_id": lambda w: w.patient.history.allergies[0].fact_id,
    "observation_id": lambda w: Observation.objects.get(patient=w.patient, name="weight_kg").pk,
    "device_id": lambda w: "0" * 24,
}
BODY_IDS = {"patientId": "patient_id", "lineId": "line_id", "doctorId": "doctor_id"}
# Requests are made up before there is a database: these stand for what is known only then.
STAND_INS = {name: f"{number:024x}" for number, name in enumerate(IDS, 0xAB0000000000)}
TOKEN = "Bearer the-token-of-the-test"
IN_USE: dict[str, Any] = {}


def app(environ: Any, start_response: Any) -> Any:
    """The product, with the stand-ins replaced by the ids and the token of this test."""
    environ.pop("HTTP_ACCEPT_ENCODING", None)
    if environ.get("HTTP_AUTHORIZATION") == TOKEN:
        environ["HTTP_AUTHORIZATION"] = IN_USE["token"]
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    for name, stand_in in STAND_INS.items():
        real = str(IDS[name](IN_USE["world"]))
        environ["PATH_INFO"] = environ["PATH_INFO"].replace(stand_in, real)
        environ["QUERY_STRING"] = environ.get("QUERY_STRING", "").replace(stand_in, real)
        body = body.replace(stand_in.encode(), real.encode())
    environ["wsgi.input"] = BytesIO(body)
    return application(environ, start_response)


api = schemathesis.openapi.from_dict(
    document(),
    config=SchemathesisConfig.from_dict(
        {
            "checks": {"positive_data_acceptance": {"expected-statuses": ALLOWED_TO_VALID_DATA}},
            "phases": {"coverage": {"enabled": False}},
        }
    ),
)
api.app = app


@api.auth()
class Token:
    def get(self, case: Any, context: Any) -> str:
        return TOKEN

    def set(self, case: Any, data: str, context: Any) -> None:
        case.headers["Authorization"] = data


@api.hook
def map_path_parameters(context: Any, path_parameters: Any) -> Any:
    """Half of the well-formed ids are those of documents that exist."""
    return {
        name: STAND_INS[name] if re.fullmatch("[0-7][0-9a-f]{23}", str(value)) else value
        for name, value in (path_parameters or {}).items()
    }


@api.hook
def map_body(context: Any, body: Any) -> Any:
    """So are all the well-formed ids in bodies."""
    if isinstance(body, dict):
        for name, kind in BODY_IDS.items():
            if isinstance(body.get(name), str) and len(body[name]) == 24:
                body[name] = STAND_INS[kind]
    return body


@pytest.fixture
def world(cast: Any, settings: Any) -> World:
    """A patient with a little of everything, and a person with every role of their clinic."""
    settings.API_LIMITS = dict.fromkeys(settings.API_LIMITS, (10**6, 60))
    made = make_world(cast)
    user = make_user("everything")
    for role in ("receptionist", "nurse", "doctor", "pharmacist", "administrator"):
        grant_role(user=user, facility=cast.clinic, role=role, by=SYSTEM, now=NOW)
    IN_USE.update(world=made, token=Caller.signed_in("everything").headers["Authorization"])
    return made


@api.parametrize()
@hypothesis_settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
def test_the_api_does_what_its_document_says(case: Any, world: World) -> None:
    case.call_and_validate()
