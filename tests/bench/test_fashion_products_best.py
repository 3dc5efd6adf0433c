from dataclasses import replace

import numpy as np
import pytest
import torch

from adde_lite.attributes import AttributeSchema
from adde_lite.augmentation import NOTHING
from adde_lite.data.images import AttributeImages
from adde_lite.models.adde import EncoderRecipe
from adde_lite.recipes import Recipe
from adde_lite.retrieval.evaluation import Encoded
from adde_lite.sampling import edit_queries
from adde_lite.training import TrainingRecipe
from bench import fashion_products_best as best
from bench.fashion_products import Shop

SCHEMA = AttributeSchema.of({"colour": ["red", "blue", "green"], "place": ["left", "right"]})
BRIEF = Recipe(
    EncoderRecipe(widths=(4, 4, 4, 8), hidden=8, d=4),
    TrainingRecipe(epochs=3, batch_size=16, bf16=False, augmentation=NOTHING),
)


def photos(count: int, seed: int) -> AttributeImages:
    """A square of one colour on the left or on the right; each two photos are duplicates of each other."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.stack([torch.randint(size, (count,), generator=generator) for size in SCHEMA.sizes], dim=1)
    images = torch.randint(60, (count, 3, 16, 16), generator=generator, dtype=torch.uint8)
    for image, (colour, place) in zip(images, labels.tolist(), strict=True):
        image[colour, 4:12, 8 * place : 8 * place + 8] += 180
    ids = tuple(f"{seed}-{row}" for row in range(count))
    return AttributeImages(images, labels, SCHEMA, ids, {"dup_group": np.arange(count) // 2})


@pytest.fixture(scope="module")
def shop():
    gallery, references = photos(40, 1), photos(12, 2)
    return Shop(photos(96, 0), gallery, references, edit_queries(references.labels, gallery.labels, SCHEMA))


def test_duplicates_are_kept_aside_together_and_every_part_has_photos(shop):
    parts = best.part_of(shop.training).view(-1, 2)
    assert torch.equal(parts[:, 0], parts[:, 1])
    assert set(parts.flatten().tolist()) == set(range(best.PARTS))


def test_an_encoder_never_sees_the_part_that_its_weight_is_chosen_on(shop, monkeypatch):
    seen = []
    monkeypatch.setattr(best, "train", lambda encoder, data, *_, **__: seen.extend(data.ids))
    made = best.member(shop.training, 1, BRIEF, 0)
    kept = {name for name, part in zip(shop.training.ids, best.part_of(shop.training), strict=True) if part == 1}
    assert len(made.kept.gallery.labels) == len(kept)
    assert set(seen) == set(shop.training.ids) - kept


def test_the_weight_is_the_one_that_finds_most_on_the_photos_kept_aside(shop, monkeypatch):
    members = [best.member(shop.training, part, BRIEF, part) for part in range(2)]
    exact = {}

    def found_at(row, stage, queries, weight, k, *, exclude_self):
        """The right answer for the queries that a weight of 3 would find, others none."""
        assert exclude_self
        assert k == 1
        right = (stage.gallery.labels == queries.target[:, None]).all(2).float().argmax(1, keepdim=True)
        exact[weight] = right
        return right if weight == 3 else queries.reference[:, None]

    monkeypatch.setattr(best, "weighted_search", found_at)
    assert best.chosen_weight("embedding", members) == 3
    assert set(exact) == set(best.WEIGHTS)


def test_both_encoders_say_as_much_in_every_block():
    one, other = (
        Encoded(torch.rand(5, 2, 3) * scale, torch.full((5, 4), share), torch.zeros(5, 2, dtype=torch.int64))
        for scale, share in ((1.0, 0.2), (50.0, 0.6))
    )
    made = best.both([one, other])
    assert made.embeddings.shape == (5, 2, 6)
    torch.testing.assert_close(made.embeddings[..., :3].flatten(1).norm(dim=1), torch.ones(5))
    torch.testing.assert_close(made.embeddings[..., 3:].flatten(1).norm(dim=1), torch.ones(5))
    torch.testing.assert_close(made.probabilities, torch.full((5, 4), 0.4))


def test_figure_sets_the_weighted_embedding_beside_all_other_rows(shop):
    made = best.trained_and_asked(shop, BRIEF, seed=0)
    assert set(made.rows) == {*best.SHORT, "embedding, weighted", "classifier_probability, weighted"}
    assert made.rows["label_oracle"]["top_1"] == 1
    assert made.value == made.rows["embedding, weighted"]["top_1"]
    assert made.baseline == made.rows["classifier_probability, weighted"]["top_1"]
    assert made.rows["embedding"]["top_1"] > made.rows["chance"]["top_1"]
    assert made.facts["attribute_accuracy"] > 0.6
    assert set(made.facts["weights"]) == set(best.WEIGHED)
    again = best.trained_and_asked(replace(shop, queries=shop.queries.subset(slice(3))), BRIEF, seed=0)
    assert again.facts["weights"] == made.facts["weights"]  # what is asked chooses nothing
