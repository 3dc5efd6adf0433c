"""The models of conditional similarity: what each shares, what its losses are, what training makes of them."""

from dataclasses import replace

import pytest
import torch

from adde_lite.attributes import MISSING
from adde_lite.errors import InputError
from adde_lite.losses import conditional_triplet
from adde_lite.metrics.conditional import cross_accuracy
from adde_lite.models.conditional import (
    MaskedRecipe,
    MaskedSpace,
    OneSpace,
    OneSpaceRecipe,
    SeparateNets,
    SubspaceRecipe,
    Subspaces,
)
from adde_lite.models.conditional.csn import closed_share, disjoint_masks, mask_overlap
from adde_lite.sampling import conditional_triplets
from adde_lite.sampling.in_batch import batch_triplets
from adde_lite.training import TrainingRecipe, seeded, train
from tests.coloured_bars import SCHEMA

WIDTHS = (4, 4, 8, 8)
RECIPES = {
    OneSpace: OneSpaceRecipe(widths=WIDTHS, d=6),
    MaskedSpace: MaskedRecipe(widths=WIDTHS, d=6),
    Subspaces: SubspaceRecipe(widths=WIDTHS, hidden=8, d=6),
}
# Three triplets: of colour, of the bar, of colour again.
TOLD = torch.tensor([[0, -1], [-1, 1], [2, -1], [0, -1], [-1, 1], [2, -1], [1, -1], [-1, 0], [0, -1]])
PIXELS = torch.rand(9, 3, 32, 32, generator=torch.Generator().manual_seed(0))


def made(kind, seed=0, **changes):
    """A small untrained model in evaluation mode, so that the batch statistics stay out."""
    return seeded(lambda: kind(SCHEMA, replace(RECIPES[kind], **changes)), seed).eval()


@pytest.fixture(params=RECIPES)
def kind(request):
    return request.param


