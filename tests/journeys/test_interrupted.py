"""What is typed survives: a session that ends in a consultation, a dead battery, a second click."""

from typing import Any

import pytest

from consultations.models import Consultation
from tests.factories import PASSWORD, make_patient


@pytest.mark.parametrize("script", [True, False], ids=["with scripts", "without scripts"])
def test_a_session_that_ends_in_a_consultation_costs_nothing(
    person: Any, cast: Any, script: bool
) -> None:
    patient = make_patient(cast.doctor, family_name="Ebogo")
    doctor = person("doctor", script=script, width=360)
    doctor.opens(f"/consultations/new/{patient.pk}/")
    doctor.fills(reason="toux depuis neuf jours", plan="repos,\nboire beaucoup")
    doctor.page.context.clear_cookies(name="sessionid")
    doctor.presses("Signer").reads("est gardé").judged()
    assert not Consultation.objects.exists()
    doctor.fills(username="doctor", password=PASSWORD).presses("Se connecter")
    doctor.reads("Votre saisie est gardée", "toux depuis neuf jours").judged()
    doctor.presses("Envoyer ce que j’avais saisi").reads("Consultation signée").judged()
    stored = Consultation.objects.get(patient=patient)
    assert (stored.reason, stored.plan.splitlines()) == (
        "toux depuis neuf jours",
        ["repos,", "boire beaucoup"],
    )
    assert stored.status == "finished"


def test_what_was_typed_is_found_again_on_the_same_device_and_sent_once(
    person: Any, cast: Any
) -> None:
    patient = make_patient(cast.doctor, family_name="Ebogo")
    doctor = person("doctor").opens(f"/consultations/new/{patient.pk}/").fills(reason="céphalées")
    doctor.page.wait_for_timeout(900)  # kept 400 ms after the last key
    doctor.opens("/today/").opens(f"/consultations/new/{patient.pk}/")
    doctor.reads("Votre saisie interrompue a été retrouvée").judged()
    assert doctor.page.input_value("[name=reason]") == "céphalées"
    doctor.page.get_by_role("button", name="Signer", exact=True).dblclick()
    doctor.reads("Consultation signée")
    assert Consultation.objects.filter(patient=patient).count() == 1
    assert doctor.page.evaluate("Object.keys(localStorage).length") == 0
