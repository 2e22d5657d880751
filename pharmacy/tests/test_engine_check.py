"""What the engine finds, with a small knowledge of its own."""

import pytest

from pharmacy.safety import Allergy, Condition, Line, Measurement, Patient, check, icd
from pharmacy.safety.knowledge import Knowledge

from .engine_small import compile_small, small

MAN = {"age_days": 14610, "sex": "M", "weight_g": 70_000}
WOMAN = MAN | {"sex": "F", "age_days": 10957}


def line(
    text, *, line_id="l", route="oral", mg=None, dose="", times=1, per_days=1, days=None, atc=None
):
    dose_ug = None if mg is None else int(mg * 1000)
    return Line(line_id, text, route, dose_ug, dose, times, per_days, days, atc)


def conditions(*codes_or_texts, status="active"):
    return tuple(
        Condition("", word, status, f"c{at}")
        if icd.normal(word)
        else Condition(word, None, status, f"c{at}")
        for at, word in enumerate(codes_or_texts)
    )


def allergies(*texts):
    return tuple(Allergy(text, f"a{at}") for at, text in enumerate(texts))


def run(order, current=(), **facts):
    patient = Patient(**(MAN | facts))
    order = (order,) if isinstance(order, Line) else tuple(order)
    current = (current,) if isinstance(current, Line) else tuple(current)
    return check(small(), patient, order, current)


def said(result):
    return [(finding.rule, finding.severity) for finding in result.findings]


GLUCOSE = line("sérum glucosé 5 %", route="iv", dose="500 mL")


@pytest.mark.parametrize("fact", ["E11", "E11.9", "diabète", "DT2"])
def test_glucose_is_contraindicated_for_a_diabetic_however_recorded(fact):
    result = run(GLUCOSE, conditions=conditions(fact))
    assert said(result) == [("condition.glucose.diabetes", "contraindicated")]
    assert result.not_checked == ()


def test_documented_hypoglycaemia_lifts_the_rule():
    low = (Measurement("glucose_mmol_l", 2400, 0, "g"),)
    assert said(run(GLUCOSE, conditions=conditions("E11"), measurements=low)) == []
    assert said(run(GLUCOSE, conditions=conditions("E11", "E16.1"))) == []


def test_an_old_or_normal_glucose_does_not_lift_it():
    old = (Measurement("glucose_mmol_l", 2400, 3, "g"),)
    normal = (Measurement("glucose_mmol_l", 3900, 0, "g"),)
    assert len(run(GLUCOSE, conditions=conditions("E11"), measurements=old).findings) == 1
    assert len(run(GLUCOSE, conditions=conditions("E11"), measurements=normal).findings) == 1


@pytest.mark.parametrize(
    "text", ["diabète insipide", "mère diabétique", "pas de diabète", "E23.2", "Z83.3"]
)
def test_what_is_not_diabetes_today_is_silent(text):
    result = run(GLUCOSE, conditions=conditions(text))
    assert (said(result), result.not_checked) == ([], ())


@pytest.mark.parametrize("status", ["resolved", "family", "negated"])
def test_a_condition_recorded_as_not_active_is_not_active(status):
    assert said(run(GLUCOSE, conditions=conditions("E11", status=status))) == []


def test_a_finding_says_what_it_rests_on():
    found = run(GLUCOSE, conditions=conditions("E11")).findings[0]
    assert found.about == ("glucose", "E11")
    assert found.facts == ("c0",)
    assert found.message_fr == "Phrase de glucose et diabète de type 2 pour la règle."
    assert found.message_en == "Sentence of glucose and type 2 diabetes for the rule."
    assert found.knowledge_version == "9.9.9"
    assert found.source == "Test (to verify)"


def test_local_glucose_is_not_systemic():
    assert said(run(line("glucose", route="topical"), conditions=conditions("E11"))) == []


def test_history_means_active_or_past():
    ibuprofen = line("ibuprofène", mg=400)
    for facts in (conditions("K27"), conditions("K27", status="resolved"), conditions("Z87.1")):
        assert said(run(ibuprofen, conditions=facts)) == [("condition.nsaid.ulcer", "major")]
    assert said(run(ibuprofen, conditions=conditions("K27", status="family"))) == []


def test_no_drug_lifts_when_the_medicine_is_there():
    facts = conditions("K27")
    assert said(run(line("ibuprofène"), line("amiloride", line_id="c"), conditions=facts)) == []


