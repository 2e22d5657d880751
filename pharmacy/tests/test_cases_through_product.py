"""Every case, entered as a record and prescribed, is answered by the product as by the command.

A sample goes the whole way: facts by the actions of the record, the order through the prescribe page or the API. All
are stored as the record stores them and checked by the query that pages, programs and the dispensing gate share.
"""

import json
from datetime import timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path

from django.urls import reverse
from django.utils import timezone

from patients import actions as patients
from patients.models import Allergy, Condition, History, Observation, Patient, ReportedMedicine
from patients.models import Tolerance as Tolerated
from pharmacy import actions
from pharmacy.models import Prescription, SafetyCheck
from pharmacy.queries import check_lines, knowledge
from pharmacy.safety.cases import check_case, lines_of, patient_of
from tests.api.calling import Caller

CASES = Path(__file__).resolve().parent.parent / "cases"
SAMPLE = 60


@cache
def all_cases():
    """Every case by file and id."""
    return {
        f"{path.stem}:{case['id']}": case
        for path in sorted(CASES.glob("*.jsonl"))
        for case in map(json.loads, path.read_text(encoding="utf8").splitlines())
    }


@cache
def every_case():
    """The cases that a record can hold: nobody is registered without a birth date and a sex."""
    return {name: case for name, case in all_cases().items() if can_be_registered(case)}


def can_be_registered(case):
    facts = patient_of(case.get("patient", {}))
    return facts.age_days is not None and facts.sex in ("M", "F")


def place_of(number, prefix):
    """An id that sorts as the case's own: lines taken already before those ordered."""
    return f"{'c' if prefix == 'current' else 'e'}{number:023x}"


def dose_of(line):
    """The dose as a form takes it: a decimal number and its unit, or words."""
    if line.dose_ug is None:
        return {"dose": "", "unit": "", "dose_text": line.dose_text}
    number = format((Decimal(line.dose_ug) / 1000).normalize(), "f")
    return {"dose": number, "unit": "mg", "dose_text": line.dose_text}


def rhythm_of(line):
    return {"times": line.times, "per_days": line.per_days}


def values_of(facts):
    """The measurements of a case, as `patients.actions.observe` takes them."""
    values = {row.name: row.value for row in facts.measurements}
    if facts.weight_g is not None:
        values["weight_kg"] = facts.weight_g
    if facts.sex == "F":
        values["pregnancy"] = (facts.pregnancy, _thousand(facts.pregnancy_weeks))
        values["breastfeeding"] = (facts.lactation, _thousand(facts.infant_age_days))
    if facts.pregnancy == "unknown":
        values.pop("pregnancy", None)
    return values


def _thousand(number):
    return None if number is None else number * 1000


def orders_of(case):
    return [
        actions.LineOrder(
            medicine=line.text, route=line.route, days=line.days, line_id=place_of(place, "order"),
            **dose_of(line), **rhythm_of(line),
        )
        for place, line in enumerate(lines_of(case["order"], "order"))
    ]  # fmt: skip


def said(result):
    """What a check says: severities, rules and words by the place of the line; the kinds of what it could not check."""
    return (
        sorted(
            (line_place(found.line_id), found.severity, found.kind, found.rule, tuple(found.about))
            for found in result.findings
        ),
        sorted(
            (line_place(item.line_id), item.kind, item.about, item.needs_judgement)
            for item in result.not_checked
        ),
    )


def line_place(line_id):
    """The place of a line in its order; -1 for what is said of the whole order."""
    if not line_id:
        return -1
    return int(line_id.partition(":")[2]) if ":" in line_id else int(line_id[1:], 16)


