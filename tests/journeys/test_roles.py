"""One day of each role in a real browser: the reception, the vital signs, the pharmacy, the administration."""

from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from appointments.models import Appointment
from consultations.models import Consultation
from patients.models import Observation, Patient
from pharmacy import actions as pharmacy
from pharmacy.models import Dispensing, Prescription
from tests.factories import (
    GLUCOSE,
    IBUPROFEN,
    PASSWORD,
    UNKNOWN,
    WARFARIN,
    make_patient,
    make_prescription,
    order,
)


def row_of(desk: Any, words: str) -> Any:
    return desk.page.locator("main table tr").filter(has_text=words)


@pytest.mark.parametrize("width", [1280, 360])
def test_the_reception_finds_registers_books_and_moves_the_queue(
    person: Any, cast: Any, width: int
) -> None:
    known = make_patient(cast.receptionist, family_name="Fotso", given_name="Jean-Paul", sex="M")
    desk = person("receptionist", width=width)
    desk.opens("/patients/").judged().page.locator("#q").press_sequentially("jean fot", delay=30)
    desk.reads("FOTSO Jean-Paul").judged()

    desk.opens("/patients/new/").judged()
    desk.page.locator("[name=family_name]").press_sequentially("Fotsso", delay=30)
    desk.fills(given_name="Jean Paul", birth_date="12/03/1966").page.check("[name=sex][value=M]")
    desk.reads("Peut-être déjà enregistré", "FOTSO Jean-Paul", "%", "naissance").judged()
    desk.fills(family_name="Abessolo", given_name="Rose", birth_date="", age_years="41")
    desk.page.check("[name=sex][value=F]")
    desk.presses("Enregistrer").reads("ABESSOLO Rose", "estimé").judged()
    rose = Patient.objects.get(family_name="Abessolo")

    desk.follows("Rendez-vous").judged()
    page = desk.page
    page.select_option("[name=day]", index=1)
    page.select_option("[name=doctor]", str(cast.profile.pk))
    desk.presses("Voir les créneaux libres").judged()
    page.locator(".slots button").first.click()
    desk.reads("Rendez-vous pris.", "ABESSOLO Rose", "réservé").judged()
    first = Appointment.objects.get(patient=rose)
    desk.follows("Déplacer").judged()
    page.locator(".slots button").nth(3).click()
    desk.reads("Rendez-vous pris.")
    moved = Appointment.objects.get(patient=rose, status="booked")
    assert moved.start > first.start
    desk.follows("Annuler").judged().fills(reason="non").presses("Annuler le rendez-vous")
    desk.reads("annulé")
    assert Appointment.objects.get(pk=moved.pk).cancel_reason == "non"

    desk.opens(f"/patients/{known.pk}/").presses("Donner un numéro").reads("Numéro 1 donné.")
    desk.reads("File d’attente (1)", "FOTSO Jean-Paul").judged()
    doctor = person("doctor", width=width).opens("/today/").judged()
    doctor.follows("FOTSO Jean-Paul").follows("Consulter").fills(reason="toux")
    doctor.presses("Signer").reads("Consultation signée")
    assert Consultation.objects.get(patient=known).status == "finished"
    desk.opens("/appointments/").reads("File d’attente (0)", "Personne n’attend")


@pytest.mark.parametrize("width", [1280, 360])
def test_the_nurse_is_told_what_cannot_be_and_asked_about_what_is_rare(
    person: Any, cast: Any, width: int
) -> None:
    patient = make_patient(cast.receptionist, family_name="Manga")
    nurse = person("nurse", width=width).opens(f"/patients/{patient.pk}/").judged()
    nurse.follows("Constantes").judged()
    nurse.fills(weight_kg="620", temperature_c="38,4", systolic_mmhg="120", diastolic_mmhg="80")
    nurse.presses("Enregistrer").reads("À corriger", "Valeur impossible : attendue entre").judged()
    assert nurse.page.input_value("[name=temperature_c]") == "38,4"
    nurse.fills(weight_kg="62", temperature_c="41,9")
    nurse.presses("Enregistrer").reads("Valeurs inhabituelles : relisez-les.").judged()
    assert not Observation.objects.exists()
    nurse.presses("Ces valeurs sont justes : enregistrer").reads("62 kg", "41,9").judged()
    assert Observation.objects.get(name="temperature_c").value == 41_900


