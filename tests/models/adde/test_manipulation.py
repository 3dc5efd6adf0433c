"""The losses of stage 3 as the manipulator puts them together; test_public_step.py checks them by public numbers."""

from dataclasses import asdict, replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from adde_lite.attributes import AttributeSchema
from adde_lite.errors import InputError
from adde_lite.losses import LossWeights, label_triplet, memory_block
from adde_lite.models.adde import (
    AttributeEncoder,
    AttributeManipulator,
    EncoderRecipe,
    ManipulationRecipe,
    PrototypeMemory,
)
from adde_lite.training import seeded

SCHEMA, D, B = AttributeSchema.of({"colour": ["red", "green", "blue"], "bar": ["upright", "level"]}), 5, 4
SMALL = EncoderRecipe(widths=(4, 4, 4, 8), hidden=6, d=D)
EACH_ONCE = LossWeights(1.0, 1.0, 1.0, 1.0, 1.0)
# Queries, positives with one value changed, negatives: rows 0 and 1 share theirs, so that the label triplet has pairs.
QUERIES = [[0, 0], [0, 0], [1, 1], [2, 0]]
POSITIVES = [[1, 0], [1, 0], [1, 0], [2, 1]]
NEGATIVES = [[2, 1], [2, 1], [0, 0], [0, 0]]
LABELS = torch.tensor(QUERIES + POSITIVES + NEGATIVES)


def model_of(recipe=None):
    """A small encoder in evaluation mode and a random memory, the same for every recipe."""
    build = lambda: AttributeManipulator(AttributeEncoder(SCHEMA, SMALL), PrototypeMemory(SCHEMA, D), recipe)  # noqa: E731
    return seeded(build, 0).eval()


def embeddings_of(seed=0):
    return torch.randn(3 * B, SCHEMA.A, D, generator=torch.Generator().manual_seed(seed)).requires_grad_()


def terms_of(model, embeddings, labels=LABELS):
    hot = model.memory.one_hot(labels)
    return model.terms(embeddings, labels, hot, hot[B : 2 * B] - hot[:B])


def gradient(term, embeddings):
    (found,) = torch.autograd.grad(term, embeddings, retain_graph=True, materialize_grads=True)
    return found.chunk(3)