def test_family_history_is_read_from_codes_and_words():
    for facts in (
        conditions("Z83.3"),
        conditions("mère diabétique"),
        conditions("E11", status="family"),
    ):
        assert said(run(line("metformin"), conditions=facts)) == [
            ("condition.metformin.family", "minor")
        ]


# --- interactions and duplicates


@pytest.mark.parametrize(("ordered", "taken"), [("warfarin", "Advil"), ("Advil", "warfarin")])
def test_an_interaction_is_found_from_either_side(ordered, taken):
    result = run(line(ordered), line(taken, line_id="c1"))
    assert said(result) == [("interaction.warfarin.nsaids", "major")]
    assert result.findings[0].line_id == "l"
    assert set(result.findings[0].about) == {"warfarin", "ibuprofen"}
    assert "c1" in result.findings[0].facts


def test_two_ordered_lines_give_one_finding():
    result = run([line("warfarin", line_id="x"), line("Advil", line_id="y")])
    assert [(finding.line_id, finding.rule) for finding in result.findings] == [
        ("x", "interaction.warfarin.nsaids")
    ]


def test_what_is_only_current_is_not_the_orders_business():
    result = run(
        line("paracetamol", mg=500), [line("warfarin", line_id="c1"), line("Advil", line_id="c2")]
    )
    assert said(result) == []


def test_a_topical_partner_does_not_interact():
    assert said(run(line("warfarin"), line("Voltarène", line_id="c", route="topical"))) == []


def test_a_graver_finding_on_the_pair_silences_the_class_duplicate():
    assert said(run(line("Advil"), line("Voltarène", line_id="c"))) == [
        ("duplicate.nsaids", "moderate")
    ]


def test_a_class_duplicate_is_never_one_substance_with_itself():
    result = run(line("enalapril", mg=5), line("énalapril", line_id="c", mg=5))
    assert said(result) == [("duplicate.ingredient", "moderate")]


def test_the_same_ingredient_in_a_combination_is_a_duplicate():
    result = run(line("Augmentin"), line("Clamoxyl", line_id="c"))
    assert ("duplicate.ingredient", "moderate") in said(result)


def test_a_local_form_is_no_duplicate():
    assert said(run(line("Voltarène"), line("diclofenac", line_id="c", route="topical"))) == []


def test_three_medicines_together():
    three = [line("hydrochlorothiazide", line_id="c1"), line("ramipril", line_id="c2")]
    result = run(line("Advil"), three)
    assert said(result) == [("interaction.triple-whammy", "major")]
    assert set(result.findings[0].facts) >= {"c1", "c2"}
    assert said(run(line("Advil"), three[:1])) == []


@pytest.mark.parametrize("ordered", ["hydrochlorothiazide", "ramipril", "Advil"])
def test_the_third_medicine_belongs_to_the_order_whichever_it_is(ordered):
    names = {"hydrochlorothiazide", "ramipril", "Advil"} - {ordered}
    current = [line(name, line_id=f"c{name}") for name in sorted(names)]
    assert ("interaction.triple-whammy", "major") in said(run(line(ordered), current))


def test_a_medicine_named_inside_any_is_found_from_either_side():
    assert said(run(line("insuline"), line("quinine", line_id="c"))) == [
        ("condition.any", "moderate")
    ]
    assert said(run(line("quinine"), line("insuline", line_id="c"))) == [
        ("condition.any", "moderate")
    ]
    assert said(run(line("insuline"), conditions=conditions("J45"))) == [
        ("condition.any", "moderate")
    ]
    assert said(
        run(line("quinine"), line("insuline", line_id="c"), conditions=conditions("J45"))
    ) == [("condition.any", "moderate")]
    assert (
        said(run(line("paracetamol"), line("insuline", line_id="c"), conditions=conditions("J45")))
        == []
    )


def test_alternatives_are_checked_before_they_are_proposed():
    found = run(line("warfarin"), line("Voltarène", line_id="c")).findings[0]
    assert found.instead == ("paracetamol",)


def test_an_alternative_the_patient_cannot_take_is_left_out():
    found = run(
        line("warfarin"), line("Voltarène", line_id="c"), allergies=allergies("paracétamol")
    ).findings[0]
    assert found.instead == ()


# --- allergies


def test_an_allergy_to_the_substance_by_any_route_brand_and_salt():
    for text in ("Doliprane", "chlorhydrate de paracétamol"):
        result = run(line(text, route="topical"), allergies=allergies("paracétamol"))
        assert said(result) == [("allergy.substance", "contraindicated")]
        assert result.findings[0].about == ("paracetamol", "allergy:paracetamol")


