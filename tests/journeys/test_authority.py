"""The health authority signs in, reads the curve, takes note of an alert and takes the figures along."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from accounts.permissions import SYSTEM
from consultations.actions import write_signed
from surveillance import actions
from surveillance.models import Alert
from tests.factories import make_patient


def test_the_authority_reads_the_curve_and_exports(cast: Any, person: Any) -> None:
    now = datetime.now(UTC)
    patients = [make_patient(cast.doctor, family_name=f"Ndongo{n}") for n in range(6)]
    for weeks_ago in (2, 3, 4):
        for patient in patients:
            write_signed(
                patient=patient, texts={"reason": "fièvre"}, diagnoses=[("B54", "paludisme")], by=cast.doctor,
                now=now - timedelta(weeks=weeks_ago),
            )  # fmt: skip
    write_signed(
        patient=patients[0], texts={"reason": "diarrhée"}, diagnoses=[("A00", "choléra")], by=cast.doctor, now=now
    )  # fmt: skip
    actions.rebuild(by=SYSTEM, now=now)
    actions.publish_due(by=SYSTEM, now=now)
    actions.watch(by=SYSTEM, now=now)

    authority = person("authority").judged()
    page = authority.page
    assert page.get_by_role("heading", name="Paludisme : cas par semaine").is_visible()
    assert page.locator("svg rect.bar-case").count() >= 3
    page.get_by_text("Voir le tableau").first.click()
    assert page.get_by_role("cell", name="6", exact=True).first.is_visible()
    for patient in patients:
        assert patient.family_name not in page.content()

    with page.expect_download() as download:
        page.get_by_role("link", name="Télécharger (CSV)").click()
    text = Path(download.value.path()).read_text()
    assert "malaria" in text
    assert "Ndongo" not in text

    page.get_by_role("link", name="Alertes").click()
    assert page.get_by_text("Choléra").first.is_visible()
    assert page.get_by_text("au moins 1").is_visible()
    authority.judged()
    page.get_by_role("button", name="Prendre en compte").click()
    assert page.get_by_text("prise en compte").first.is_visible()
    assert Alert.objects.get(group="cholera").status == "acknowledged"
    page.get_by_role("link", name="Carte").click()
    assert page.locator("svg polygon.area").count() > 5
    assert page.get_by_text("Les formes et les limites sont schématiques").is_visible()
    authority.judged()
    page.get_by_role("link", name="Effet").click()
    assert page.get_by_text("Définition. Une ligne est arrêtée").is_visible()
    authority.judged()
    page.get_by_role("link", name="DHIS2").click()
    assert page.get_by_role("heading", name="Correspondances").is_visible()
    authority.judged()
    phone = person("authority", width=360)
    for address in ("map", "impact", "dhis2"):
        phone.opens(f"/statistics/{address}/").judged()
    person("authority", width=360).judged().opens("/statistics/thresholds/").judged()
