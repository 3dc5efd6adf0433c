from adde_lite.data.wardrobe import drawing, fabric
from adde_lite.data.wardrobe.identity import SAMPLED, drawing_digest, wardrobe_facts
from adde_lite.data.wardrobe.sampling import label_row
from adde_lite.data.wardrobe.schema import WARDROBE


def test_digest_changes_when_a_pattern_is_drawn_otherwise(monkeypatch):
    before = drawing_digest()
    drawing_digest.cache_clear()
    assert drawing_digest() == before
    drawn = fabric.fabric
    monkeypatch.setattr(drawing, "fabric", lambda *arguments: drawn(*arguments).replace(">", " >"))
    drawing_digest.cache_clear()
    assert drawing_digest() != before
    monkeypatch.undo()
    drawing_digest.cache_clear()


def test_sampled_garments_show_every_value():
    rows = [label_row(index, 0, 0.0, 1) for index in range(SAMPLED)]
    for a, size in enumerate(WARDROBE.sizes):
        assert {row[a] for row in rows} >= set(range(size))


def test_facts_tell_arguments_apart():
    assert wardrobe_facts(n=10, seed=0) != wardrobe_facts(n=10, seed=1)
