"""The compilation of the knowledge: mistakes are named, the written index is the fresh one."""

import json

import pytest

from pharmacy.safety.compile import INDEX, compile_knowledge, content_hash, dump

from .engine_small import RULES, SUBSTANCES, compile_small

GOOD_RULE = """
- id: condition.test.rule
  kind: condition
  drugs: [glucose]
  when: {condition: [diabetes]}
  severity: major
  fr: "Une phrase en français."
  en: "A sentence in English."
  evidence: policy
  source: {title: Test, section: "to verify"}
  fires: [{drug: glucose}]
  quiet: [{drug: paracetamol}]
"""


def problems(**changes):
    return [str(problem) for problem in compile_small(**changes)[1].problems]


def test_the_small_knowledge_has_no_problem():
    assert problems() == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[glucose]", "[glucoze]", "unknown drug or class 'glucoze'"),
        ("[glucose]", '["class:nothing"]', "unknown drug or class 'class:nothing'"),
        ("[glucose]", '["atc:Z99"]', "names no substance: atc:Z99"),
        ("[diabetes]", "[diabetis]", "unknown condition group 'diabetis'"),
        ("[diabetes]", "[E14-E10]", "ends before it begins"),
        ("condition: [diabetes]", 'age: "<12 moons"', "age '12 moons'"),
        ("condition: [diabetes]", 'lab: {pottasium: ">5"}', "unknown measurement 'pottasium'"),
        ("condition: [diabetes]", "lab: {hla_b_5701: maybe}", "never 'maybe'"),
        ("condition: [diabetes]", "conditoin: [diabetes]", "'conditoin' was unexpected"),
        ("severity: major", "severity: serious", "'serious' is not one of"),
        ("Une phrase", "Une {phrase}", "only {drug} and {fact} are replaced"),
        ("  fires: [{drug: glucose}]\n", "", "'fires' is a required property"),
        ('  en: "A sentence in English."\n', "", "'en' is a required property"),
        ("evidence: policy", "evidence: policy\n  instead: [nectar]", "unknown substance 'nectar'"),
        ("condition.test.rule", "condition.any", "stands already in"),
    ],
)
def test_a_mistake_in_a_rule_is_named_with_its_file_and_id(old, new, said):
    found = problems(rules__more=GOOD_RULE.replace(old, new))
    assert any(said in problem for problem in found), found
    assert all(problem.startswith("rules/") for problem in found)


def test_a_mistake_does_not_stop_the_other_rules():
    index, sources = compile_small(rules__more="- {id: half-a-rule}")
    assert len(sources.problems) > 0
    assert len(index["rules"]) == len(RULES)


def test_a_file_that_is_not_yaml_is_named():
    assert any("rules/more.yaml" in problem for problem in problems(rules__more="- {id: ["))


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("- {id: nectar, fr: Doliprane}", "'Doliprane' belongs to 'paracetamol' already"),
        ("- {id: glucose, fr: sucre}", "stands already in"),
        ("- {id: a/b, fr: ab, components: {glucose: 1, nothing: 1}}", "component 'nothing'"),
        ("- {id: nectar, fr: nectar, atc: [XX]}", "does not match"),
    ],
)
def test_a_mistake_in_a_substance_is_named(entry, said):
    assert any(said in problem for problem in problems(substances__more=entry))


def test_a_class_that_contains_itself_is_named():
    entry = '- {id: loop, fr: a, en: a, members: ["class:loop"]}'
    assert any("contains itself" in problem for problem in problems(classes__more=entry))


def test_two_codes_may_not_claim_one_name():
    entry = "- {code: E15, fr: asthme, en: something}"
    assert any("belongs to" in problem for problem in problems(conditions__more=entry))


def test_the_index_does_not_depend_on_the_order_of_entries():
    turned = "\n".join(reversed(SUBSTANCES.strip().splitlines()))
    assert dump(compile_small(substances__all=turned)[0]) == dump(compile_small()[0])


def test_the_hash_covers_the_content():
    index = compile_small()[0]
    changed = compile_small(rules__more=GOOD_RULE)[0]
    assert index["hash"] == content_hash(index)
    assert index["hash"] != changed["hash"]


def test_the_written_index_is_what_the_files_say():
    index, sources = compile_knowledge()
    assert [str(problem) for problem in sources.problems] == []
    assert INDEX.read_text(encoding="utf8") == dump(index) + "\n"


def test_the_index_holds_integers_only_so_that_two_interpreters_agree():
    def walk(value):
        assert not isinstance(value, float), value
        if isinstance(value, dict):
            value = list(value.values())
        if isinstance(value, list):
            for inner in value:
                walk(inner)

    walk(json.loads(dump(compile_small()[0])))
