"""A program that calls the API: JSON in, JSON out, with a bearer token."""

import json
from typing import Any

from django.test import Client

from tests.factories import PASSWORD

ROOT = "/api/v1/"


class Caller:
    """One program, signed in or not."""

    def __init__(self, access: str = "", refresh: str = "", **headers: str) -> None:
        self.client = Client()
        self.refresh = refresh
        self.headers = {"Accept-Language": "en", **headers}
        if access:
            self.headers["Authorization"] = f"Bearer {access}"

    @classmethod
    def signed_in(cls, username: str, device: str = "", **headers: str) -> "Caller":
        body = {
            "username": username,
            "password": PASSWORD,
            **({"device": device} if device else {}),
        }
        tokens = cls().post("auth/token", body)
        assert tokens.status_code == 200, tokens.content
        return cls(tokens.json()["access"], tokens.json()["refresh"], **headers)

    def get(self, path: str, **headers: str) -> Any:
        return self.client.get(ROOT + path, headers={**self.headers, **headers})

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.send("post", path, body, **headers)

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        text = json.dumps({} if body is None else body)
        return getattr(self.client, method)(
            ROOT + path, text, content_type="application/json", headers={**self.headers, **headers}
        )


def john(**values: Any) -> dict[str, Any]:
    """The patient of the story."""
    return {
        "firstName": "John", "lastName": "Doe", "sex": "M", "dateOfBirth": "1980-05-15", "phone": "+237699123456",
        "medicalHistory": {
            "allergies": ["penicillin", "aspirin"], "chronicConditions": ["diabetes", "hypertension"],
            "bloodType": "A+",
        },
        **values,
    }  # fmt: skip


GLUCOSE = {
    "medicine": "glucose 5 %", "dose": 500, "unit": "mL", "route": "iv", "timesPerDay": 1, "days": 1,
}  # fmt: skip
PARACETAMOL = {"medicine": "paracetamol", "dose": 500, "unit": "mg", "timesPerDay": 3, "days": 3}