def stored_record(case, by, now):
    """The patient and measurements of a case as the record stores them, not yet in the database."""
    facts = patient_of(case.get("patient", {}))
    noted = {"noted_at": now, "noted_by": str(by.user.pk), "noted_by_name": str(by.user)}
    history = History(
        allergies=[Allergy(substance=one.text, **noted) for one in facts.allergies],
        tolerances=[Tolerated(substance=text, **noted) for text in facts.tolerated],
        conditions=[
            Condition(code=one.code or "", text=one.text, **noted) for one in facts.conditions
        ],
        medicines=[
            ReportedMedicine(
                medicine=line.text, route=line.route, fact_id=place_of(place, "current"),
                **dose_of(line), **rhythm_of(line), **noted,
            )
            for place, line in enumerate(lines_of(case.get("current", []), "current"))
        ],
    )  # fmt: skip
    patient = Patient(
        record_number=f"T{id(case)}", given_name="Cas", family_name="Essai", sex=facts.sex, history=history,
        birth_date=now.date() - timedelta(days=facts.age_days), facility_ids=[str(by.facility_id)],
        registered_at=now, registered_in=str(by.facility_id), updated_at=now,
    )  # fmt: skip
    rows = [
        Observation(
            patient=patient, name=name, taken_at=now, noted_by=noted["noted_by"],
            noted_by_name=noted["noted_by_name"], facility_id=str(by.facility_id),
            **_value(value),
        )
        for name, value in values_of(facts).items()
    ]  # fmt: skip
    return patient, rows


def _value(value):
    if isinstance(value, tuple):
        return {"value_text": value[0], "value": value[1]}
    return {"value": value} if isinstance(value, int) else {"value_text": value}


def register(case, by, now):
    """Enter the record of a case by the actions behind the pages."""
    facts = patient_of(case.get("patient", {}))
    identity = {
        "given_name": "Cas", "family_name": "Essai", "sex": facts.sex,
        "birth_date": now.date() - timedelta(days=facts.age_days),
    }  # fmt: skip
    acts = {"patient": patients.register(identity=identity, by=by, now=now), "by": by, "now": now}
    for allergy in facts.allergies:
        patients.add_allergy(substance=allergy.text, **acts)
    for text in facts.tolerated:
        patients.note_tolerance(substance=text, **acts)
    for condition in facts.conditions:
        patients.add_condition(code=condition.code or "", text=condition.text, **acts)
    for place, line in enumerate(lines_of(case.get("current", []), "current")):
        patients.add_medicine(
            medicine=line.text, route=line.route, fact_id=place_of(place, "current"),
            **dose_of(line), **rhythm_of(line), **acts,
        )  # fmt: skip
    patients.observe(values=values_of(facts), **acts)
    return Patient.objects.get(pk=acts["patient"].pk)


def posted(case):
    """The prescribe form filled in with the order of a case."""
    orders = orders_of(case)
    data = {
        "lines-TOTAL_FORMS": str(len(orders)), "lines-INITIAL_FORMS": "0", "lines-MIN_NUM_FORMS": "0",
        "lines-MAX_NUM_FORMS": "20",
    }  # fmt: skip
    for place, order in enumerate(orders):
        for name in (
            "line_id",
            "medicine",
            "dose",
            "unit",
            "dose_text",
            "route",
            "times",
            "per_days",
        ):
            data[f"lines-{place}-{name}"] = str(getattr(order, name))
        data[f"lines-{place}-days"] = str(order.days or "")
        data[f"lines-{place}-quantity"] = "1"
    return data


def can_be_written(case):
    """The form wants a dose, in figures or in words."""
    return all(order.dose or order.dose_text for order in orders_of(case))