def test_loss_of_images_asks_for_what_the_positives_show_and_the_queries_do_not():
    model, images = model_of(), torch.rand(3 * B, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    terms, expected = model.loss(images, LABELS), terms_of(model, model.encoder(images))
    assert list(terms) == list(expected) == ["classification", "consistency", "compositional", "label", "memory"]
    for name, term in terms.items():
        torch.testing.assert_close(term, expected[name])
    turned = model.loss(images, LABELS[[*range(B, 2 * B), *range(B), *range(2 * B, 3 * B)]])
    assert not torch.isclose(turned["compositional"], terms["compositional"])


def test_a_batch_that_holds_no_triplets_is_refused():
    with pytest.raises(InputError, match=r"batch: given 8 images, expected triplets"):
        model_of().loss(torch.rand(8, 3, 32, 32), LABELS[:8])


def test_weights_multiply_the_terms_and_zero_leaves_one_out():
    embeddings = embeddings_of()
    unweighted = terms_of(model_of(ManipulationRecipe(EACH_ONCE)), embeddings)
    for name in unweighted:
        tripled = terms_of(model_of(ManipulationRecipe(replace(EACH_ONCE, **{name: 3.0}))), embeddings)
        torch.testing.assert_close(tripled[name], 3 * unweighted[name])
        without = terms_of(model_of(ManipulationRecipe(replace(EACH_ONCE, **{name: 0.0}))), embeddings)
        assert without == {other: term for other, term in unweighted.items() if other != name}
    paper = terms_of(model_of(), embeddings)
    for name, weight in asdict(LossWeights()).items():
        torch.testing.assert_close(paper[name], weight * unweighted[name])


def test_image_of_the_positive_is_in_classification_and_compositional_triplet_alone():
    """The label triplet compares the edited query under the positive's labels, and so does the consistency."""
    embeddings = embeddings_of()
    terms = terms_of(model_of(), embeddings)
    for name, sees in (("classification", True), ("compositional", True), ("label", False), ("consistency", False)):
        query, positive, negative = gradient(terms[name], embeddings)
        assert bool(positive.any()) == sees, name
        assert query.any(), name
        assert negative.any(), name


def test_every_term_teaches_the_memory():
    model = model_of()
    for term in terms_of(model, embeddings_of()).values():
        (found,) = torch.autograd.grad(term, model.memory.weight, retain_graph=True)
        assert found.any()


def test_memory_term_is_what_lies_outside_the_blocks():
    model = model_of()
    torch.testing.assert_close(terms_of(model, embeddings_of())["memory"], 0.4 * memory_block(model.memory))


@given(seed=st.integers(0, 10_000), scale=st.sampled_from((0.1, 10.0)))
@settings(max_examples=20)
def test_triplets_see_directions_and_the_consistency_sees_lengths(seed, scale):
    model, embeddings = model_of(), embeddings_of(seed)
    plain = terms_of(model, embeddings)
    model.memory.weight.data *= scale
    scaled = terms_of(model, scale * embeddings)
    torch.testing.assert_close(scaled["compositional"], plain["compositional"], rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(scaled["label"], plain["label"], rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(scaled["consistency"], scale * plain["consistency"], rtol=1e-4, atol=1e-5)


def test_subspace_of_a_missing_label_is_left_alone_where_the_public_way_drags_it_to_zero():
    labels, embeddings = LABELS.clone(), embeddings_of()
    labels[[0, 2 * B + 1], 1] = -1
    for missing, drags in (("mask", False), ("class", True)):
        terms = terms_of(model_of(ManipulationRecipe(missing=missing)), embeddings, labels)
        query, _, negative = gradient(terms["consistency"], embeddings)
        assert negative[1, 1].any() == drags
        assert query[0, 0].any()
        # The edited query still says the bar of the positive, through M i; |M v_q - r_q| alone is left out.
        alone = model_of(ManipulationRecipe(missing=missing))
        alone.memory.weight.data.zero_()
        query, _, _ = gradient(terms_of(alone, embeddings, labels)["consistency"], embeddings)
        count = (B * SCHEMA.A - 1 if missing == "mask" else B * SCHEMA.A) * D
        both = 1 / (B * SCHEMA.A * D) + (1 / count if drags else 0)
        torch.testing.assert_close(query[0, 1].abs(), torch.full((D,), both))


@pytest.mark.parametrize(("rows", "first"), [("mask", 2), ("class", 0)])
def test_rows_with_a_missing_label_are_in_the_label_triplet_only_when_asked_for(rows, first):
    labels, embeddings, model = LABELS.clone(), embeddings_of(), model_of(ManipulationRecipe(rows=rows))
    labels[:2, 1] = -1
    hot = model.memory.one_hot(labels)
    (r_q, _, r_n), (of_q, of_p, of_n) = embeddings.chunk(3), labels.chunk(3)
    edited = r_q + model.memory(hot[B : 2 * B] - hot[:B])
    compared = nn.functional.normalize(torch.cat([r_q[first:], edited, r_n]).flatten(1))
    expected = label_triplet(compared, torch.cat([of_q[first:], of_p, of_n]), 0.5, "class")
    torch.testing.assert_close(terms_of(model, embeddings, labels)["label"], expected)


def test_batch_without_any_label_is_finite_and_teaches_nothing_but_the_compositional_triplet():
    embeddings = embeddings_of()
    terms = terms_of(model_of(), embeddings, torch.full_like(LABELS, -1))
    assert terms["classification"] == terms["consistency"] == terms["label"] == 0
    assert all(part.isfinite().all() for part in gradient(torch.stack(list(terms.values())).sum(), embeddings))


def test_margin_of_both_triplets_grows_with_the_epochs():
    model, alike = model_of(ManipulationRecipe(EACH_ONCE)), torch.ones(3 * B, SCHEMA.A, D)
    model.memory.weight.data.zero_()
    for epoch, margin in ((0, 0.5), (9, 0.5), (10, 0.6), (29, 0.7)):
        model.begin_epoch(epoch)
        terms = terms_of(model, alike)
        assert float(terms["compositional"].detach()) == pytest.approx(margin, abs=1e-5)
        assert float(terms["label"].detach()) == pytest.approx(margin, abs=1e-5)


@pytest.mark.parametrize("rate", [None, 1e-5])
def test_every_parameter_is_in_one_group_and_only_the_encoder_has_a_rate_of_its_own(rate):
    model = model_of(ManipulationRecipe(rate=rate))
    *encoder, memory = model.parameter_groups(0.1)
    grouped = [id(parameter) for group in (*encoder, memory) for parameter in group["params"]]
    assert sorted(grouped) == sorted(map(id, model.parameters()))
    assert memory == {"params": [model.memory.weight], "weight_decay": 0.0}
    assert [group.get("lr") for group in encoder] == [rate, rate]


def test_recipe_is_the_encoders_and_its_own():
    model = model_of(ManipulationRecipe(missing="class"))
    assert (model.recipe.encoder, model.recipe.manipulation.missing) == (SMALL, "class")
    assert model_of().recipe.manipulation == ManipulationRecipe()
