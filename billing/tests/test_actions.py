"""Bills, cash and the books: what each action books, and what it refuses."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.utils import timezone

from billing import queries
from billing.actions import cash, crediting, days, invoicing
from billing.actions.errors import BillingError
from billing.charges import record_charge
from billing.models import Charge, Invoice, LedgerEntry, Payment
from billing.models.books import ImmutableError
from billing.queries import shown, today
from billing.tests.making import assert_sound, make_drawer, make_invoice
from clinic.db import random_id
from consultations.actions import report_results
from notifications.models import Message
from tests.factories import make_consultation, make_patient

NOW = timezone.now()


def refused(code):
    return pytest.raises(BillingError, match=f"^{code}$")


def test_a_consultation_is_charged_at_the_price_of_its_day(cast):
    invoicing.set_price(
        kind="consultation",
        label="Consultation",
        amount=5000,
        is_default=True,
        by=cast.admin,
        now=NOW,
    )
    patient = make_patient(cast.doctor)
    make_consultation(patient, cast.doctor, status="finished")
    charge = Charge.objects.get(patient=patient)
    assert (charge.amount, charge.unit_price, charge.status) == (5000, 5000, "open")


def test_a_consultation_is_charged_at_the_price_of_the_doctor_s_speciality(cast):
    acts = {"kind": "consultation", "by": cast.admin, "now": NOW}
    invoicing.set_price(label="Consultation", amount=5000, is_default=True, **acts)
    invoicing.set_price(label=cast.profile.speciality.upper(), amount=7000, **acts)
    patient = make_patient(cast.doctor)
    make_consultation(patient, cast.doctor, status="finished")
    assert Charge.objects.get(patient=patient).amount == 7000


def test_care_goes_on_when_a_price_is_missing(cast):
    patient = make_patient(cast.doctor)
    make_consultation(patient, cast.doctor, status="finished")
    charge = Charge.objects.get(patient=patient)
    assert charge.amount is None
    with refused("no-price"):
        invoicing.issue_invoice(patient=patient, charges=[charge], by=cast.receptionist, now=NOW)
    invoicing.price_charge(charge=charge, amount=4000, by=cast.receptionist, now=NOW)
    invoice = invoicing.issue_invoice(
        patient=patient, charges=[charge], by=cast.receptionist, now=NOW
    )
    assert invoice.total == 4000


def test_a_price_of_its_own_goes_before_that_of_the_kind_and_ends_when_the_next_begins(cast):
    day, later = today(cast.clinic, NOW), (NOW + timedelta(days=10)).date().isoformat()
    acts = {"kind": "test", "by": cast.admin, "now": NOW}
    invoicing.set_price(label="Analyses", amount=2000, is_default=True, **acts)
    first = invoicing.set_price(label="Goutte épaisse", amount=1500, **acts)
    invoicing.set_price(label="goutte epaisse", amount=1800, valid_from=later, **acts)

    def price(name, on):
        return queries.price_at(facility=cast.clinic, kind="test", names=[name], day=on).amount

    assert (price("GOUTTE ÉPAISSE", day), price("goutte épaisse", later), price("NFS", day)) == (
        1500,
        1800,
        2000,
    )
    first.refresh_from_db()
    assert first.valid_to < later


def test_medicines_are_charged_by_whole_packs_and_have_no_general_price(cast):
    acts = {"by": cast.admin, "now": NOW}
    invoicing.set_price(kind="medicine", label="Paracétamol", amount=500, pack_size=10, **acts)
    patient = make_patient(cast.receptionist)
    made = [
        record_charge(
            patient=patient, kind="medicine", label=label, quantity=11,
            source=f"dispensing:{n}", by=cast.pharmacist, now=NOW,
        )
        for n, label in enumerate(("paracetamol", "amoxicilline"))
    ]  # fmt: skip
    assert [row.amount for row in made] == [1000, None]


def test_the_same_source_is_charged_once(cast):
    values = {
        "patient": make_patient(cast.receptionist), "kind": "medicine", "label": "x", "quantity": 1,
        "by": cast.pharmacist, "now": NOW,
    }  # fmt: skip
    assert len({record_charge(source="dispensing:9", **values).pk for _ in range(2)}) == 1


def test_an_invoice_takes_numbers_without_gaps_even_when_one_fails(cast):
    one = make_invoice(cast.receptionist)
    patient = make_patient(cast.receptionist)
    with refused("no-charge"):
        invoicing.issue_invoice(patient=patient, charges=[], by=cast.receptionist, now=NOW)
    two = make_invoice(cast.receptionist)
    elsewhere = make_invoice(cast.other_receptionist)
    assert (one.number, two.number, elsewhere.number) == (1, 2, 1)
    assert_sound(cast.clinic)


def test_twenty_desks_at_once_leave_no_gap_and_no_double(cast):
    patients = [make_patient(cast.receptionist) for _ in range(12)]

    def issue(patient):
        try:
            return make_invoice(cast.receptionist, 700, patient=patient).number
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        numbers = sorted(pool.map(issue, patients))
    assert numbers == list(range(1, 13))
    assert_sound(cast.clinic)


def test_the_same_form_issues_one_invoice(cast):
    patient = make_patient(cast.receptionist)
    form = str(random_id())
    first = make_invoice(cast.receptionist, patient=patient, form_id=form)
    again = make_invoice(cast.receptionist, patient=patient, form_id=form)
    assert first.pk == again.pk
    assert Invoice.objects.count() == 1


def test_a_charge_is_billed_once(cast):
    invoice = make_invoice(cast.receptionist)
    charge = Charge.objects.get(invoice_id=str(invoice.pk))
    with refused("charge"):
        invoicing.issue_invoice(
            patient=invoice.patient, charges=[charge], by=cast.receptionist, now=NOW
        )


def test_a_payer_owes_its_share_with_a_voucher(cast):
    payer = invoicing.save_payer(
        name="CNPS", kind="public", covers_percent=80, by=cast.admin, now=NOW
    )
    with refused("voucher"):
        make_invoice(cast.receptionist, 999, cover=invoicing.Cover(payer))
    invoice = make_invoice(cast.receptionist, 999, cover=invoicing.Cover(payer, "B-77"))
    assert (invoice.payer_part, invoice.due, invoice.voucher) == (799, 200, "B-77")
    assert shown(cast.clinic.pk)[f"payer:{payer.pk}"] == 799
    month = today(cast.clinic, NOW)[:7]
    assert [row.pk for row in queries.claims_of(payer, month)] == [invoice.pk]
    invoicing.pay_claim(payer=payer, amount=799, reference="VIR 1", by=cast.admin, now=NOW)
    assert shown(cast.clinic.pk)[f"payer:{payer.pk}"] == 0
    assert_sound(cast.clinic)


def test_cash_needs_a_drawer_of_ones_own(cast):
    invoice = make_invoice(cast.receptionist)
    with refused("no-drawer"):
        cash.take_cash(invoice=invoice, amount=1500, by=cast.receptionist, now=NOW)
    with pytest.raises(PermissionDenied):
        cash.take_cash(invoice=invoice, amount=1500, by=cast.nurse, now=NOW)
    assert Payment.objects.count() == 0


def test_cash_pays_in_part_and_in_full_with_change_and_a_receipt(cast):
    invoice, drawer = make_invoice(cast.receptionist), make_drawer(cast.receptionist)
    part = cash.take_cash(invoice=invoice, amount=500, by=cast.receptionist, now=NOW)
    assert Invoice.objects.get(pk=invoice.pk).status == "part-paid"
    rest = cash.take_cash(
        invoice=invoice, amount=1000, tendered=2000, by=cast.receptionist, now=NOW
    )
    assert Invoice.objects.get(pk=invoice.pk).status == "paid"
    assert (rest.change, part.receipt_number, rest.receipt_number) == (1000, 1, 2)
    assert shown(cast.clinic.pk)[f"cash:{drawer.pk}"] == 11_500
    assert Message.objects.filter(kind="payment-receipt").count() == 2
    assert_sound(cast.clinic)


@pytest.mark.parametrize(
    ("amount", "tendered", "code"), [(1501, None, "too-much"), (1500, 1000, "too-little")]
)
def test_cash_that_does_not_fit_is_refused(cast, amount, tendered, code):
    invoice = make_invoice(cast.receptionist)
    make_drawer(cast.receptionist)
    with refused(code):
        cash.take_cash(
            invoice=invoice, amount=amount, tendered=tendered, by=cast.receptionist, now=NOW
        )
    assert_sound(cast.clinic)


def test_the_same_form_takes_cash_once(cast):
    invoice, form = make_invoice(cast.receptionist), str(random_id())
    make_drawer(cast.receptionist)
    taken = [
        cash.take_cash(invoice=invoice, amount=700, by=cast.receptionist, now=NOW, form_id=form)
        for _ in range(2)
    ]
    assert taken[0].pk == taken[1].pk
    assert Invoice.objects.get(pk=invoice.pk).paid == 700


def test_a_drawer_is_closed_with_its_difference_explained(cast):
    drawer = make_drawer(cast.receptionist)
    cash.take_cash(
        invoice=make_invoice(cast.receptionist), amount=1500, by=cast.receptionist, now=NOW
    )
    with refused("explanation"):
        cash.close_drawer(
            drawer=drawer, counted=11_000, explanation=" ", by=cast.receptionist, now=NOW
        )
    closed = cash.close_drawer(
        drawer=drawer,
        counted=11_000,
        explanation="Erreur de monnaie",
        by=cast.receptionist,
        now=NOW,
    )
    assert (closed.expected, closed.difference) == (11_500, -500)
    books = shown(cast.clinic.pk)
    assert (books[f"cash:{drawer.pk}"], books["differences"], books["safe"]) == (0, 500, 1000)
    with refused("drawer-closed"):
        cash.close_drawer(drawer=drawer, counted=0, explanation="x", by=cast.receptionist, now=NOW)
    with refused("no-drawer"):
        cash.take_cash(
            invoice=make_invoice(cast.receptionist), amount=1, by=cast.receptionist, now=NOW
        )
    assert_sound(cast.clinic)


def test_a_waiver_is_approved_by_somebody_else(cast):
    invoice = make_invoice(cast.receptionist)
    waiver = invoicing.ask_waiver(
        invoice=invoice,
        amount=1000,
        category="indigent",
        reason="Service social",
        by=cast.receptionist,
        now=NOW,
    )
    with pytest.raises(PermissionDenied):
        invoicing.decide_waiver(waiver=waiver, is_approved=True, by=cast.receptionist, now=NOW)
    invoicing.decide_waiver(waiver=waiver, is_approved=True, by=cast.admin, now=NOW)
    with refused("decide"):
        invoicing.decide_waiver(waiver=waiver, is_approved=True, by=cast.admin, now=NOW)
    fresh = Invoice.objects.get(pk=invoice.pk)
    assert (fresh.waived, fresh.balance) == (1000, 500)
    assert shown(cast.clinic.pk)["waivers"] == 1000
    assert_sound(cast.clinic)


def test_a_wholly_waived_invoice_is_paid(cast):
    invoice = make_invoice(cast.receptionist)
    waiver = invoicing.ask_waiver(
        invoice=invoice,
        amount=1500,
        category="child",
        reason="Gratuité",
        by=cast.receptionist,
        now=NOW,
    )
    invoicing.decide_waiver(waiver=waiver, is_approved=True, by=cast.admin, now=NOW)
    assert Invoice.objects.get(pk=invoice.pk).status == "paid"


def test_a_credit_note_undoes_all_and_what_was_paid_becomes_an_advance(cast):
    drawer, invoice = make_drawer(cast.receptionist), make_invoice(cast.receptionist, 1500, 500)
    cash.take_cash(invoice=invoice, amount=1200, by=cast.receptionist, now=NOW)
    credited = crediting.credit_invoice(
        invoice=invoice, reason="Acte non fait", by=cast.admin, now=NOW
    )
    assert (credited.status, credited.credit_label[:1], credited.balance) == ("cancelled", "A", 0)
    assert queries.advance_of(cast.clinic.pk, invoice.patient_id) == 1200
    assert {row.status for row in Charge.objects.filter(patient_id=invoice.patient_id)} == {"open"}
    with refused("cancelled"):
        crediting.credit_invoice(invoice=invoice, reason="encore", by=cast.admin, now=NOW)
    again = make_invoice(cast.receptionist, 1000, patient=invoice.patient)
    used = cash.use_deposit(invoice=again, by=cast.receptionist, now=NOW)
    assert (used.amount, Invoice.objects.get(pk=again.pk).status) == (1000, "paid")
    refund = cash.ask_refund(
        patient=invoice.patient, amount=200, reason="Départ", by=cast.receptionist, now=NOW
    )
    with refused("decide"):
        cash.pay_refund(refund=refund, by=cast.receptionist, now=NOW)
    cash.decide_refund(refund=refund, is_approved=True, by=cast.admin, now=NOW)
    cash.pay_refund(refund=refund, by=cast.receptionist, now=NOW)
    with refused("decide"):
        cash.pay_refund(refund=refund, by=cast.receptionist, now=NOW)
    assert queries.advance_of(cast.clinic.pk, invoice.patient_id) == 0
    assert shown(cast.clinic.pk)[f"cash:{drawer.pk}"] == 11_000
    assert_sound(cast.clinic)


def test_a_credit_note_on_some_lines_leaves_the_rest_and_moves_what_was_paid(cast):
    invoice = make_invoice(cast.receptionist, 1000, 2000, 500)
    make_drawer(cast.receptionist)
    cash.take_cash(invoice=invoice, amount=2500, by=cast.receptionist, now=NOW)
    acts = {"invoice": invoice, "reason": "non fait", "now": NOW}
    line = next(row for row in invoice.lines if row.amount == 2000)
    second = line.line_id
    with refused("decide"):
        crediting.credit_lines(line_ids=[second], by=staff_who_issued(cast), **acts)
    note = crediting.credit_lines(line_ids=[second], by=cast.admin, **acts)
    assert (note.label[-6:], note.total, note.moved) == ("000001", 2000, 1000)
    fresh = Invoice.objects.get(pk=invoice.pk)
    assert (fresh.total, fresh.due, fresh.paid, fresh.status) == (3500, 1500, 1500, "paid")
    assert queries.advance_of(cast.clinic.pk, invoice.patient_id) == 1000
    assert Charge.objects.get(pk=line.charge_id).status == "open"
    with refused("no-charge"):
        crediting.credit_lines(line_ids=[second], by=cast.admin, **acts)
    assert_sound(cast.clinic)
    whole = crediting.credit_invoice(by=cast.admin, **acts)
    assert whole.credit_label.endswith("000002")
    assert queries.advance_of(cast.clinic.pk, invoice.patient_id) == 2500
    assert_sound(cast.clinic)


def staff_who_issued(cast):
    """The administrator as if they had issued: with the id of who did."""
    from dataclasses import replace

    return replace(cast.receptionist, permissions=cast.admin.permissions)


def test_a_credit_note_takes_the_payer_s_share_in_proportion(cast):
    payer = invoicing.save_payer(
        name="AXA", kind="insurer", covers_percent=80, needs_voucher=False, by=cast.admin, now=NOW
    )
    invoice = make_invoice(cast.receptionist, 1000, 333, cover=invoicing.Cover(payer))
    for number, line in enumerate(sorted(invoice.lines, key=lambda row: -row.amount)):
        note = crediting.credit_lines(
            invoice=invoice, line_ids=[line.line_id], reason="x", by=cast.admin, now=NOW
        )
        assert note.payer_part == (800, 266)[number]
        assert_sound(cast.clinic)
    fresh = Invoice.objects.get(pk=invoice.pk)
    assert (fresh.claimed, fresh.due, fresh.status) == (0, 0, "paid")
    assert not shown(cast.clinic.pk)[f"payer:{payer.pk}"]


def test_lines_that_were_waived_are_not_credited_twice(cast):
    invoice = make_invoice(cast.receptionist, 1000, 500)
    acts = {"now": NOW, "reason": "x"}
    waiver = invoicing.ask_waiver(
        invoice=invoice, amount=1200, category="other", by=cast.receptionist, **acts
    )
    invoicing.decide_waiver(waiver=waiver, is_approved=True, by=cast.admin, now=NOW)
    with refused("waived"):
        crediting.credit_lines(
            invoice=invoice, line_ids=[invoice.lines[0].line_id], by=cast.admin, **acts
        )


def test_entries_cannot_be_changed_or_removed(cast):
    make_invoice(cast.receptionist)
    entry = LedgerEntry.objects.get()
    for change in (entry.save, entry.delete, LedgerEntry.objects.all().delete):
        with pytest.raises(ImmutableError):
            change()
    with pytest.raises(ImmutableError):
        LedgerEntry.objects.all().update(kind="x")


def test_a_balance_moved_behind_the_books_is_noticed(cast):
    from billing.models import AccountBalance

    make_invoice(cast.receptionist)
    AccountBalance.objects.filter(account="revenue:procedure").update(balance=Decimal(-1))
    assert queries.unsound(cast.clinic.pk) == ["revenue:procedure: -1 != -1500"]


def test_a_day_is_closed_by_one_and_signed_by_another(cast):
    make_drawer(cast.receptionist)
    cash.take_cash(
        invoice=make_invoice(cast.receptionist), amount=1500, by=cast.receptionist, now=NOW
    )
    day = today(cast.clinic, NOW)
    closed = days.prepare_day(day=day, note="", by=cast.receptionist, now=NOW)
    assert closed.figures["takings"]["cash"] == {"count": 1, "amount": 1500}
    assert closed.figures["unsound"] == []
    with pytest.raises(PermissionDenied):
        days.sign_day(day=day, by=cast.receptionist, now=NOW)
    signed = days.sign_day(day=day, by=cast.admin, now=NOW)
    assert signed.status == "signed"
    with refused("signed"):
        days.prepare_day(day=day, note="", by=cast.receptionist, now=NOW)


def test_who_closes_a_day_does_not_sign_it(cast):
    day = today(cast.clinic, NOW)
    days.prepare_day(day=day, note="", by=cast.admin, now=NOW)
    with refused("decide"):
        days.sign_day(day=day, by=cast.admin, now=NOW)


STATEMENT = "\ufeffTransaction;Montant;Date\n111;1 500;04/03/2026\n222;2000,00;2026-03-04\n;5;\n"


def test_a_statement_is_read_in_both_spellings_of_its_columns():
    lines = [("111", Decimal(1500), "2026-03-04"), ("222", Decimal(2000), "2026-03-04")]
    assert days.read_statement(STATEMENT, "2026-01-01") == lines
    theirs = 'Receipt No,Completion Time,Paid In\nTKM1,2026-03-05 10:00,"1,250.00"\n'
    assert days.read_statement(theirs, "") == [("TKM1", Decimal(1250), "2026-03-05")]
    with refused("file"):
        days.read_statement("a,b\n1,2\n", "")


def test_a_statement_imported_twice_adds_nothing_and_shows_what_differs(cast):
    acts = {"method": "momo", "text": STATEMENT, "day": "2026-03-04", "by": cast.admin, "now": NOW}
    assert [days.import_statement(**acts) for _ in range(2)] == [2, 0]
    found = queries.statement_differences(cast.clinic, "2026-03-04")
    assert [(row.transaction_id, row.theirs, row.ours) for row in found] == [
        ("111", 1500, None),
        ("222", 2000, None),
    ]


def test_a_test_is_charged_once_and_only_where_the_price_list_names_it(cast):
    patient = make_patient(cast.doctor)
    place = replace(cast.admin, facility=cast.laboratory.facility)
    invoicing.set_price(
        kind="test", label="Analyses", amount=2000, is_default=True, by=place, now=NOW
    )
    invoicing.set_price(kind="test", label="Créatinine", amount=3000, by=place, now=NOW)
    for _again in range(2):
        report_results(
            patient=patient, values={"creatinine_umol_l": 90_000, "potassium_mmol_l": 4_100}, taken_at=NOW,
            labels={"creatinine_umol_l": "Créatinine", "potassium_mmol_l": "Potassium"}, by=cast.laboratory,
            now=NOW, set_id="5f1e0c9ab4d27e6683a1c0de",
        )  # fmt: skip
    assert [(row.label, row.amount) for row in Charge.objects.filter(patient=patient)] == [
        ("Créatinine", 3000)
    ]
