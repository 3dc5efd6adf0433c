"""Labels of the Wardrobe: what applies, what depends on what, products and their versions."""

import itertools
import math
from collections import Counter

import pytest

from adde_lite.data.wardrobe import WARDROBE
from adde_lite.data.wardrobe.sampling import MOST_VARIANTS, label_row
from adde_lite.data.wardrobe.schema import HAS

NAMES = WARDROBE.names


def rows(n, *, correlation=0.0, variants=1, seed=0):
    return [label_row(index, seed, correlation, variants) for index in range(n)]


def dependence(table, a, b):
    """Mutual information in nats of two label columns where both are shown, above what chance alone gives."""
    pairs = [(row[a], row[b]) for row in table if row[a] >= 0 and row[b] >= 0]
    if not pairs:
        return None
    joint, left, right = Counter(pairs), Counter(p for p, _ in pairs), Counter(q for _, q in pairs)
    total = len(pairs)
    information = sum(c / total * math.log(c * total / (left[p] * right[q])) for (p, q), c in joint.items())
    freedom = (len(left) - 1) * (len(right) - 1)
    return information, freedom / (2 * total), math.sqrt(2 * freedom) / (2 * total)


def test_the_schema_is_as_large_as_the_course_needs():
    assert WARDROBE.A >= 12
    assert 70 <= WARDROBE.J <= 85
    assert 12 <= len(WARDROBE.options("category")) <= 14


def test_labels_are_missing_exactly_where_nothing_is_drawn():
    seen = set()
    for row in rows(3000):
        garment = dict(zip(NAMES, row, strict=True))
        category = WARDROBE.options("category")[garment["category"]]
        plain, bare = WARDROBE.code("pattern", "plain"), WARDROBE.code("trim", "none")
        for name, code in garment.items():
            shown = category in HAS[name]
            if name == "second colour":
                shown = not (garment["pattern"] == plain and garment["trim"] == bare)
            assert (code >= 0) == shown, (category, name)
            seen.add((name, code))
    assert len(seen - {(name, -1) for name in NAMES}) == WARDROBE.J


def test_no_value_is_more_frequent_than_half():
    table = rows(3000)
    for a, name in enumerate(NAMES):
        counts = Counter(row[a] for row in table if row[a] >= 0)
        assert max(counts.values()) <= 0.5 * counts.total(), name


def test_without_correlation_attributes_are_independent_where_both_apply():
    table = rows(6000)
    tested = 0
    for a, b in itertools.combinations(range(WARDROBE.A), 2):
        found = dependence(table, a, b)
        if found:
            information, chance, spread = found
            assert information < chance + 5 * spread, (NAMES[a], NAMES[b])
            tested += 1
    assert tested >= 70


def test_correlation_makes_attributes_depend_on_one_another_and_some_values_rare():
    means, rare = [], []
    for correlation in (0.0, 0.5, 1.0):
        table = rows(3000, correlation=correlation)
        pairs = [dependence(table, a, b) for a, b in itertools.combinations(range(WARDROBE.A), 2)]
        excess = [found[0] - found[1] for found in pairs if found]
        means.append(sum(excess) / len(excess))
        colours = Counter(row[NAMES.index("colour")] for row in table)
        rare.append(min(colours[code] for code in range(10)) / max(colours.values()))
    assert abs(means[0]) < 0.004
    assert means[0] + 0.004 < means[1]
    assert means[1] + 0.05 < means[2]
    assert rare[0] > 0.7
    assert rare[2] < 0.3


def test_versions_differ_from_their_product_in_exactly_one_attribute_each():
    table = rows(60 * MOST_VARIANTS, variants=MOST_VARIANTS)
    changed = set()
    for start in range(0, len(table), MOST_VARIANTS):
        product, *versions = table[start : start + MOST_VARIANTS]
        assert len({product, *versions}) == MOST_VARIANTS
        for version in versions:
            where = [a for a in range(WARDROBE.A) if product[a] != version[a]]
            assert len(where) == 1
            assert product[where[0]] >= 0 and version[where[0]] >= 0
            changed.add(NAMES[where[0]])
    assert changed == set(NAMES) - {"category"}


def test_an_edit_finds_its_exact_answer_and_near_misses_one_attribute_away():
    table = rows(200, variants=4)
    for start in range(0, len(table), 4):
        query, answer = table[start], table[start + 1]
        others = [row for k, row in enumerate(table) if k != start]
        assert answer in others
        away = [sum(x != y for x, y in zip(row, answer, strict=True)) for row in others]
        assert away.count(0) >= 1
        assert sum(x != y for x, y in zip(query, answer, strict=True)) == 1
        assert sum(1 <= distance <= 2 for distance in away) >= 2


def test_products_do_not_depend_on_how_many_versions_there_are():
    assert rows(20) == rows(60, variants=3)[::3]


@pytest.mark.parametrize("correlation", [0.0, 1.0])
def test_rows_depend_on_the_seed_and_the_index_alone(correlation):
    assert rows(30, correlation=correlation)[7] == label_row(7, 0, correlation, 1)
    assert rows(30, correlation=correlation) != rows(30, correlation=correlation, seed=1)
