"""What holds for every order: nothing raises, unknown is never clear, facts only add."""

from dataclasses import replace

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pharmacy.safety import Allergy, Condition, Line, Measurement, Patient, check, load
from pharmacy.safety.model import RANK, ROUTES

from .engine_small import small

NAMES = sorted(small().names.display.values())
CODES = ["E11", "E14.9", "I10", "J45", "K27", "N18.4", "N18.9", "D55.0", "Z88.0", "Z83.3", "O10"]
TEXTS = ["HTA", "diabète", "asthme", "mère diabétique", "pas d'asthme", "IRC", "enceinte 20 SA"]
ALLERGIES = ["pénicilline", "Doliprane", "amoxicilline", "latex", "sulfamides", "Advil"]
FIGURES = ["egfr_ml_min", "potassium_mmol_l", "creatinine_umol_l"]
EXAMPLES = settings(max_examples=200, deadline=None)

names = st.sampled_from(NAMES)
anything = st.one_of(names, st.text(max_size=30))


DOSE_TEXTS = ["500 mg", "2 cp", "10 UI", "30 mg + 500 mg", "5 mL (120 mg/5 mL)", "5 mL (5 mg/0 mL)"]


written_doses = st.sampled_from(["", *DOSE_TEXTS])


def lines(prefix, text=names, most=4, dose_text=written_doses):
    line = st.builds(
        Line,
        id=st.just(""),
        text=text,
        route=st.sampled_from(ROUTES),
        dose_ug=st.none() | st.integers(0, 5_000_000),
        dose_text=dose_text,
        times=st.integers(1, 8),
        per_days=st.sampled_from([1, 1, 2, 7, 30]),
        days=st.none() | st.integers(1, 60),
    )
    return st.lists(line, max_size=most).map(
        lambda found: tuple(replace(one, id=f"{prefix}{at}") for at, one in enumerate(found))
    )


coded = st.builds(
    Condition,
    text=st.just(""),
    code=st.sampled_from(CODES),
    status=st.sampled_from(["active", "active", "resolved", "family"]),
    ref=st.text("abc", min_size=1, max_size=3),
)
written = st.builds(Condition, text=st.sampled_from(TEXTS), ref=st.just("t"))
allergies = st.builds(Allergy, text=st.sampled_from(ALLERGIES), ref=st.just("a"))
measured = st.builds(
    Measurement, name=st.sampled_from(FIGURES), value=st.integers(0, 400_000), ref=st.just("m")
)
patients = st.builds(
    Patient,
    age_days=st.none() | st.integers(0, 40_000),
    sex=st.sampled_from(["M", "F", None]),
    weight_g=st.none() | st.integers(500, 150_000),
    conditions=st.lists(coded | written, max_size=4).map(tuple),
    allergies=st.lists(allergies, max_size=3).map(tuple),
    tolerated=st.lists(st.sampled_from(ALLERGIES), max_size=1).map(tuple),
    pregnancy=st.sampled_from(["no", "yes", "unknown"]),
    pregnancy_weeks=st.none() | st.integers(0, 42),
    lactation=st.sampled_from(["no", "yes"]),
    infant_age_days=st.none() | st.integers(0, 700),
    measurements=st.lists(measured, max_size=2, unique_by=lambda one: one.name).map(tuple),
)
wild = st.builds(
    Patient,
    age_days=st.none() | st.integers(-5, 10**6),
    sex=st.sampled_from(["M", "F", None, "?"]),
    weight_g=st.none() | st.integers(-5, 10**9),
    conditions=st.lists(
        st.builds(
            Condition,
            text=st.text(max_size=40),
            code=st.none() | st.text(max_size=6),
            status=st.text(max_size=8),
            ref=st.text(max_size=3),
        ),
        max_size=4,
    ).map(tuple),
    allergies=st.lists(st.builds(Allergy, text=st.text(max_size=30)), max_size=3).map(tuple),
    tolerated=st.lists(st.text(max_size=10), max_size=2).map(tuple),
    pregnancy=st.text(max_size=8),
    measurements=st.lists(
        st.builds(
            Measurement,
            name=st.sampled_from([*FIGURES, "zzz"]),
            value=st.integers(-(10**9), 10**9) | st.text(max_size=5),
            age_days=st.integers(-5, 10**6),
        ),
        max_size=3,
    ).map(tuple),
)


doses = st.sampled_from(DOSE_TEXTS) | st.text("0123456789.,/+ mgLUIcpx", max_size=20)


