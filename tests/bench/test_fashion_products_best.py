from dataclasses import replace

import numpy as np
import pytest
import torch

from adde_lite.attributes import AttributeSchema
from adde_lite.augmentation import NOTHING
from adde_lite.data.images import AttributeImages
from adde_lite.models.adde import AttributeEncoder, EncoderRecipe
from adde_lite.recipes import Recipe
from adde_lite.sampling import edit_queries
from adde_lite.training import TrainingRecipe, seeded
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


def test_the_choice_is_the_one_that_finds_most_on_the_photos_kept_aside(shop, monkeypatch):
    members = [best.member(shop.training, part, BRIEF, part) for part in range(2)]
    tried = set()

    def found_by(row, stage, queries, choice, k, *, exclude_self):
        """The right answers by one choice, the reference itself, which is wrong, by all others."""
        assert exclude_self
        tried.add((choice.weight, choice.share))
        right = (stage.gallery.labels == queries.target[:, None]).all(2).float().argmax(1, keepdim=True)
        return right if choice == best.Choice(1.5, 2.0) else queries.reference[:, None]

    monkeypatch.setattr(best, "found_by", found_by)
    assert best.chosen("embedding", members, (0.5, 2.0)) == best.Choice(1.5, 2.0)
    assert tried == {(weight, share) for weight in best.WEIGHTS for share in (0.5, 2.0)}


def test_both_encoders_say_as_much_in_an_embedding_of_length_one(shop):
    encoders = [seeded(lambda: AttributeEncoder(SCHEMA, BRIEF.model), seed) for seed in (0, 1)]
    with torch.no_grad():
        encoders[1].heads.second.mul_(50)
    made = best.seen_by(encoders, shop.gallery)
    halves = made.embeddings[..., :4].flatten(1), made.embeddings[..., 4:].flatten(1)
    for half in halves:
        torch.testing.assert_close(half.norm(dim=1), torch.full((40,), 0.5**0.5))
    each = [encoder.predict(encoder.embed(shop.gallery.images)) for encoder in encoders]
    torch.testing.assert_close(made.probabilities, (each[0] + each[1]) / 2)


def test_probabilities_beside_an_embedding_have_the_length_of_their_share(shop):
    encoder = seeded(lambda: AttributeEncoder(SCHEMA, BRIEF.model), 0)
    stage = best.together([encoder], shop)
    longer = best.with_probabilities(stage, 2.0)
    added = longer.gallery.embeddings[..., 4:]
    torch.testing.assert_close(longer.gallery.embeddings[..., :4], stage.gallery.embeddings)
    torch.testing.assert_close(added.flatten(1).norm(dim=1), torch.full((40,), 2.0))
    # A prototype is the class mean, and beside it a classifier that is certain.
    torch.testing.assert_close(longer.memory.prototypes[:, :4], stage.memory.prototypes)
    assert longer.memory.prototypes[:, 4:].argmax(1).tolist() == [0, 1, 2, 0, 1]
    torch.testing.assert_close(longer.memory.prototypes[:, 4:].sum(1), torch.full((5,), 2.0 / 2**0.5))
    assert best.with_probabilities(stage, 0.0) is stage


def test_figure_sets_the_embedding_beside_all_other_rows(shop):
    made = best.trained_and_asked(shop, BRIEF, seed=0)
    assert set(made.rows) == {*best.SHORT, *best.CHOSEN}
    assert made.rows["label_oracle"]["top_1"] == 1
    assert made.value == made.rows[best.BEST]["top_1"]
    assert made.baseline == made.rows["classifier_probability, weighted"]["top_1"]
    assert made.rows["embedding"]["top_1"] > made.rows["chance"]["top_1"]
    assert made.facts["attribute_accuracy"] > 0.6
    again = best.trained_and_asked(replace(shop, queries=shop.queries.subset(slice(3))), BRIEF, seed=0)
    assert again.facts["chosen"] == made.facts["chosen"]  # what is asked chooses nothing
