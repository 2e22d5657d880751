"""The staff's pages: a day of messages by state, weeks, the texts, reminders of doses."""

import re
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from notifications import actions as message_actions
from notifications.models import Message, TemplateText
from notifications.queries import text_of, weeks
from notifications.texts import KINDS
from phone.models import DosePlan
from phone.presentation import kind_text
from tests.factories import PARACETAMOL, make_patient, make_prescription

DOUALA = ZoneInfo("Africa/Douala")


@pytest.fixture
def as_(client):
    def sign_in(actor):
        client.force_login(actor.user)
        session = client.session
        session["facility_id"] = str(actor.facility_id)
        session.save()
        return client

    return sign_in


def message(place, at, number=0, **values):
    facts = {
        "status": "delivered", "due_at": at, "created_at": at, "submitted_at": at, "cost": "XAF 15.0000",
        "cost_amount": Decimal(15), "kind": "free", "cause": "t", "phone": "+237699000111", "text": f"N{number}.",
    }  # fmt: skip
    return Message(key=f"t:{number}", facility_id=str(place.pk), **(facts | values))


def test_a_day_of_messages_is_counted_whole_filtered_by_state_and_turned_over(cast, as_):
    noon = timezone.now().astimezone(DOUALA).replace(hour=12)
    rows = [
        message(cast.clinic, noon + timedelta(seconds=n), n, status="failed" if n % 50 == 0 else "delivered")
        for n in range(230)
    ]  # fmt: skip
    rows.append(message(cast.clinic, noon - timedelta(days=1), 900))
    rows.append(message(cast.other_clinic, noon, 901))
    Message.objects.bulk_create(rows)
    page = as_(cast.receptionist).get("/messages/").content.decode()
    assert "(230)" in page
    assert "1 partie · 15 XAF" in page
    assert re.search(r"échoué\s*\(5\)", page)
    assert "N229." in page
    assert "N129." not in page
    second = as_(cast.receptionist).get("/messages/?page=2").content.decode()
    assert "N129." in second
    failed = as_(cast.receptionist).get("/messages/?state=failed").content.decode()
    assert all(f"N{n}." in failed for n in (0, 50, 100, 150, 200))
    assert "N1." not in failed
    assert as_(cast.receptionist).get("/messages/?state=nonsense&page=x").status_code == 200


def test_a_week_begins_on_monday_where_the_facility_is(cast):
    sunday = datetime(2026, 11, 22, 23, 30, tzinfo=DOUALA)
    monday = datetime(2026, 11, 23, 0, 30, tzinfo=DOUALA)  # 23:30 of Sunday in UTC
    Message.objects.bulk_create(
        [
            message(cast.clinic, sunday, 1),
            message(cast.clinic, monday, 2),
            message(cast.clinic, monday, 3, status="failed"),
            message(cast.clinic, monday, 4, status="queued", submitted_at=None, cost_amount=None),
        ]
    )
    *_, before, last = weeks(cast.clinic.pk, monday, "Africa/Douala")
    assert (before.week.isoformat(), before.sent, before.rate) == ("2026-11-16", 1, 100)
    assert (last.week.isoformat(), last.sent, last.delivered, last.rate, last.cost) == (
        "2026-11-23", 2, 1, 50, Decimal(30),
    )  # fmt: skip


def test_whoever_may_send_messages_sees_on_every_page_that_none_leaves(cast, as_):
    assert "à l’arrêt" not in as_(cast.receptionist).get("/patients/").content.decode()
    message_actions._pause("out-of-balance", timezone.now())
    assert "à l’arrêt" in as_(cast.receptionist).get("/patients/").content.decode()
    page = as_(cast.admin).get("/messages/").content.decode()
    assert "à l’arrêt" in page
    assert "Le compte SMS est épuisé" in page
    assert "à l’arrêt" not in as_(cast.nurse).get("/patients/").content.decode()
    as_(cast.admin).post("/messages/resume/")
    assert "à l’arrêt" not in as_(cast.admin).get("/messages/").content.decode()


