"""Billed and paid at the desk, by MoMo and in cash; M-Pesa in Kenya; the drawer closed and the day signed."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Facility
from accounts.queries import roles_in
from billing.actions import invoicing, phone
from billing.charges import record_charge
from billing.models import Charge, Invoice, PaymentAttempt, PaymentLink
from billing.queries import unsound
from billing.tests.conftest import providers, stand_ins  # noqa: F401 (fixtures)
from billing.tests.making import make_drawer
from tests.factories import KENYA, make_facility, make_patient, make_prescription, make_staff


def charged(by: Any, patient: Any, label: str = "Consultation") -> None:
    record_charge(
        patient=patient, kind="consultation", label=label, quantity=1, source=f"test:{patient.pk}", by=by,
        now=timezone.now(),
    )  # fmt: skip


def bill(desk: Any, patient: Any, amount: int) -> None:
    """Price what care recorded, and issue the invoice."""
    desk.opens(f"/billing/patient/{patient.pk}/").reads("sans prix").judged()
    desk.page.fill("main [name=amount] >> nth=0", str(amount))
    desk.presses("Fixer le prix").presses("Émettre la facture").reads("Reste à payer").judged()


def asked_again() -> None:
    """Let the reconciler come round."""
    for attempt in PaymentAttempt.objects.all():
        phone.check(attempt_id=attempt.pk, now=timezone.now() + timedelta(seconds=10))


@pytest.mark.parametrize("width", [1280, 360])
def test_a_visit_is_billed_and_paid_by_momo_and_the_day_is_closed(
    person: Any,
    cast: Any,
    providers: Any,  # noqa: F811
    width: int,
) -> None:
    patient = make_patient(cast.receptionist, family_name="Abena", phone="+237677123400")
    charged(cast.doctor, patient)
    desk = person("receptionist", width=width)
    desk.opens("/billing/").reads("Votre caisse est fermée").judged()
    desk.opens("/billing/drawer/").fills(float_amount="10 000").presses("Ouvrir").judged()
    bill(desk, patient, 5000)
    desk.fills(tendered="2000")
    desk.page.locator("form[action$='/cash/'] [name=amount]").fill("2000")
    desk.presses("Encaisser").reads("Espèces encaissées.", "payée en partie")
    desk.presses("Demander le paiement").reads("en attente du client").judged()
    asked_again()
    desk.opens(f"/billing/invoice/{Invoice.objects.get().pk}/").reads("MTN MoMo", "payée")
    assert Invoice.objects.get().status == "paid"
    desk.follows("R20").reads("Vérifier ce reçu").judged()
    desk.opens("/billing/drawer/").fills(counted="11000").presses("Fermer la caisse").reads(
        "expliquez l’écart"
    )
    desk.fills(explanation="rendu en trop").presses("Fermer la caisse").reads("écart noté").judged()
    desk.opens("/billing/day/").presses("Arrêter la journée").reads("tombe juste")
    manager = person("admin", width=width)
    manager.opens("/billing/day/").reads("MTN MoMo").presses("Contresigner").reads(
        "Contresignée par"
    ).judged()
    assert unsound(cast.clinic.pk) == []


def test_m_pesa_pays_a_bill_in_kenya(person: Any, cast: Any, providers: Any) -> None:  # noqa: F811
    clinic = make_facility("Nyota", **KENYA)
    by = make_staff("receptionist", clinic, "kenya-desk")
    assert roles_in(by.user, clinic) == ("receptionist",)
    patient = make_patient(by, family_name="Wanjiku", phone="+254712345600")
    charged(by, patient)
    desk = person("kenya-desk")
    bill(desk, patient, 1000)
    desk.presses("Demander le paiement").reads("en attente du client")
    asked_again()
    desk.opens(f"/billing/invoice/{Invoice.objects.get().pk}/").reads("KSh", "payée")
    assert Invoice.objects.get().status == "paid"
    assert unsound(clinic.pk) == []


def test_an_orange_payment_asked_for_by_ussd_is_seen_at_the_desk(
    person: Any,
    cast: Any,
    providers: Any,  # noqa: F811
) -> None:
    patient = make_patient(cast.receptionist, family_name="Talla", phone="+237699123400")
    charged(cast.doctor, patient)
    desk = person("receptionist")
    bill(desk, patient, 1500)
    phone.pay_now(
        patient=patient,
        facility=cast.clinic,
        phone="+237699123400",
        by=cast.receptionist,
        now=timezone.now(),
    )
    desk.opens("/billing/").reads("Orange Money")
    asked_again()
    desk.opens(f"/billing/invoice/{Invoice.objects.get().pk}/").reads("payée", "Orange Money")
    assert Invoice.objects.get().paid == 1500


@pytest.mark.parametrize("width", [1280, 360])
def test_a_medicine_is_paid_before_it_is_handed_out(person: Any, cast: Any, width: int) -> None:
    Facility.objects.filter(pk=cast.clinic.pk).update(payment_before_dispensing=True)
    invoicing.set_price(
        kind="medicine",
        label="paracétamol",
        amount=300,
        pack_size=9,
        by=cast.admin,
        now=timezone.now(),
    )
    make_drawer(cast.receptionist)
    patient = make_patient(cast.doctor, family_name="Essomba", weight_kg=70)
    prescription = make_prescription(patient, cast.doctor)
    pharmacist = person("pharmacist", width=width)
    page = f"/pharmacy/{prescription.pk}/"
    pharmacist.opens(page).reads("on paie avant").judged()
    pharmacist.presses("Délivrer").reads("Non délivré.", "Pas encore payé").judged()
    pharmacist.presses("Envoyer à la caisse").reads("9 unités attendent le paiement").judged()
    desk = person("receptionist", width=width)
    desk.opens("/billing/").follows("ESSOMBA").presses("Émettre la facture").reads("Reste à payer")
    desk.presses("Encaisser").reads("Espèces encaissées.")
    pharmacist.opens(page).reads("9 unités peuvent sortir").judged()
    pharmacist.presses("Délivrer").reads("Délivré.", "Déjà délivré")
    assert Charge.objects.filter(kind="medicine").count() == 1
    urgent = make_prescription(make_patient(cast.doctor, weight_kg=70), cast.doctor)
    pharmacist.opens(f"/pharmacy/{urgent.pk}/")
    pharmacist.page.get_by_text("Urgence : délivrer sans attendre").click()
    pharmacist.fills(payment_skipped_reason="crise d’asthme").judged()
    pharmacist.presses("Délivrer").reads("avant paiement, urgence : crise d’asthme").judged()


def test_a_patient_pays_by_the_link_of_an_sms(person: Any, cast: Any, providers: Any) -> None:  # noqa: F811
    patient = make_patient(cast.receptionist, family_name="Mbarga", phone="+237677123400")
    charged(cast.doctor, patient)
    desk = person("receptionist")
    bill(desk, patient, 1500)
    desk.presses("Envoyer un lien de paiement par SMS").reads("Lien envoyé par SMS").judged()
    code = PaymentLink.objects.get().code
    holder = person("nobody", width=360, signed_in=False)
    holder.opens(f"/p/{code}/").reads("FCFA").reads_nowhere(
        "MBARGA", "Consultation", "Clinique A"
    ).judged()
    holder.presses("Payer maintenant")
    holder.reads("Validez la demande").judged()
    asked_again()
    holder.follows("Actualiser").reads("Tout est payé").judged()
    assert Invoice.objects.get().status == "paid"