def test_an_image_gets_one_vector_a_condition(kind):
    model = made(kind)
    assert model(PIXELS).shape == (9, 2, 6)
    stored = (PIXELS * 255).byte()
    embedded = model.embed(stored)
    assert embedded.shape == (9, 2, 6)
    assert embedded.dtype == torch.float32
    torch.testing.assert_close(embedded, model.embed(stored.flip(3)), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(embedded[:2], model.embed(stored[:2]), rtol=1e-4, atol=1e-5)


def test_a_batch_that_holds_no_triplets_is_refused(kind):
    with pytest.raises(InputError, match=r"batch: given 8 images, expected triplets"):
        made(kind).loss(PIXELS[:8], TOLD[:8])


def test_vectors_have_length_one_where_the_recipe_says_so(kind):
    for embedded in (made(kind, normalised=True).embed((PIXELS * 255).byte()), made(kind, normalised=True)(PIXELS)):
        torch.testing.assert_close(embedded.norm(dim=2), torch.ones(9, 2))
    assert not torch.allclose(made(kind, normalised=False)(PIXELS).norm(dim=2), torch.ones(9, 2))


def test_the_triplet_term_is_the_conditional_loss_of_the_listed_triplets(kind):
    model = made(kind)
    rows, condition = torch.tensor([[0, 3, 6], [1, 4, 7], [2, 5, 8]]), torch.tensor([0, 1, 0])
    expected = conditional_triplet(model(PIXELS), rows, condition, 0.2)
    torch.testing.assert_close(model.loss(PIXELS, TOLD)["triplet"], expected)


def test_a_batch_of_images_is_trained_on_triplets_drawn_in_it(kind):
    model, labels = made(kind, examples="images"), torch.tensor([[0, 1], [0, 0], [1, 1], [1, 0], [2, -1]])
    torch.manual_seed(3)
    found = model.loss(PIXELS[:5], labels)["triplet"]
    torch.manual_seed(3)
    rows, condition = batch_triplets(labels, "images")
    torch.testing.assert_close(found, conditional_triplet(model(PIXELS[:5]), rows, condition, 0.2))
    assert len(rows) > 4


def test_embeddings_that_collapse_cost_the_margin(kind):
    model = made(kind)
    same = PIXELS[:1].expand(9, -1, -1, -1)
    assert model.loss(same, TOLD)["triplet"].item() == pytest.approx(0.2)


def test_a_batch_that_tells_nothing_costs_nothing_but_the_penalties(kind):
    terms = made(kind).loss(PIXELS, torch.full_like(TOLD, MISSING))
    assert terms["triplet"].item() == 0
    assert all(term.isfinite() for term in terms.values())


def test_the_plain_net_knows_no_conditions():
    blocks = made(OneSpace)(PIXELS)
    assert torch.equal(blocks[:, 0], blocks[:, 1])


def test_the_masked_space_is_one_vector_under_masks():
    model = made(MaskedSpace)
    space = model.features(PIXELS)
    torch.testing.assert_close(model(PIXELS), space[:, None] * model.beta.clamp(min=0))


def test_all_models_of_a_seed_begin_with_the_same_trunk():
    trunks = [made(kind).trunk.state_dict() for kind in RECIPES]
    assert all(torch.equal(trunks[0][name], other[name]) for other in trunks for name in trunks[0])


def test_the_embedding_penalty_is_the_root_mean_square_length_and_does_not_grow_with_the_batch():
    model = made(OneSpace, embedding_penalty=1.0)
    lengths = model.features(PIXELS).norm(dim=1)
    expected = lengths.square().mean().sqrt()
    torch.testing.assert_close(model.loss(PIXELS, TOLD)["embedding"], expected)
    twice = [part.repeat(2, *[1] * (part.ndim - 1)) for part in (PIXELS, TOLD)]
    torch.testing.assert_close(model.loss(*twice)["embedding"], expected)


def test_the_mask_penalty_counts_each_condition_as_often_as_it_is_asked():
    model = made(MaskedSpace, mask_penalty=1.0)
    sums = model.masks.sum(1)
    torch.testing.assert_close(model.loss(PIXELS, TOLD)["mask"], (2 * sums[0] + sums[1]) / 3)


def test_masks_begin_around_their_mean_and_have_no_gradient_where_they_are_closed():
    model = seeded(lambda: MaskedSpace(SCHEMA, replace(RECIPES[MaskedSpace], d=400)), 0).eval()
    assert model.beta.mean().item() == pytest.approx(0.9, abs=0.08)
    assert model.beta.std().item() == pytest.approx(0.7, abs=0.05)
    torch.stack(list(model.loss(PIXELS, TOLD).values())).sum().backward()
    closed = model.beta <= 0
    assert closed.any()
    assert not model.beta.grad[closed].any()
    assert model.beta.grad[~closed].all()
    assert (model.masks >= 0).all()


def test_fixed_masks_are_disjoint_equally_wide_and_not_learned():
    masks = disjoint_masks(3, 10)
    assert masks.sum(1).tolist() == [3, 3, 3]
    assert masks.sum(0).tolist() == [1] * 9 + [0]
    model = made(MaskedSpace, masks="fixed")
    assert "mask" not in model.loss(PIXELS, TOLD)
    assert "beta" not in dict(model.named_parameters())
    torch.testing.assert_close(mask_overlap(model.masks), torch.eye(2))
    with pytest.raises(InputError, match="d=2 for 3 conditions"):
        disjoint_masks(3, 2)
    with pytest.raises(InputError, match=r"masks 'learnt'.*Did you mean 'learned'"):
        made(MaskedSpace, masks="learnt")


def test_overlap_and_closed_share_by_hand():
    masks = torch.tensor([[1.0, 0.0, 0.0, 0.0], [1.0, 1.0, 0.04, 0.0], [0.0, 0.0, 0.0, 2.0]])
    assert closed_share(masks) == pytest.approx(8 / 12)
    overlap = mask_overlap(masks)
    assert overlap[0, 1].item() == pytest.approx(1 / 2.0016**0.5)
    assert overlap[0, 2].item() == 0


@pytest.mark.parametrize("rate", [None, 0.5])
def test_masks_do_not_decay_and_may_have_their_own_rate(rate):
    model = made(MaskedSpace, mask_rate=rate)
    (own,) = [group for group in model.parameter_groups(0.1) if any(weight is model.beta for weight in group["params"])]
    assert own["weight_decay"] == 0
    assert own.get("lr") == rate
    assert len(own["params"]) == 1 or rate is None


def test_every_weight_is_in_one_group(kind):
    model = made(kind)
    grouped = [id(weight) for group in model.parameter_groups(0.1) for weight in group["params"]]
    assert sorted(grouped) == sorted(id(weight) for weight in model.parameters())


def test_the_classification_loss_of_adde_c_is_off_until_asked_for():
    assert "classification" not in made(Subspaces).loss(PIXELS, TOLD)
    terms = made(Subspaces, classification=0.5).loss(PIXELS, TOLD)
    assert terms["classification"].item() > 0


def test_separate_nets_answer_each_for_their_own_condition():
    nets = [made(OneSpace, seed) for seed in (0, 1)]
    blocks = SeparateNets(nets).eval()(PIXELS)
    for a, net in enumerate(nets):
        torch.testing.assert_close(blocks[:, a], net(PIXELS)[:, a])
    assert not torch.allclose(blocks[:, 0], blocks[:, 1])


def test_separate_nets_are_as_many_as_attributes_and_of_one_recipe():
    with pytest.raises(InputError, match="given 1, expected 2"):
        SeparateNets([made(OneSpace)])
    with pytest.raises(InputError, match="one an attribute"):
        SeparateNets([])
    with pytest.raises(InputError, match="different schemas or recipes"):
        SeparateNets([made(OneSpace), made(OneSpace, margin=0.3)])


TRAINING = TrainingRecipe(epochs=20, batch_size=32, learning_rate=0.01, bf16=False)


def trained(blocks, kind, **changes):
    model = seeded(lambda: kind(SCHEMA, replace(RECIPES[kind], widths=(8, 8, 16, 16), normalised=True, **changes)), 0)
    told = {}
    if model.recipe.examples == "triplets":
        triplets = conditional_triplets(blocks.labels, SCHEMA, seed=0)
        told = {"examples": triplets.rows, "example_labels": triplets.told(blocks.labels)}
    train(model, blocks, TRAINING, **told, progress=False)
    return model


def asked(model, blocks):
    """Every block asked for every condition, on other triplets than any it was trained on."""
    return cross_accuracy(model.embed(blocks.images), conditional_triplets(blocks.labels, SCHEMA, seed=1))


@pytest.mark.parametrize("examples", ["images", "triplets"])
def test_blocks_learn_their_own_condition_from_listed_and_from_drawn_triplets(blocks, examples):
    accuracy = asked(trained(blocks, Subspaces, examples=examples), blocks)
    assert accuracy.diagonal().min() > 0.9
    assert max(accuracy[0, 1], accuracy[1, 0]) < 0.75


def test_the_wrong_mask_is_near_chance_and_the_right_one_is_not(blocks):
    accuracy = asked(trained(blocks, MaskedSpace, examples="images", masks="fixed"), blocks)
    assert accuracy.diagonal().min() > 0.9
    assert max(accuracy[0, 1], accuracy[1, 0]) < 0.75


def test_more_mask_penalty_closes_more_of_the_masks(blocks):
    shares = [
        closed_share(trained(blocks, MaskedSpace, examples="images", mask_rate=0.05, mask_penalty=penalty).masks)
        for penalty in (0.0, 0.02, 0.2)
    ]
    assert shares[0] < shares[1] < shares[2]


def test_the_labels_of_listed_triplets_must_fit_them(blocks):
    model, triplets = made(Subspaces), conditional_triplets(blocks.labels, SCHEMA, seed=0)
    told = triplets.told(blocks.labels)
    with pytest.raises(InputError, match=r"example_labels: given torch.int64 .*expected int64"):
        train(model, blocks, TRAINING, examples=triplets.rows, example_labels=told[:-1], progress=False)
    with pytest.raises(InputError, match="example_labels: given no examples"):
        train(model, blocks, TRAINING, example_labels=told, progress=False)