@pytest.mark.parametrize("width", [1280, 360])
def test_a_pregnancy_stated_to_the_nurse_stands_in_the_banner(
    person: Any, cast: Any, width: int
) -> None:
    young = timezone.now().date().replace(year=timezone.now().year - 24, day=1)
    patient = make_patient(cast.receptionist, family_name="Manga", birth_date=young)
    nurse = person("nurse", width=width).opens(f"/consultations/vitals/{patient.pk}/").judged()
    nurse.page.select_option("[name=pregnancy]", "yes")
    nurse.fills(pregnancy_weeks="22", weight_kg="62").presses("Enregistrer").reads(
        "Enceinte, 22 SA"
    ).judged()
    desk = person("receptionist", width=width).opens(f"/patients/{patient.pk}/")
    desk.reads("MANGA").reads_nowhere("Enceinte", "62 kg")


def released_major(cast: Any) -> Prescription:
    """Return a prescription whose major alert the doctor kept, giving a reason."""
    patient = make_patient(cast.doctor, family_name="Edzoa", weight_kg=70)
    make_prescription(patient, cast.doctor, WARFARIN, pharmacy_id=cast.clinic.pk)
    kept = order(
        **IBUPROFEN, override_code="benefit-outweighs-risk", override_text="crise, trois jours"
    )
    return pharmacy.prescribe(
        patient=patient, lines=[kept], by=cast.doctor, now=timezone.now(),
        pharmacy_id=str(cast.clinic.pk),
    )  # fmt: skip


@pytest.mark.parametrize("width", [1280, 360])
def test_the_pharmacist_judges_confirms_and_hands_out_in_parts(
    person: Any, cast: Any, width: int
) -> None:
    patient = make_patient(cast.doctor, family_name="Biloa", weight_kg=61)
    unknown = make_prescription(patient, cast.doctor, UNKNOWN, pharmacy_id=cast.clinic.pk)
    pharmacist = person("pharmacist", width=width).opens(f"/pharmacy/{unknown.pk}/").judged()
    pharmacist.reads("Cette ligne n’a pas pu être contrôlée").presses("Délivrer")
    pharmacist.reads("Non délivré.", "Non contrôlé : notez votre jugement.").judged()
    pharmacist.page.select_option("[name=judgement_code]", "verified-in-reference")
    pharmacist.fills(judgement_text="notice du fabricant lue", quantity="2")
    pharmacist.presses("Délivrer").reads("Délivré.", "Déjà délivré", "notice du fabricant lue")
    pharmacist.judged()
    assert pharmacist.page.input_value("[name=quantity]") == "3"
    assert Prescription.objects.get(pk=unknown.pk).lines[0].quantity_left == 3

    partly = make_prescription(patient, cast.doctor, WARFARIN, pharmacy_id=cast.clinic.pk)
    pharmacist.opens(f"/pharmacy/{partly.pk}/").reads("contrôlé en partie").judged()

    major = released_major(cast)
    assert major.lines[0].status == "active"
    pharmacist.opens(f"/pharmacy/{major.pk}/").reads("Maintenu par", "crise, trois jours").judged()
    pharmacist.presses("Délivrer").reads("Une deuxième personne doit confirmer").judged()
    pharmacist.fills(second_username="doctor", second_password="wrong").presses("Délivrer")
    pharmacist.reads("Ce nom et ce mot de passe ne vont pas ensemble.")
    pharmacist.fills(second_username="receptionist", second_password=PASSWORD).presses("Délivrer")
    pharmacist.reads("La deuxième personne doit soigner ou délivrer")
    pharmacist.fills(second_username="nurse", second_password=PASSWORD).presses("Délivrer")
    pharmacist.reads("Délivré.", "Déjà délivré").judged()
    assert Dispensing.objects.filter(prescription_id=str(major.pk)).count() == 1


