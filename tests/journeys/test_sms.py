"""Booked at the desk, told and answered by SMS; the menu of the phone in each language, and paying from it."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from appointments.models import Appointment
from billing.models import Invoice
from billing.queries import unsound
from billing.tests.making import make_invoice
from notifications.models import Message
from phone.actions import set_pin
from tests.factories import make_appointment, make_patient
from tests.stand_ins import eventually, running_stand_in

PHONE = "+237699000001"


@pytest.fixture(scope="module")
def running() -> Any:
    with running_stand_in() as stand_in:
        yield stand_in


@pytest.fixture
def gateway(running: Any, settings: Any, site: Any) -> Any:
    running.control("reset")
    settings.AFRICASTALKING = running.settings
    running.call_back_to(site.url, settings.PHONE_CALLBACK_SECRET)
    return running


def book(desk: Any, patient: Any, cast: Any) -> None:
    desk.opens(f"/appointments/book/{patient.pk}/?doctor={cast.profile.pk}&day={in_two_days()}")
    desk.page.locator("main .slots button").first.click()
    desk.page.wait_for_load_state()
    desk.reads("Rendez-vous pris.")


def in_two_days() -> str:
    return (timezone.now() + timedelta(days=2)).date().isoformat()


def test_the_patient_answers_by_sms_and_the_desk_sees_it(
    person: Any, cast: Any, gateway: Any
) -> None:
    patient = make_patient(cast.receptionist, family_name="Ngo", given_name="Marthe", phone=PHONE)
    desk = person("receptionist")
    book(desk, patient, cast)
    (told,) = eventually(lambda: gateway.accepted(PHONE))
    assert told["text"].startswith("Marthe, votre rendez-vous est pris le ")
    eventually(lambda: Message.objects.get(kind="appointment-booked").status == "delivered")
    gateway.control("incoming", number=PHONE, text="Oui")
    eventually(lambda: Appointment.objects.get().confirmed_at)
    day = Appointment.objects.get().local_date
    desk.opens(f"/appointments/?day={day}").reads("NGO Marthe", "confirmé par SMS").judged()
    eventually(lambda: len(gateway.accepted(PHONE)) == 2)
    gateway.control("incoming", number=PHONE, text="2")
    eventually(lambda: Appointment.objects.get().cancellation_asked_at)
    desk.opens(f"/appointments/?day={day}").reads("demande d’annulation")
    desk.opens("/messages/desk/").reads("demande d’annulation", "NGO Marthe").judged()
    desk.presses("Traité").reads("Rien à traiter.")
    desk.opens("/messages/").reads("NGO Marthe", "reçu").judged()
    desk.opens(f"/messages/of/{patient.pk}/").reads("Oui").judged()
    write(desk)


def write(desk: Any) -> None:
    """Staff see the text as it will arrive, and its cost, before it goes; a disease is refused."""
    desk.fills(text="Votre test VIH est prêt").presses("Voir le texte et le coût")
    desk.reads("révèle une maladie")
    desk.fills(text="Vos papiers sont prêts, reçus ce matin").presses("Voir le texte et le coût")
    desk.reads("1 partie", "Vos papiers sont prets, recus ce matin").judged()
    desk.presses("Envoyer").reads("Message mis en file.")
    assert Message.objects.filter(kind="free").count() == 1


@pytest.mark.parametrize(
    ("choice", "menu", "thanks"),
    [
        ("1", "Mon rendez-vous", "est confirme"),
        ("2", "My appointment", "is confirmed"),
        ("3", "My dose for today", "don confirm"),
    ],
)
def test_the_menu_of_the_phone(
    cast: Any, gateway: Any, choice: str, menu: str, thanks: str
) -> None:
    patient = make_patient(cast.receptionist, given_name="Marthe", phone=PHONE)
    set_pin(patient=patient, pin="2580", by=cast.receptionist, now=timezone.now())
    booked = make_appointment(patient, cast.profile)
    gateway.control("ussd", phone="+237677000002")  # the first request of all loads the program
    hop = gateway.control("ussd", phone=PHONE)
    session = hop["session"]

    def type_in(entry: str) -> Any:
        answer = gateway.control("ussd", phone=PHONE, session=session, entry=entry)
        again = gateway.control("ussd", session=session, replay=True) if answer["open"] else answer
        assert again["screen"] == answer["screen"]
        return answer

    assert menu in type_in(choice)["screen"]
    type_in("2")
    type_in("2580")
    type_in("0")
    type_in("1")
    last = type_in("1")
    assert thanks in last["screen"]
    assert not last["open"]
    assert last["warnings"] == []
    assert last["slowest"] < 2.0  # on a shared machine; test_ussd.py counts the processor's time
    assert Appointment.objects.get(pk=booked.pk).confirmed_at


class Handset:
    """A phone on the simulator's page, in the browser."""

    def __init__(self, page: Any, simulator: str) -> None:
        self.page = page
        page.goto(f"{simulator}?phone={PHONE.replace('+', '%2B')}")

    def dials(self) -> "Handset":
        self.page.get_by_role("button", name="Composer").click()
        return self

    def types(self, *entries: str) -> "Handset":
        for entry in entries:
            self.page.fill("[name=entry]", entry)
            self.page.locator("form:has([name=entry]) button").click()
            self.page.wait_for_load_state()
        return self

    def reads(self, *words: str) -> "Handset":
        for word in words:
            self.page.locator("pre", has_text=word).wait_for(timeout=8000)
        return self


def test_a_patient_pays_by_orange_from_the_menu_of_the_phone(
    person: Any, cast: Any, gateway: Any, settings: Any, site: Any
) -> None:
    """Owed, asked for from any phone, approved at the operator, paid: at the desk, on the phone, and by SMS."""
    orange = {**settings.MOBILE_MONEY["orange"], "base_url": gateway.service("orange")}
    settings.MOBILE_MONEY = {**settings.MOBILE_MONEY, "orange": orange}
    settings.PUBLIC_URL = site.url
    patient = make_patient(cast.receptionist, given_name="Marthe", family_name="Ngo", phone=PHONE)
    set_pin(patient=patient, pin="2580", by=cast.receptionist, now=timezone.now())
    invoice = make_invoice(cast.receptionist, 1500, patient=patient)
    desk = person("receptionist")
    desk.opens(f"/billing/invoice/{invoice.pk}/").reads("Reste à payer").judged()

    phone = Handset(desk.page.context.new_page(), f"{gateway.url}/simulator").dials()
    phone.types("1", "3").reads("Votre code PIN").types("2580").reads("1 Payer 1500 XAF")
    phone.types("1").reads("Payer par Orange Money avec ce telephone ?")
    phone.types("1").reads("Validez avec votre code sur ce telephone")

    eventually(lambda: Invoice.objects.get().status == "paid")
    phone.dials().reads("Votre code PIN").types("2580").reads("paye, merci", "Recu R20")
    desk.opens(f"/billing/invoice/{invoice.pk}/").reads("payée", "Orange Money").judged()
    told = "Marthe, nous avons recu 1500 XAF, A. Recu R20"
    eventually(lambda: [sms for sms in gateway.accepted(PHONE) if sms["text"].startswith(told)])
    assert unsound(cast.clinic.pk) == []