def test_an_allergy_to_a_combination_is_one_to_its_components():
    result = run(line("amoxicilline"), allergies=allergies("Augmentin"))
    assert result.findings[0].severity == "contraindicated"


def test_an_allergy_to_the_class():
    found = run(line("amoxicilline"), allergies=allergies("pénicilline")).findings
    assert [(one.severity, one.about) for one in found] == [
        ("contraindicated", ("amoxicillin", "allergy:penicillins"))
    ]


def test_an_allergy_to_one_member_counts_for_the_classes_that_name_it():
    found = run(line("ampicillin"), allergies=allergies("amoxicilline")).findings
    assert [(one.rule, one.severity) for one in found] == [
        ("allergy.penicillins.ampicillin", "contraindicated")
    ]


def test_the_side_chain_group_is_not_met_by_the_whole_class():
    assert said(run(line("cefalexin"), allergies=allergies("amoxicilline"))) == [
        ("allergy.aminopenicillins.cefalexin", "major")
    ]
    assert said(run(line("cefalexin"), allergies=allergies("pénicillines"))) == [
        ("allergy.penicillins.cefalexin", "moderate")
    ]


def test_tolerance_lowers_a_class_match_by_one_level_and_never_the_substance():
    lowered = run(line("cefalexin"), allergies=allergies("amoxicilline"), tolerated=("céfalexine",))
    assert said(lowered) == [("allergy.aminopenicillins.cefalexin", "moderate")]
    same = run(
        line("amoxicilline"), allergies=allergies("amoxicilline"), tolerated=("amoxicilline",)
    )
    assert same.findings[0].severity == "contraindicated"


def test_codes_of_allergy():
    penicillin = run(line("amoxicilline"), conditions=conditions("Z88.0"))
    assert penicillin.findings[0].about == ("amoxicillin", "allergy:penicillins")
    other = run(line("paracetamol", mg=500), conditions=conditions("Z88.1"))
    assert [(note.kind, note.needs_judgement) for note in other.not_checked] == [("allergy", True)]


def test_words_beside_an_allergy_code_name_the_allergen():
    facts = (Condition("allergie à l'ibuprofène", "Z88.2", "active", "c"),)
    result = run(line("ibuprofen"), conditions=facts)
    assert [one.about for one in result.findings] == [("ibuprofen", "allergy:ibuprofen")]
    wide = run(line("ibuprofen"), conditions=(Condition("Z88.2", None, "active", "c"),))
    assert (wide.findings, wide.not_checked) == ((), ())


def test_a_code_written_as_words_is_a_code():
    facts = (Condition("E11.9", None, "active", "c"),)
    assert said(run(GLUCOSE, conditions=facts)) == [
        ("condition.glucose.diabetes", "contraindicated")
    ]


def test_an_allergy_written_among_the_conditions():
    result = run(line("amoxicilline", mg=500), conditions=conditions("allergie à la pénicilline"))
    assert result.findings[0].kind == "allergy"
    assert result.not_checked == ()


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("pénicilline allergy", True),
        ("pénicilline allergy sévère", True),
        ("pas de pénicilline allergy", False),
        ("mère : pénicilline allergy", False),
        ("asthme allergy", False),
    ],
)
def test_the_allergen_may_stand_before_the_word(text, named):
    result = run(line("amoxicilline", mg=500), conditions=conditions(text))
    found = [finding for finding in result.findings if finding.kind == "allergy"]
    assert bool(found) is named


@pytest.mark.parametrize("text", ["latex", "quinolones"])
def test_an_allergen_without_a_medicine_ordered_is_understood_and_silent(text):
    result = run(line("quinine", mg=300), allergies=allergies(text))
    assert (result.findings, result.not_checked) == ((), ())


def test_sulfate_is_no_sulfonamide():
    result = run(line("ferrous sulfate", mg=200), allergies=allergies("sulfamides"))
    assert (result.findings, result.not_checked) == ((), ())


@pytest.mark.parametrize("status", ["refuted", "resolved", "entered-in-error"])
def test_a_refuted_allergy_does_not_count(status):
    facts = (Allergy("paracetamol", "a", status),)
    assert said(run(line("paracetamol", mg=500), allergies=facts)) == []


# --- pregnancy, lactation, age