@pytest.mark.parametrize("width", [1280, 360])
def test_the_laboratory_sends_results_to_the_record_it_was_given(
    person: Any, cast: Any, width: int
) -> None:
    patient = make_patient(cast.doctor, family_name="Ottou", conditions=[("B20", "secret")])
    bench = person("laboratory", width=width).reads("Numéro de dossier").judged()
    bench.fills(record="YA-26-XXXXXX").presses("Ouvrir").reads("Aucun dossier ne porte ce numéro")
    bench.judged().fills(record=patient.record_number.lower()).presses("Ouvrir").reads("OTTOU")
    bench.reads_nowhere("secret")
    bench.judged().fills(potassium_mmol_l="62", inr="2,4").presses("Envoyer les résultats")
    bench.reads("Valeur impossible : attendue entre").judged()
    bench.fills(potassium_mmol_l="6,2").page.select_option("[name=hbsag]", "negative")
    bench.presses("Envoyer les résultats").reads("Résultats envoyés au dossier de OTTOU")
    bench.fills(record=patient.record_number).presses("Ouvrir").reads("Potassium 6,2 mmol/L")
    assert Observation.objects.get(name="potassium_mmol_l").value == 6_200
    doctor = person("doctor", width=width).opens(f"/patients/{patient.pk}/")
    doctor.reads("Potassium 6,2 mmol/L", "INR 2,4", "Antigène HBs : négatif").judged()


def test_a_new_and_a_changed_prescription_appear_by_themselves(person: Any, cast: Any) -> None:
    pharmacist = person("pharmacist").opens("/pharmacy/")
    pharmacist.reads("Aucune ordonnance n’attend").judged()
    patient = make_patient(
        cast.doctor, family_name="Essomba", given_name="Luc", conditions=[("E11", "diabète")]
    )
    held = make_prescription(patient, cast.doctor, GLUCOSE, pharmacy_id=cast.clinic.pk)
    queue = pharmacist.page.locator("#queue")
    queue.get_by_role("link", name="ESSOMBA Luc").wait_for(timeout=5000)
    assert "bloquée" in queue.inner_text()
    pharmacy.amend(
        prescription=held, lines=[order()], reason="diabète", by=cast.doctor, now=timezone.now()
    )
    queue.get_by_text("paracétamol").wait_for(timeout=5000)
    assert "modifiée" in queue.inner_text()
    pharmacist.judged()


def test_the_administrator_manages_staff_and_reads_the_trail(person: Any, cast: Any) -> None:
    patient = make_patient(cast.doctor, family_name="Owona", allergies=["latex"])
    cast.admin.user.is_superuser = True
    cast.admin.user.save()
    admin = person("admin").opens("/admin/")
    page = admin.page
    admin.opens("/admin/accounts/user/add/").reads("Mot de passe")
    for name, value in {
        "username": "awa", "first_name": "Awa", "last_name": "Bello", "password1": "pluie-sur-le-wouri",
        "password2": "pluie-sur-le-wouri",
    }.items():  # fmt: skip
        page.fill(f"[name={name}]", value)
    page.locator("[name=_save]").click()
    admin.reads("Awa")

    admin.opens("/admin/patients/patient/?q=owona").reads("Owona")
    page.locator("#result_list tbody th a").first.click()
    assert page.locator("[name=_save]").count() == 0
    page.get_by_role("link", name="Voir sur le site").click()
    admin.reads("Qui a vu le dossier", "Administrateur·rice").judged()

    admin.opens(f"/admin/auditlog/logentry/?q={patient.pk}").reads("history.allergies[latex]")
    page.locator("#changelist-filter").get_by_role("link", name="doctor").click()
    page.check("#action-toggle")
    page.select_option("[name=action]", "export")
    with page.expect_download() as download:
        page.locator("button[name=index]").click()
    text = Path(download.value.path()).read_text()
    assert "history.allergies[latex].substance,,latex" in text
    admin.opens("/admin/audit/accessentry/?kind__exact=sign-in").reads("Connexion")
