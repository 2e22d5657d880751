"""The story whole: registered, consulted, glucose refused, asked, amended, dispensed, all of it traced."""

from typing import Any

import pytest
from auditlog.models import LogEntry

from audit.models import AccessEntry
from patients.models import Patient
from pharmacy.models import Dispensing, PharmacyQuestion, Prescription, SafetyCheck


def register(desk: Any) -> Any:
    desk.opens("/patients/new/")
    desk.fills(family_name="Ngo Bassong", given_name="Marthe", birth_date="12/03/1966")
    desk.page.check("[name=sex][value=F]")
    desk.fills(phone="699 00 00 01")
    desk.presses("Enregistrer").reads("NGO BASSONG Marthe", "dossier")
    return Patient.objects.get(family_name="Ngo Bassong")


def note_allergy(desk: Any) -> None:
    desk.page.get_by_text("Noter une allergie").click()
    desk.page.get_by_role("button", name="Aucune allergie connue").click()
    desk.reads("Aucune allergie connue")


def consult(doctor: Any, patient: Any) -> None:
    doctor.opens(f"/patients/{patient.pk}/").follows("Consulter")
    doctor.fills(reason="asthénie, soif", plan="réhydrater")
    doctor.page.fill("#dx_text_0", "diabète de type 2")
    doctor.page.fill("#dx_code_0", "E11")
    doctor.presses("Signer").reads("Consultation signée")


def prescribe(doctor: Any) -> None:
    doctor.follows("Prescrire")
    page = doctor.page
    page.fill("[name=lines-0-medicine]", "glucose 5 %")
    page.fill("[name=lines-0-dose]", "500")
    page.select_option("[name=lines-0-unit]", "mL")
    page.select_option("[name=lines-0-route]", "iv")
    page.fill("[name=lines-0-days]", "1")


@pytest.mark.parametrize(
    ("script", "width"),
    [
        pytest.param(True, 1280, id="with scripts"),
        pytest.param(False, 360, id="without scripts on a phone"),
    ],
)
def test_glucose_never_reaches_the_diabetic(
    person: Any, cast: Any, script: bool, width: int
) -> None:
    seen: dict[str, Any] = {"script": script, "width": width}
    desk = person("receptionist", **seen)
    patient = register(desk)
    note_allergy(desk)

    doctor = person("doctor", **seen)
    consult(doctor, patient)
    prescribe(doctor)
    if script:
        doctor.page.press("[name=lines-0-days]", "Tab")
        doctor.page.locator("#check").get_by_text("Contre-indiqué").wait_for()
    doctor.judged().presses("Signer l’ordonnance").reads("Contre-indiqué", "Lisez les alertes")
    doctor.judged()
    doctor.presses("J’ai lu : signer l’ordonnance").reads("bloquée", "ne peut pas être délivrée")
    written = Prescription.objects.get(patient=patient)
    assert [line.status for line in written.lines] == ["on-hold"]

    pharmacist = person("pharmacist", **seen)
    pharmacist.opens("/pharmacy/").follows("NGO BASSONG Marthe")
    pharmacist.reads("Contre-indiqué", "Ne pas délivrer.")
    assert pharmacist.page.get_by_role("button", name="Délivrer", exact=True).count() == 0
    pharmacist.judged()
    asking = pharmacist.page.locator("textarea[name=text]").first
    asking.fill("Glucose chez une diabétique ?")
    pharmacist.presses("Envoyer la question").reads("Question envoyée")

    doctor.opens("/today/").reads("Questions de la pharmacie", "Glucose chez une diabétique ?")
    doctor.follows("Glucose chez une diabétique ?").follows("Modifier")
    doctor.page.fill("[name=lines-0-medicine]", "chlorure de sodium 0,9 %")
    doctor.page.fill("[name=reason]", "diabète : sérum salé")
    doctor.presses("Signer l’ordonnance")
    if doctor.page.get_by_role("button", name="J’ai lu : signer l’ordonnance").count():
        doctor.presses("J’ai lu : signer l’ordonnance")
    doctor.reads("Nouvelle version")
    old, new = Prescription.objects.order_by("version")
    assert (old.status, new.replaces_id) == ("stopped", str(old.pk))
    assert PharmacyQuestion.objects.get().status == "answered"

    pharmacist.opens("/pharmacy/").follows("NGO BASSONG Marthe").reads("chlorure de sodium")
    judge = pharmacist.page.locator("[name=judgement_code]")
    if judge.count():
        judge.select_option("verified-in-reference")
        pharmacist.page.fill("[name=judgement_text]", "Soluté vérifié")
    pharmacist.presses("Délivrer").reads("Déjà délivré")
    assert [d.medicine for d in Dispensing.objects.all()] == ["chlorure de sodium 0,9 %"]

    desk.opens(f"/patients/{patient.pk}/seen-by/").reads("Médecin", "Pharmacien·ne", "Accueil")
    desk.judged()
    traced(patient)


def traced(patient: Any) -> None:
    """All of it stands in the trail: reads, writes, checks."""
    routes = set(
        AccessEntry.objects.filter(patient_ids__contains=[str(patient.pk)]).values_list(
            "route", flat=True
        )
    )
    assert {
        "patient",
        "prescribe",
        "prescription",
        "dispensing",
        "ask-doctor",
        "dispense",
    } <= routes
    moments = {(check.moment, check.outcome) for check in SafetyCheck.objects.all()}
    assert {moment for moment, _ in moments} >= {"prescribe", "amend", "dispense"}
    changed = {entry.content_type.model for entry in LogEntry.objects.all()}
    assert {"patient", "consultation", "prescription", "dispensing", "pharmacyquestion"} <= changed
    actors = {str(entry.actor) for entry in LogEntry.objects.exclude(actor=None)}
    assert len(actors) >= 3


def test_a_forged_form_does_not_free_the_line(person: Any, cast: Any) -> None:
    from tests.factories import GLUCOSE, make_patient, make_prescription

    patient = make_patient(cast.doctor, conditions=[("E11", "diabète de type 2")])
    held = make_prescription(patient, cast.doctor, GLUCOSE, pharmacy_id=cast.clinic.pk)
    pharmacist = person("pharmacist").opens(f"/pharmacy/{held.pk}/")
    pharmacist.page.evaluate(
        """([address]) => {
            const form = document.createElement("form"), token = document.querySelector("[name=csrfmiddlewaretoken]");
            form.method = "post"; form.action = address; form.append(token.cloneNode());
            for (const [name, value] of [["quantity", "1"], ["judgement_code", "other"], ["judgement_text", "oui"],
                                         ["alone_reason", "seul"]]) {
                const field = document.createElement("input");
                field.name = name; field.value = value; form.append(field);
            }
            document.body.append(form); form.submit();
        }""",
        [f"/pharmacy/{held.pk}/lines/{held.lines[0].line_id}/dispense/"],
    )
    pharmacist.reads("Non délivré.", "Contre-indiqué")
    assert Dispensing.objects.count() == 0
    assert SafetyCheck.objects.filter(moment="dispense", outcome="refused").count() == 1