@pytest.mark.parametrize(
    ("weeks", "rules"),
    [
        (13, []),
        (14, ["pregnancy.ace.late"]),
        (40, ["pregnancy.ace.late"]),
        (None, ["pregnancy.ace.late"]),
    ],
)
def test_weeks_of_pregnancy_and_unknown_weeks(weeks, rules):
    patient = Patient(**WOMAN, pregnancy="yes", pregnancy_weeks=weeks)
    result = check(small(), patient, (line("ramipril"),))
    assert [finding.rule for finding in result.findings] == rules


@pytest.mark.parametrize("fact", ["Z33", "enceinte de 20 SA"])
def test_a_pregnancy_recorded_as_a_condition(fact):
    result = check(small(), Patient(**WOMAN, conditions=conditions(fact)), (line("ramipril"),))
    assert result.findings[0].about == ("ramipril", "pregnancy")


def test_a_man_is_never_pregnant():
    assert said(run(line("ramipril"), conditions=conditions("Z33"), pregnancy="yes")) == []


@pytest.mark.parametrize(
    ("age_days", "medicine", "asked"),
    [
        (10957, "ramipril", True),
        (10957, "ibuprofen", False),
        (25000, "ramipril", False),
        (10957, "quinine", False),
    ],
)
def test_an_unknown_pregnancy_is_asked_for_once_and_only_for_grave_rules(age_days, medicine, asked):
    patient = Patient(**(WOMAN | {"age_days": age_days}), pregnancy="unknown")
    result = check(
        small(),
        patient,
        (line(medicine), line("enalapril", line_id="m") if asked else line("quinine", line_id="m")),
    )
    notes = [note for note in result.not_checked if note.about == "pregnancy"]
    assert len(notes) == int(asked)
    assert all(note.kind == "measurement" and not note.needs_judgement for note in notes)


@pytest.mark.parametrize(("days", "found"), [(41, 1), (42, 0), (None, 1)])
def test_the_age_of_the_breastfed_child(days, found):
    patient = Patient(**WOMAN, lactation="yes", infant_age_days=days)
    assert len(check(small(), patient, (line("codeine", mg=30),)).findings) == found


@pytest.mark.parametrize(("age_days", "found"), [(4382, 1), (4383, 0)])
def test_age_below_and_at_the_limit(age_days, found):
    assert len(run(line("codeine", mg=30), age_days=age_days).findings) == found


def test_a_missing_age_is_always_said_once():
    result = run([line("codeine", mg=30), line("quinine", line_id="m")], age_days=None)
    notes = [note for note in result.not_checked if note.about == "age_days"]
    assert len(notes) == 1
    assert not notes[0].needs_judgement


# --- kidney and laboratory


@pytest.mark.parametrize(("value", "found"), [(29_999, 1), (30_000, 0)])
def test_a_recorded_filtration_rate(value, found):
    facts = (Measurement("egfr_ml_min", value, 10, "e"),)
    assert len(run(line("metformin"), measurements=facts).findings) == found


def test_the_rate_is_computed_from_creatinine_age_and_weight():
    # (140 - 40) * 70 * 1.23 / 300 = 28.7 mL/min
    facts = (Measurement("creatinine_umol_l", 300_000, 0, "k"),)
    result = run(line("metformin"), measurements=facts)
    assert said(result) == [("renal.metformin.30", "contraindicated")]
    assert result.findings[0].facts == ("k",)
    assert "28.7 mL/min" in result.findings[0].message_en
    assert (
        said(
            run(
                line("metformin"), measurements=(Measurement("creatinine_umol_l", 280_000, 0, "k"),)
            )
        )
        == []
    )


@pytest.mark.parametrize(("code", "found"), [("N18.5", 1), ("N18.4", 1), ("N18.9", 0)])
def test_the_stage_stands_in_for_the_figure(code, found):
    assert len(run(line("metformin"), conditions=conditions(code)).findings) == found


@pytest.mark.parametrize("codes", [("N18.4", "N18.5"), ("N18.5", "N18.4")])
def test_of_two_stages_the_graver_counts(codes):
    found = run(line("metformin"), conditions=conditions(*codes)).findings[0]
    assert "0-15 mL/min" in found.message_en