@EXAMPLES
@given(wild, lines("o", anything, dose_text=doses), lines("c", anything))
def test_no_order_raises_and_no_internal_failure_hides_behind_a_note(patient, order, current):
    result = check(small(), patient, order, current)
    assert [note for note in result.not_checked if note.kind == "rule"] == []
    ids = {line.id for line in order}
    assert {finding.line_id for finding in result.findings} <= ids


@EXAMPLES
@given(patients, lines("o"), st.text(min_size=1, max_size=25))
def test_an_unknown_medicine_is_never_clear(patient, order, text):
    result = check(small(), patient, (*order, Line("u", text, "oral")))
    known = small().find_medicine(text).kind == "exact"
    notes = [one for one in result.not_checked if one.kind == "medicine" and one.line_id == "u"]
    assert known != bool(notes)
    assert all(one.needs_judgement for one in notes)


@EXAMPLES
@given(patients, lines("o", most=2), st.text("bcdfghjklmnpqrtvwxz", min_size=6, max_size=12))
def test_an_unknown_condition_or_allergy_is_never_clear(patient, order, text):
    with_condition = replace(patient, conditions=(*patient.conditions, Condition(text)))
    with_allergy = replace(patient, allergies=(*patient.allergies, Allergy(text)))
    for changed, kind in ((with_condition, "condition"), (with_allergy, "allergy")):
        notes = check(small(), changed, order).not_checked
        assert any(note.kind == kind and note.needs_judgement for note in notes)


def alerts(result):
    """{(line, kind): the gravest level}, without what a rule's `unless` or figures may lift."""
    found = {}
    for finding in result.findings:
        key = (finding.line_id, finding.kind)
        found[key] = max(found.get(key, 0), RANK[finding.severity])
    return found


@EXAMPLES
@given(patients, lines("o"), lines("c"), coded | written, allergies)
def test_adding_a_condition_or_an_allergy_removes_no_alert(
    patient, order, current, condition, allergy
):
    # weeks that become known may lift a rule that held because they could have been any
    assume(not small().find_condition(condition.text).weeks)
    before = check(small(), patient, order, current)
    grown = replace(
        patient,
        conditions=(*patient.conditions, condition),
        allergies=(*patient.allergies, allergy),
    )
    after = alerts(check(small(), grown, order, current))
    for (line_id, kind), rank in alerts(before).items():
        assert after.get((line_id, kind), -1) >= rank


@EXAMPLES
@given(patients, lines("o"), lines("c", most=3), names)
def test_adding_a_current_medicine_removes_no_alert(patient, order, current, name):
    added = (*current, Line("new", name, "oral"))
    after = check(small(), patient, order, added)
    kept = {(one.line_id, one.kind if one.kind != "duplicate" else "") for one in after.findings}
    lifted_by = {"condition.nsaid.ulcer"}  # its no_drug
    for finding in check(small(), patient, order, current).findings:
        if finding.rule not in lifted_by and finding.kind != "duplicate":
            assert (finding.line_id, finding.kind) in kept


@EXAMPLES
@given(patients, lines("o"), lines("c"), st.randoms(use_true_random=False))
def test_the_order_of_lines_and_facts_is_no_matter(patient, order, current, dice):
    def shuffled(values):
        values = list(values)
        dice.shuffle(values)
        return tuple(values)

    turned = replace(
        patient,
        conditions=shuffled(patient.conditions),
        allergies=shuffled(patient.allergies),
    )
    first = check(small(), patient, order, current)
    second = check(small(), turned, shuffled(order), shuffled(current))

    def seen(result):
        return {
            (one.line_id, one.severity, one.kind, one.rule, one.instead) for one in result.findings
        }

    assert seen(first) == seen(second)
    assert set(first.not_checked) == set(second.not_checked)
    assert [one.line_id for one in first.findings] == [one.line_id for one in second.findings]


everything = load()
REAL_NAMES = sorted(everything.names.display.values())
REAL_CODES = sorted(everything.labels)


@settings(max_examples=150, deadline=None)
@given(
    patients,
    lines("o", st.sampled_from(REAL_NAMES), 6),
    lines("c", st.sampled_from(REAL_NAMES), 6),
    st.lists(st.sampled_from(REAL_CODES), max_size=6),
)
def test_the_real_knowledge_judges_any_order(patient, order, current, codes):
    conditions = tuple(Condition("", code, "active", f"r{at}") for at, code in enumerate(codes))
    result = check(everything, replace(patient, conditions=conditions), order, current)
    assert [note for note in result.not_checked if note.kind in ("rule", "medicine")] == []
    for finding in result.findings:
        assert 2 <= len(finding.about) <= 4
        assert finding.message_fr
        assert finding.message_en
        assert "{" not in finding.message_fr + finding.message_en + finding.do_fr + finding.do_en
