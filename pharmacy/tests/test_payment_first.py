"""Where payment comes first, nothing leaves unpaid by any route, nobody pays twice, and an emergency does not wait."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Facility
from accounts.queries import actor_for
from billing.actions import cash, crediting, invoicing
from billing.models import Charge, Invoice
from billing.queries import unsound
from billing.tests.making import make_drawer
from patients import actions as patients
from pharmacy import actions
from pharmacy.models import Dispensing, Prescription, SafetyCheck
from tests.factories import GLUCOSE, PARACETAMOL, make_patient, make_prescription, order

NOW = timezone.now()
PACK_OF_9 = {"kind": "medicine", "label": "paracétamol", "amount": 300, "pack_size": 9}


@pytest.fixture
def strict(cast):
    """The clinic dispenses itself and asks for payment first: pharmacist, cashier and their prescription."""
    Facility.objects.filter(pk=cast.clinic.pk).update(payment_before_dispensing=True)
    cast.clinic.refresh_from_db()
    invoicing.set_price(by=cast.admin, now=NOW, **PACK_OF_9)
    make_drawer(cast.receptionist)
    patient = make_patient(cast.doctor, weight_kg=70)
    return actor_for(cast.pharmacist.user, cast.clinic), patient


def written(cast, patient, *lines):
    return make_prescription(patient, cast.doctor, *(lines or (PARACETAMOL,)))


def hand_out(prescription, by, quantity=9, **values):
    handover = actions.Handover(line_id=prescription.lines[0].line_id, quantity=quantity, **values)
    return actions.dispense(prescription=prescription, handover=handover, by=by, now=timezone.now())


def ask(prescription, by, quantity=9, line=0):
    return actions.ask_payment(
        prescription=prescription, line_id=prescription.lines[line].line_id, quantity=quantity, by=by,
        now=timezone.now(),
    )  # fmt: skip


def pay(cast, charge):
    invoice = invoicing.issue_invoice(
        patient=charge.patient, charges=[charge], by=cast.receptionist, now=NOW
    )
    cash.take_cash(invoice=invoice, amount=invoice.total, by=cast.receptionist, now=NOW)
    return Invoice.objects.get(pk=invoice.pk)


def refused(*blocks):
    class Refused:
        def __enter__(self):
            self.raises = pytest.raises(actions.NotDispensableError)
            self.found = self.raises.__enter__()

        def __exit__(self, *details):
            done = self.raises.__exit__(*details)
            assert self.found.value.decision.blocks == blocks
            return done

    return Refused()


def test_an_unpaid_line_is_refused_and_the_refusal_is_kept(cast, strict):
    pharmacist, patient = strict
    with refused("payment-needed"):
        hand_out(written(cast, patient), pharmacist)
    assert Dispensing.objects.count() == 0
    assert SafetyCheck.objects.filter(moment="dispense", outcome="refused").count() == 1


def test_where_payment_does_not_come_first_nothing_changes(cast):
    prescription = written(cast, make_patient(cast.doctor, weight_kg=70))
    hand_out(prescription, cast.pharmacist)
    assert Charge.objects.get(kind="medicine").source.startswith("dispensing:")


def test_asked_for_billed_paid_and_only_then_handed_out_never_charged_twice(cast, strict):
    pharmacist, patient = strict
    prescription = written(cast, patient)
    charge = ask(prescription, pharmacist)
    assert (charge.amount, charge.quantity) == (300, 9)
    assert ask(prescription, pharmacist) is None
    with refused("payment-needed"):
        hand_out(prescription, pharmacist)
    invoice = invoicing.issue_invoice(
        patient=patient, charges=[charge], by=cast.receptionist, now=NOW
    )
    with refused("payment-needed"):
        hand_out(prescription, pharmacist)
    cash.take_cash(invoice=invoice, amount=299, by=cast.receptionist, now=NOW)
    with refused("payment-needed"):
        hand_out(prescription, pharmacist)
    cash.take_cash(invoice=invoice, amount=1, by=cast.receptionist, now=NOW)
    hand_out(prescription, pharmacist)
    assert Charge.objects.filter(kind="medicine").count() == 1
    assert Charge.objects.get(pk=charge.pk).used == 9
    assert unsound(cast.clinic.pk) == []


def test_what_is_paid_in_part_leaves_in_part(cast, strict):
    pharmacist, patient = strict
    prescription = written(cast, patient)
    pay(cast, ask(prescription, pharmacist, quantity=4))
    with refused("payment-needed"):
        hand_out(prescription, pharmacist, quantity=5)
    hand_out(prescription, pharmacist, quantity=3)
    with refused("payment-needed"):
        hand_out(prescription, pharmacist, quantity=2)
    second = ask(prescription, pharmacist, quantity=6)
    assert second.quantity == 5
    pay(cast, second)
    hand_out(prescription, pharmacist, quantity=6)
    assert sum(row.quantity for row in Charge.objects.filter(kind="medicine")) == 9
    assert [row.used for row in Charge.objects.order_by("at")] == [4, 5]


def test_an_emergency_does_not_wait_its_reason_is_kept_and_it_is_charged_afterwards(cast, strict):
    pharmacist, patient = strict
    prescription = written(cast, patient)
    with refused("payment-needed"):
        hand_out(prescription, pharmacist, payment_skipped_reason="  .. ")
    given = hand_out(prescription, pharmacist, payment_skipped_reason="crise d’asthme")
    assert given.payment_skipped_reason == "crise d’asthme"
    assert Prescription.objects.get(pk=prescription.pk).payment_skipped_reason == "crise d’asthme"
    charge = Charge.objects.get(kind="medicine")
    assert (charge.source, charge.status, charge.quantity) == (
        f"dispensing:{given.pk}",
        "open",
        9,
    )


def test_an_emergency_on_what_was_asked_for_already_is_not_charged_again(cast, strict):
    pharmacist, patient = strict
    prescription = written(cast, patient)
    charge = ask(prescription, pharmacist, quantity=6)
    hand_out(prescription, pharmacist, payment_skipped_reason="choc")
    rows = Charge.objects.filter(kind="medicine").order_by("at")
    assert [(row.quantity, row.used) for row in rows] == [(6, 6), (3, 0)]
    pay(cast, charge)
    with refused("status-completed"):
        ask(prescription, pharmacist, quantity=1)


def test_a_reason_that_was_not_needed_is_not_kept(cast, strict):
    pharmacist, patient = strict
    prescription = written(cast, patient)
    pay(cast, ask(prescription, pharmacist))
    assert (
        hand_out(prescription, pharmacist, payment_skipped_reason="inutile").payment_skipped_reason
        == ""
    )


def test_an_emergency_lifts_nothing_else(cast, strict):
    pharmacist, patient = strict
    prescription = written(cast, patient, GLUCOSE)
    patients.add_condition(patient=patient, code="E11", text="diabète", by=cast.doctor, now=NOW)
    with pytest.raises(actions.NotDispensableError) as error:
        hand_out(prescription, pharmacist, quantity=1, payment_skipped_reason="urgence vitale")
    assert "contraindicated" in error.value.decision.blocks
    assert Charge.objects.filter(kind="medicine").count() == 0


def test_nobody_is_made_to_pay_for_what_may_not_leave(cast, strict):
    pharmacist, patient = strict
    prescription = written(cast, patient, GLUCOSE)
    patients.add_condition(patient=patient, code="E11", text="diabète", by=cast.doctor, now=NOW)
    with pytest.raises(actions.NotDispensableError):
        ask(prescription, pharmacist, quantity=1)
    assert Charge.objects.filter(kind="medicine").count() == 0


def test_a_repeat_is_paid_for_again(cast, strict):
    pharmacist, patient = strict
    first = written(cast, patient)
    pay(cast, ask(first, pharmacist))
    hand_out(first, pharmacist)
    repeated = actions.repeat(prescription=first, by=cast.doctor, now=NOW)
    with refused("payment-needed"):
        hand_out(repeated, pharmacist)


def test_a_credit_note_takes_the_payment_back(cast, strict):
    pharmacist, patient = strict
    prescription = written(cast, patient)
    invoice = pay(cast, ask(prescription, pharmacist))
    crediting.credit_invoice(invoice=invoice, reason="erreur", by=cast.admin, now=NOW)
    with refused("payment-needed"):
        hand_out(prescription, pharmacist)


def test_what_is_free_waived_or_the_payer_s_part_counts_as_paid(cast, strict):
    pharmacist, patient = strict
    acts = {"by": cast.admin, "now": NOW}
    prescription = written(cast, patient)
    invoice = invoicing.issue_invoice(
        patient=patient, charges=[ask(prescription, pharmacist)], by=cast.receptionist, now=NOW,
    )  # fmt: skip
    waiver = invoicing.ask_waiver(
        invoice=invoice, amount=300, category="indigent", reason="x", by=cast.receptionist, now=NOW
    )
    with refused("payment-needed"):
        hand_out(prescription, pharmacist)
    invoicing.decide_waiver(waiver=waiver, is_approved=True, **acts)
    hand_out(prescription, pharmacist)

    payer = invoicing.save_payer(
        name="CSU", kind="public", covers_percent=100, needs_voucher=False, **acts
    )
    second = make_patient(cast.doctor, weight_kg=70)
    covered = written(cast, second)
    invoicing.issue_invoice(
        patient=second, charges=[ask(covered, pharmacist)], cover=invoicing.Cover(payer),
        by=cast.receptionist, now=NOW,
    )  # fmt: skip
    hand_out(covered, pharmacist)

    invoicing.set_price(**{**PACK_OF_9, "amount": 0}, **acts)
    free = written(cast, make_patient(cast.doctor, weight_kg=70))
    ask(free, pharmacist)
    hand_out(free, pharmacist)
    assert unsound(cast.clinic.pk) == []


def test_a_line_that_the_doctor_stops_leaves_the_bill_and_a_kept_one_stays_paid(cast, strict):
    pharmacist, patient = strict
    old = written(cast, patient, PARACETAMOL, GLUCOSE)
    pay(cast, ask(old, pharmacist))
    ask(old, pharmacist, quantity=1, line=1)
    kept = order(**PARACETAMOL, keeps=old.lines[0].line_id)
    new = actions.amend(prescription=old, lines=[kept], reason="x", by=cast.doctor, now=NOW)
    assert (
        Charge.objects.get(source__startswith=f"line:{old.lines[1].line_id}").status == "cancelled"
    )
    hand_out(new, pharmacist)


def test_a_prescription_taken_elsewhere_is_no_longer_on_this_bill(cast, strict):
    pharmacist, patient = strict
    prescription = written(cast, patient)
    charge = ask(prescription, pharmacist)
    actions.take_over(prescription=prescription, by=cast.other_pharmacist, now=NOW)
    charge.refresh_from_db()
    assert charge.status == "cancelled"
    assert hand_out(prescription, cast.other_pharmacist)


def signed_in(actor):
    client = Client()
    client.force_login(actor.user)
    return client


def test_the_page_says_it_asks_the_desk_and_hands_out_once_paid(cast, strict):
    pharmacist, patient = strict
    prescription = written(cast, patient)
    line = prescription.lines[0].line_id
    client, page = signed_in(pharmacist), reverse("dispensing", args=[prescription.pk])
    url = reverse("dispense", args=[prescription.pk, line])
    assert "on paie avant" in client.get(page).content.decode()
    answer = client.post(url, {"quantity": 9})
    assert answer.status_code == 409
    assert "Pas encore payé" in answer.content.decode()
    client.post(reverse("ask-payment", args=[prescription.pk, line]), {"quantity": 9})
    assert "9 unités attendent le paiement" in client.get(page).content.decode()
    pay(cast, Charge.objects.get(kind="medicine"))
    assert "9 unités peuvent sortir" in client.get(page).content.decode()
    assert client.post(url, {"quantity": 9}).status_code == 302
    assert Dispensing.objects.count() == 1


def test_the_page_takes_the_reason_of_an_emergency(cast, strict):
    pharmacist, patient = strict
    prescription = written(cast, patient)
    client = signed_in(pharmacist)
    url = reverse("dispense", args=[prescription.pk, prescription.lines[0].line_id])
    client.post(url, {"quantity": 9, "payment_skipped_reason": "crise d’asthme"})
    assert Dispensing.objects.get().payment_skipped_reason == "crise d’asthme"
    page = client.get(reverse("dispensing", args=[prescription.pk])).content.decode()
    assert "avant paiement, urgence : crise d’asthme" in page


def test_the_facility_of_another_pharmacy_does_not_decide(cast, strict):
    _, patient = strict
    prescription = make_prescription(patient, cast.doctor, PARACETAMOL)
    taken = actions.take_over(prescription=prescription, by=cast.other_pharmacist, now=NOW)
    assert not actor_for(
        cast.other_pharmacist.user, cast.other_drugstore
    ).facility.payment_before_dispensing
    assert hand_out(taken, cast.other_pharmacist)