@pytest.mark.parametrize(
    "texts", [("enceinte 10 SA", "enceinte, T3"), ("enceinte, T3", "enceinte 10 SA")]
)
def test_two_statements_of_weeks_leave_both_possible(texts):
    patient = Patient(**WOMAN, conditions=conditions(*texts))
    rules = {
        one.rule
        for one in check(
            small(), patient, (line("ibuprofen"), line("ramipril", line_id="m"))
        ).findings
    }
    assert rules == {"pregnancy.ibuprofen.early", "pregnancy.ace.late"}


def test_kidney_disease_without_a_figure_is_said_for_the_medicine_that_needs_it():
    facts = conditions("insuffisance rénale chronique")
    notes = run(line("metformin"), conditions=facts).not_checked
    assert [(note.kind, note.about, note.needs_judgement) for note in notes] == [
        ("measurement", "egfr_ml_min", False)
    ]
    assert run(line("quinine"), conditions=facts).not_checked == ()


def test_a_figure_is_not_asked_for_without_a_reason():
    assert run(line("metformin")).not_checked == ()


def test_a_rule_that_says_so_always_asks():
    weekly = line("methotrexate", mg=10, per_days=7)
    assert [note.about for note in run(weekly).not_checked] == ["egfr_ml_min"]


@pytest.mark.parametrize(
    ("value", "age", "found"), [(5499, 1, 0), (5500, 1, 1), (6100, 30, 1), (6100, 31, 0)]
)
def test_a_laboratory_value_at_its_limit_and_too_old(value, age, found):
    facts = (Measurement("potassium_mmol_l", value, age, "k"),)
    assert len(run(line("amiloride"), measurements=facts).findings) == found


def test_the_newest_value_counts():
    facts = (
        Measurement("potassium_mmol_l", 6100, 9, "old"),
        Measurement("potassium_mmol_l", 4000, 1, "new"),
    )
    assert said(run(line("amiloride"), measurements=facts)) == []


# --- doses


@pytest.mark.parametrize(
    ("mg", "times", "found"), [(1000, 4, 0), (1100, 4, 0), (1101, 4, 1), (1000, 5, 1), (500, 9, 1)]
)
def test_a_tenth_above_a_limit_is_within_it(mg, times, found):
    assert len(run(line("paracetamol", mg=mg, times=times)).findings) == found


def test_doses_add_up_over_products_and_current_medicines():
    order = line("codéine/paracétamol", dose="codeine 30 mg + paracetamol 500 mg", times=4)
    alone = run(order)
    assert said(alone) == []
    with_current = run(order, line("Doliprane", line_id="c", mg=1000, times=3))
    assert ("dose.paracetamol", "major") in said(with_current)
    assert ("duplicate.ingredient", "moderate") in said(with_current)


def test_two_ordered_lines_are_judged_by_their_sum_once():
    lines = [
        line("Doliprane", line_id="a", mg=1000, times=3),
        line("paracetamol", line_id="b", mg=1000, times=2),
    ]
    found = [finding for finding in run(lines).findings if finding.kind == "dose"]
    assert [finding.line_id for finding in found] == ["a"]
    assert set(found[0].facts) >= {"a", "b"}
    assert found[0].message_fr == "Paracétamol : 5 g par jour, au-delà du maximum de 4 g."


@pytest.mark.parametrize(("mg", "times", "found"), [(150, 4, 0), (166, 3, 1), (140, 5, 1)])
def test_a_child_is_judged_by_weight(mg, times, found):
    result = run(line("paracetamol", mg=mg, times=times), age_days=730, weight_g=10_000)
    assert len(result.findings) == found


def test_a_child_without_a_weight_is_said_and_an_adult_is_not():
    child = run(line("paracetamol", mg=150), age_days=730, weight_g=None)
    assert [note.about for note in child.not_checked] == ["weight_g"]
    assert run(line("paracetamol", mg=500), weight_g=None).not_checked == ()


def test_a_selector_applies_its_limit_only_to_its_patients():
    order = line("paracetamol", mg=1000, times=4)
    assert said(run(order)) == []
    assert said(run(order, conditions=conditions("N18.9"))) == [("dose.paracetamol", "moderate")]


@pytest.mark.parametrize(
    ("times", "per_days", "found"), [(1, 7, 0), (1, 1, 1), (2, 7, 1), (1, 6, 1), (1, 14, 0)]
)
def test_weekly_is_not_daily(times, per_days, found):
    facts = (Measurement("egfr_ml_min", 90_000, 1, "e"),)
    result = run(line("methotrexate", mg=10, times=times, per_days=per_days), measurements=facts)
    assert [one.severity for one in result.findings if one.kind == "dose"][:1] == [
        "contraindicated"
    ] * found


