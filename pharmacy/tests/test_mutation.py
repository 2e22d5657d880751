"""No change of a rule that a case once noticed goes unnoticed today."""

from pharmacy.safety.mutate import (
    PEOPLE,
    Change,
    dump_survivors,
    load_survivors,
    new_survivors,
    run,
    survivors,
)

LEAST = 0.98


def test_nothing_survives_that_was_noticed_when_it_was_recorded():
    changes = run([], by=PEOPLE)
    assert new_survivors(load_survivors(), survivors(changes)) == []
    noticed = sum(change.seen(*PEOPLE) for change in changes)
    assert noticed / len(changes) >= LEAST


def made(rule, what, noticed_by):
    return Change(rule, what, noticed_by, f"{rule}: {what}")


def test_only_what_nobody_wrote_about_survives():
    changes = [
        made("a", "threshold widened", "written"),
        made("a", "threshold widened", ""),
        made("a", "severity lowered", "settled"),
        made("b", "rule deleted", "frozen"),
        made("c", "rule deleted", "written"),
    ]
    found = survivors(changes)
    assert found == {"a": ["threshold widened 2"], "b": ["rule deleted 1"], "c": []}


def test_the_file_says_what_was_recorded(tmp_path):
    path = tmp_path / "survivors.txt"
    found = {"a": ["threshold widened 2", "rule deleted 1"], "b": []}
    path.write_text(dump_survivors(found), encoding="utf8")
    assert load_survivors(path) == found


def test_a_new_survivor_is_named_and_a_new_rule_is_not_asked():
    recorded = {"a": ["rule deleted 1"], "b": []}
    today = {"a": ["rule deleted 1"], "b": ["severity lowered 1"], "c": ["severity lowered 1"]}
    assert new_survivors(recorded, today) == ["b: severity lowered 1"]
