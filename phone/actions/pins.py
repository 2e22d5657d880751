"""PINs: set, checked, locked, and the code by SMS that lets a patient set one."""

import secrets
from datetime import datetime

from django.contrib.auth.hashers import check_password, make_password
from django.core.cache import cache

from accounts.permissions import Actor
from clinic.db import claim
from clinic.recording import recorded
from notifications.queue import enqueue
from patients.models import Patient
from phone.queries import (
    facility_of,
)
from phone.rules import is_locked, is_pin

CODE_SECONDS = 600
CODE_TRIES = 5


class BadPinError(Exception):
    """The PIN is too simple, or no PIN at all."""

    code = "bad-pin"


@recorded
def set_pin(*, patient: Patient, pin: str, by: Actor, now: datetime) -> None:
    """Set a patient's PIN and open it again if it was locked.

    Raises:
        BadPinError: not four to six digits, or too simple.
    """
    if not is_pin(pin):
        raise BadPinError
    Patient.objects.filter(pk=patient.pk).update(pin_hash=make_password(pin), pin_failures=0)


@recorded
def check_pin(*, patient: Patient, pin: str, by: Actor, now: datetime) -> bool:
    """Tell whether the PIN is right; a wrong one is counted, and five lock it."""
    fresh = Patient.objects.get(pk=patient.pk)
    if not fresh.pin_hash or is_locked(fresh.pin_failures):
        return False
    rows = Patient.objects.filter(pk=fresh.pk, pin_failures=fresh.pin_failures)
    right = check_password(pin, fresh.pin_hash)
    claim(rows, pin_failures=0 if right else fresh.pin_failures + 1)
    return right


@recorded
def send_code(*, patient: Patient, by: Actor, now: datetime) -> None:
    """Send a code by SMS with which a patient without a PIN may set one: valid ten minutes, three a day."""
    count_key = f"pin-codes:{patient.pk}:{now:%Y%m%d}"
    number = int(cache.get(count_key) or 0) + 1
    if number > 3 or patient.pin_hash:
        return
    code = f"{secrets.randbelow(1_000_000):06d}"
    cache.set(count_key, number, 86_400)
    cache.set(f"pin-code:{patient.pk}", {"hash": make_password(code), "tries": 0}, CODE_SECONDS)
    enqueue(
        kind="pin-code", patient=patient, cause=f"pin:{patient.pk}:{now:%Y%m%d}:{number}", by=by, now=now,
        values={"code": code}, facility=facility_of(patient, now),
    )  # fmt: skip


def check_code(*, patient: Patient, code: str) -> bool:
    """Tell whether this is the code that was sent; five wrong ones end it."""
    key = f"pin-code:{patient.pk}"
    sent = cache.get(key)
    if not sent or sent["tries"] >= CODE_TRIES:
        return False
    if check_password(code, sent["hash"]):
        cache.delete(key)
        return True
    cache.set(key, {**sent, "tries": sent["tries"] + 1}, CODE_SECONDS)
    return False
