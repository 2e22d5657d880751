"""The published counts are attacked: by subtraction, by linear programming, and by knowing the rule."""

import itertools
import random
from collections import defaultdict

import pytest

from surveillance.rules.answers import Cell, NotPublishedError, split_for, summed
from surveillance.rules.suppression import Leaf, hidden, publish, publish_events
from surveillance.tests import attack

pytestmark = pytest.mark.no_servers
DATASETS = 200


def test_the_linear_programme_gains_nothing_from_200_random_datasets():
    gains, attacked = [], 0
    for seed in range(DATASETS):
        leaves, tables = attack.made(seed)
        attacked += len(attack.bounds(tables))
        gains += attack.broken(leaves, tables)
    assert gains == []
    assert attacked > 1000  # there was something to attack


def test_the_same_attack_breaks_primary_suppression():
    broken = exact = 0
    for seed in range(40):
        leaves, tables = attack.made(seed, hide=attack.primary_only)
        gains = attack.broken(leaves, tables)
        broken += bool(gains)
        exact += any(low == high for low, high in attack.bounds(tables).values())
    assert broken > 25
    assert exact > 15  # values are not only narrowed down but known


def test_subtracting_answers_yields_nothing_but_published_counts():
    for seed in range(DATASETS):
        dice = random.Random(seed)
        weeks = {
            f"2026-W{n:02d}": attack.stored(
                f"2026-W{n:02d}", "malaria", attack.made(seed * 10 + n)[1]
            )
            for n in range(1, 6)
        }
        for kind, by, week, key, left in attack.differences(weeks, dice):
            shown = attack.answer(weeks, [week], kind, by).get(key)
            assert left == (shown or 0), (seed, kind, key)


def test_taking_published_parts_from_their_total_leaves_at_least_two_unknown():
    for seed in range(DATASETS):
        _, tables = attack.made(seed)
        for total, parts in attack.families(tables):
            unknown = [name for name, n in parts if n is None]
            left = total - sum(n for _, n in parts if n is not None)
            assert not unknown or (len(unknown) >= 2 and left >= attack.THRESHOLD)
            assert unknown or left == 0


def compositions(total: int, parts: int):
    if parts == 1:
        yield (total,)
        return
    for first in range(total + 1):
        for rest in compositions(total - first, parts - 1):
            yield (first, *rest)


@pytest.mark.parametrize(("parts", "most"), [(2, 16), (3, 14), (4, 11)])
def test_who_knows_the_rule_but_not_the_order_still_finds_every_small_value_possible(parts, most):
    """All tables with a total, all orders: what looks the same from outside must leave 1 to 4 open."""
    names = "abcd"[:parts]
    for total in range(5, most + 1):
        seen = defaultdict(lambda: defaultdict(set))
        for counts in compositions(total, parts):
            true = dict(zip(names, counts, strict=True))
            for order in itertools.permutations(names):
                out = hidden(true, 5, order.index)
                look = tuple(None if name in out else true[name] for name in names)
                for name in out:
                    seen[look][name].add(true[name])
        for look, values in seen.items():
            for name, possible in values.items():
                if possible & {1, 2, 3, 4}:
                    assert possible >= {1, 2, 3, 4}, (total, look, name, possible)


@pytest.mark.parametrize(
    ("parts", "out"),
    [
        ({"a": 5, "b": 0}, set()),  # zero is nobody
        ({"a": 9, "b": 6}, set()),
        ({"a": 8, "b": 3}, {"a", "b"}),  # the other part goes too
        ({"a": 4, "b": 4, "c": 30}, {"a", "b"}),  # two small ones hide each other
        ({"a": 1, "b": 1, "c": 30}, {"a", "b", "c"}),  # two ones would be known to be ones
        ({"a": 4, "b": 1, "c": 0}, {"a", "b", "c"}),  # too few persons: the zero goes too
    ],
)
def test_parts_withheld(parts, out):
    assert hidden(parts, 5, str) == out


def test_nothing_is_shown_below_a_withheld_count():
    members = {
        name: {"age": ["0", "1-4"], "sex": ["F", "M"], "facility": [f"{name}1"]} for name in "de"
    }
    leaves = [Leaf("d", "d1", "0", "F", 4), Leaf("e", "e1", "0", "F", 40)]
    tables = publish(leaves, members, threshold=5, order=str)
    assert tables.total == 44
    assert tables.district == {("d", ""): None, ("e", ""): None}
    for kind in ("age", "sex", "facility"):
        assert set(getattr(tables, kind).values()) == {None}
    assert publish(leaves[:1], members, threshold=5, order=str).total is None


def test_events_have_no_totals_so_small_ones_alone_are_withheld():
    assert publish_events({"d": 4, "e": 5, "f": 0}, threshold=5) == {"d": None, "e": 5, "f": 0}


def test_a_sum_says_what_it_leaves_out():
    cells = [
        Cell("2026-W01", "malaria", "d", "", 7),
        Cell("2026-W02", "malaria", "d", "", None),
        Cell("2026-W01", "measles", "d", "", None),
    ]
    rows = [(dict(row.keys), row.count, row.withheld) for row in summed(cells, ["diagnosis"])]
    assert rows == [({"diagnosis": "malaria"}, 7, 1), ({"diagnosis": "measles"}, None, 1)]


@pytest.mark.parametrize(
    ("by", "split"),
    [
        (["week", "diagnosis"], "total"), (["week", "district"], "district"), (["district", "ageBand"], "age"),
        (["sex"], "sex"), (["facility", "week"], "facility"), (["event"], "event"),
    ],
)  # fmt: skip
def test_each_question_has_its_split(by, split):
    assert split_for(by) == split


@pytest.mark.parametrize(
    ("by", "code"),
    [
        (["ageBand", "sex"], "one-split"), (["name"], "unknown"), (["event", "sex"], "measure"),
        (["diagnosis", "event"], "measure"),
    ],
)  # fmt: skip
def test_breakdowns_that_are_not_published_are_refused(by, code):
    with pytest.raises(NotPublishedError) as refused:
        split_for(by)
    assert refused.value.code == code