def test_the_administrator_changes_a_text_after_seeing_it(cast, as_):
    admin = as_(cast.admin)
    page = "/messages/texts/appointment-missed/pcm/"
    assert "we no see you" in admin.get("/messages/texts/").content.decode()
    seen = admin.post(page, {"text": "{name}, à bientôt {place}", "preview": "1"}).content.decode()
    assert "Marie-Claire, à bientot Espoir" in seen
    assert not TemplateText.objects.exists()
    refused = admin.post(page, {"text": "{name}, votre VIH {medicine}", "save": "1"})
    assert "révèle une maladie" in refused.content.decode()
    assert "Seuls ces mots" in refused.content.decode()
    assert admin.post(page, {"text": "{name}, we wait.", "save": "1"}).status_code == 302
    assert text_of("appointment-missed", "pcm") == "{name}, we wait."
    assert "modifié" in admin.get("/messages/texts/").content.decode()
    admin.post(page, {"standard": "1"})
    assert "we no see you" in text_of("appointment-missed", "pcm")
    for nowhere in ("nothing/fr", "free/de"):
        assert admin.get(f"/messages/texts/{nowhere}/").status_code == 404
    assert as_(cast.receptionist).get(page).status_code == 403


def handed_out(cast, patient):
    row = make_prescription(
        patient, cast.doctor, {**PARACETAMOL, "times": 3, "days": 5}, pharmacy_id=cast.clinic.pk
    )
    row.lines[0].last_dispensed_at, row.lines[0].status = timezone.now(), "completed"
    row.status = "completed"
    row.save()
    return row


def test_reminders_of_doses_are_started_and_stopped_without_a_medicine_in_sight(cast, as_):
    patient = make_patient(cast.receptionist, phone="+237699000111")
    row = handed_out(cast, patient)
    page, action = f"/messages/of/{patient.pk}/", f"/messages/of/{patient.pk}/doses/"
    desk = as_(cast.receptionist)
    shown = desk.get(page).content.decode()
    assert "Rappeler chaque prise" in shown
    assert "paracétamol" not in shown.lower()
    desk.post(action, {"prescription": str(row.pk), "start": "1"})
    plan = DosePlan.objects.get()
    assert (plan.is_active, plan.prescription_id) == (True, str(row.pk))
    assert "Arrêter les rappels" in desk.get(page).content.decode()
    desk.post(action, {"prescription": str(row.pk), "stop": "1"})
    plan.refresh_from_db()
    assert (plan.is_active, plan.stopped_by) == (False, "staff")


def test_reminders_are_of_the_patients_own_prescription(cast, as_):
    mine = make_patient(cast.receptionist, phone="+237699000111")
    row = handed_out(cast, make_patient(cast.receptionist, phone="+237699000222"))
    answer = as_(cast.receptionist).post(
        f"/messages/of/{mine.pk}/doses/", {"prescription": str(row.pk), "start": "1"}
    )
    assert answer.status_code == 404
    assert not DosePlan.objects.exists()


def test_whom_no_sms_reaches_is_said_before_reminders_are_started(cast, as_):
    patient = make_patient(cast.receptionist, phone="", accepts_messages=True)
    handed_out(cast, patient)
    page = as_(cast.receptionist).get(f"/messages/of/{patient.pk}/").content.decode()
    assert "aucun rappel ne lui parviendrait" in page


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Votre test VIH est prêt", "VIH"),
        ("Venez chercher votre Amoxicilline", "Amoxicilline"),
        ("Your artemether is here", "artemether"),
        ("Vos papiers sont prêts, passez quand vous voulez", ""),
        ("Le centre ferme vendredi pour des actions de nettoyage à l’alcool", ""),
    ],
)
def test_what_staff_write_tells_no_disease_and_no_medicine(cast, as_, text, word):
    patient = make_patient(cast.receptionist, phone="+237699000111")
    form = {"text": text, "form_id": "1" * 24, "send": "1"}
    answer = as_(cast.receptionist).post(f"/messages/of/{patient.pk}/", form)
    assert Message.objects.filter(kind="free").exists() is not bool(word)
    if word:
        assert f"« {word} » révèle" in answer.content.decode()


def test_an_administrators_text_names_no_medicine(cast, as_):
    page = "/messages/texts/prescription-ready/fr/"
    answer = as_(cast.admin).post(page, {"text": "{name}, votre insuline attend.", "save": "1"})
    assert "« insuline » révèle" in answer.content.decode()
    assert not TemplateText.objects.exists()


@pytest.mark.no_servers
def test_every_kind_of_message_has_a_name_for_staff():
    assert [kind for kind in KINDS if kind_text(kind) == kind] == []