def test_a_dose_threshold_inside_a_rule():
    facts = (Measurement("egfr_ml_min", 90_000, 1, "e"),)
    rules = [rule for rule, _ in said(run(line("methotrexate", mg=11), measurements=facts))]
    assert "condition.methotrexate.daily" in rules
    rules = [rule for rule, _ in said(run(line("methotrexate", mg=10), measurements=facts))]
    assert "condition.methotrexate.daily" not in rules


def test_the_planned_duration():
    assert said(run(line("codeine", mg=30, days=4))) == [("dose.codeine", "major")]
    assert said(run(line("codeine", mg=30, days=3))) == []
    assert said(run(line("codeine", mg=30))) == []


def test_a_combination_without_shares_is_unclear_only_when_it_could_matter():
    assert run(line("Co-Renitec", mg=32)).not_checked == ()
    notes = run(line("Co-Renitec", mg=60)).not_checked
    assert [(note.kind, note.needs_judgement) for note in notes] == [("dose", False)]


def test_a_local_dose_is_not_summed():
    assert said(run(line("paracetamol", mg=9000, route="topical"))) == []


# --- what is not checked


@pytest.mark.parametrize("ordered", [True, False])
def test_an_unknown_medicine_is_said_whether_ordered_or_current(ordered):
    known, unknown = line("paracetamol", mg=500), line("remède du marché", line_id="u")
    result = run(*((unknown, known) if ordered else (known, unknown)))
    assert [(note.kind, note.needs_judgement) for note in result.not_checked] == [
        ("medicine", True)
    ]


def test_an_atc_code_never_speaks_for_a_name():
    result = run(line("remède du marché", atc="N02BE01"), allergies=allergies("paracétamol"))
    assert result.findings == ()
    assert [note.kind for note in result.not_checked] == ["medicine"]
    named = run(line("ibuprofen", atc="N02BE01"), allergies=allergies("paracétamol"))
    assert (named.findings, named.not_checked) == ((), ())


@pytest.mark.parametrize(
    "facts", [{"conditions": conditions("zzz")}, {"allergies": allergies("zzz")}]
)
def test_an_unknown_fact_is_said(facts):
    notes = run(line("quinine"), **facts).not_checked
    assert [note.needs_judgement for note in notes] == [True]


def test_a_code_decides_beside_words_nobody_knows():
    facts = (Condition("zzz", "I10", "active", "c"),)
    assert run(line("quinine"), conditions=facts).not_checked == ()


def test_a_malformed_code_without_words_is_said():
    facts = (Condition("", "??", "active", "c"),)
    assert [note.kind for note in run(line("quinine"), conditions=facts).not_checked] == [
        "condition"
    ]


def test_without_knowledge_nothing_is_clear():
    for knowledge in (None, Knowledge(compile_small(substances__all="[]")[0])):
        result = check(knowledge, Patient(**MAN), (line("paracetamol"),))
        assert [(note.kind, note.needs_judgement) for note in result.not_checked] == [
            ("knowledge", True)
        ]


def test_a_rule_that_raises_is_said_and_hides_nothing(monkeypatch):
    index, _ = compile_small()
    broken = Knowledge(index)
    for rule in broken.rules:
        if rule["id"] == "renal.metformin.30":
            rule["expr"] = ["nonsense"]
    patient = Patient(**MAN, conditions=conditions("Z83.3"))
    result = check(broken, patient, (line("metformin"),))
    assert ("condition.metformin.family", "minor") in said(result)
    assert [(note.kind, note.about, note.needs_judgement) for note in result.not_checked] == [
        ("rule", "renal.metformin.30", True)
    ]


def test_a_failure_of_the_engine_itself_is_not_clear(monkeypatch):
    monkeypatch.setattr("pharmacy.safety.engine.raw_findings", lambda *_: 1 / 0)
    result = run(line("paracetamol"))
    assert [(note.kind, note.needs_judgement) for note in result.not_checked] == [("rule", True)]


def test_the_result_of_one_line():
    lines = [line("sérum glucosé", line_id="g", route="iv"), line("zzz", line_id="z")]
    result = run(lines, conditions=conditions("E11"))
    assert [finding.line_id for finding in result.for_line("g").findings] == ["g"]
    assert result.for_line("g").not_checked == ()
    assert len(result.for_line("z").not_checked) == 1