def sample():
    """Cases spread over all files, and at least one of each category."""
    writable = [name for name, case in every_case().items() if can_be_written(case)]
    first_of = {every_case()[name]["category"]: name for name in reversed(writable)}
    rest = max(SAMPLE - len(first_of), 1)
    step = max(len(writable) // rest, 1)
    return sorted({*first_of.values(), *writable[::step][:rest]})


def test_there_are_cases_and_few_that_no_record_can_hold():
    left_out = all_cases().keys() - every_case().keys()
    assert len(every_case()) >= 1_000
    assert len(left_out) <= 0.003 * len(all_cases())
    assert {all_cases()[name]["category"] for name in left_out} <= {"unanswerable"}


def test_every_case_stored_as_a_record_is_answered_as_by_the_command(cast):
    now = timezone.now()
    records = {name: stored_record(case, cast.doctor, now) for name, case in every_case().items()}
    Patient.objects.bulk_create([patient for patient, _ in records.values()])
    Observation.objects.bulk_create([row for _, rows in records.values() for row in rows])
    read = {patient.pk: patient for patient in Patient.objects.all()}
    wrong = {}
    for name, case in every_case().items():
        patient = read[records[name][0].pk]
        lines = [actions.line_of(order) for order in orders_of(case)]
        product = said(check_lines(patient=patient, lines=lines, now=now))
        command = said(check_case(knowledge(), case))
        if product != command:
            wrong[name] = (product, command)
    assert not wrong, json.dumps(dict(list(wrong.items())[:3]), indent=1, default=str)


def test_a_case_goes_through_the_pages_unchanged(cast, client):
    client.force_login(cast.doctor.user)
    wrong = {}
    for name in sample():
        case, now = every_case()[name], timezone.now()
        patient = register(case, cast.doctor, now)
        consultation = make_consultation_without_diagnosis(patient, cast.doctor)
        address, form = reverse("prescribe", args=[consultation.pk]), posted(case)
        answer = client.post(address, form)
        if answer.status_code == 409:
            answer = client.post(address, form | {"seen": answer.context["seen"]})
        assert answer.status_code == 302, (name, answer.status_code)
        prescription = Prescription.objects.get(consultation_id=str(consultation.pk))
        stored = SafetyCheck.objects.get(pk=prescription.check_id)
        product, command = said(stored), said(check_case(knowledge(), case))
        if product != command:
            wrong[name] = (product, command)
        held = {f.line_id for f in stored.findings if f.severity == "contraindicated"}
        assert {line.line_id for line in prescription.lines if line.status == "on-hold"} == held
    assert not wrong, json.dumps(dict(list(wrong.items())[:3]), indent=1, default=str)


def make_consultation_without_diagnosis(patient, by):
    from consultations.actions import save_consultation

    return save_consultation(
        patient=patient, texts={"reason": "cas"}, diagnoses=[], by=by, now=timezone.now()
    )


def lines_in_json(case):
    """The order of a case as a program sends it."""
    return [
        {
            "medicine": line.text, "route": line.route, "times": line.times, "perDays": line.per_days,
            **({"days": line.days} if line.days else {}),
            **({"dose": line.dose_ug / 1000, "unit": "mg"} if line.dose_ug is not None else {}),
            **({"doseText": line.dose_text} if line.dose_text else {}),
        }
        for line in lines_of(case["order"], "order")
    ]  # fmt: skip


def of_one_line(result):
    """What is said of an order of one line, whose id another program chose."""
    findings = sorted((f.severity, f.kind, f.rule, tuple(f.about)) for f in result.findings)
    return findings, sorted((n.kind, n.about, n.needs_judgement) for n in result.not_checked)


def test_a_case_goes_through_the_api_unchanged(cast):
    program = Caller.signed_in("doctor")
    chosen = {}
    for name, case in every_case().items():
        if len(case["order"]) == 1 and can_be_written(case):
            chosen.setdefault(case["category"], name)
    assert len(chosen) >= 20
    wrong = {}
    for name in chosen.values():
        case = every_case()[name]
        patient = register(case, cast.doctor, timezone.now())
        body = {"patientId": str(patient.pk), "lines": lines_in_json(case)}
        answer = program.post("prescriptions", body)
        assert answer.status_code == 201, (name, answer.content)
        prescription = Prescription.objects.get(patient=patient)
        stored = of_one_line(SafetyCheck.objects.get(pk=prescription.check_id))
        command = of_one_line(check_case(knowledge(), case))
        if stored != command:
            wrong[name] = (stored, command)
    assert not wrong, json.dumps(dict(list(wrong.items())[:3]), indent=1, default=str)
