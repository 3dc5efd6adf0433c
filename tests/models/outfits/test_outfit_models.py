"""What the outfit models promise: weights from categories alone, one mask a pair, blocks of length 1."""

import pytest
import torch
from torch.nn import functional as F

from adde_lite.attributes import AttributeSchema
from adde_lite.errors import InputError
from adde_lite.losses.outfit_ranking import OUTFIT_MARGIN, outfit_ranking
from adde_lite.models.outfits import ADDEO, ADDEORecipe, CSANet, CSANetRecipe, PairAttention, SiameseNet, SiameseRecipe
from adde_lite.models.outfits.matching import candidate_distances, pair_distances
from adde_lite.training import seeded

SCHEMA = AttributeSchema.of({"colour": ["red", "blue"], "pattern": ["plain", "dots"], "fit": ["slim", "loose"]})
CATEGORIES, D, N = 4, 6, 24
FEATURES = torch.randn(N, SCHEMA.A, D, generator=torch.Generator().manual_seed(0))
OF = torch.arange(N) % CATEGORIES
CSA = CSANetRecipe(SCHEMA.A * D, CATEGORIES)
GIVEN = torch.tensor([[0, 1, 2], [5, 6, -1]])
CANDIDATES = torch.tensor([[3, 7, 11, 15], [4, 9, 2, 3]])


def adde_o(combine="concatenate", attributes=("colour", "fit")):
    return seeded(lambda: ADDEO(SCHEMA, ADDEORecipe(attributes, CATEGORIES, D, combine)), 0)


MODELS = {
    "ADDE-O, concatenate": adde_o,
    "ADDE-O, sum": lambda: adde_o("sum"),
    "CSA-Net": lambda: seeded(lambda: CSANet(CSA), 0),
    "siamese": lambda: seeded(lambda: SiameseNet(SiameseRecipe(SCHEMA.A * D)), 0),
}


@pytest.fixture(params=MODELS)
def model(request):
    return MODELS[request.param]()


def distances(model, given=GIVEN, candidates=CANDIDATES, features=FEATURES):
    with torch.no_grad():
        return candidate_distances(model, features, OF, given, candidates)


def test_kappa_sums_to_one_and_changes_with_the_target_category():
    table = seeded(lambda: PairAttention(CATEGORIES, 5), 0).table()
    assert table.shape == (CATEGORIES, CATEGORIES, 5)
    torch.testing.assert_close(table.sum(2), torch.ones(CATEGORIES, CATEGORIES))
    assert (table[0, 1] - table[0, 2]).abs().max() > 1e-3
    assert (table[0, 1] - table[1, 0]).abs().max() > 1e-3


def test_kappa_broadcasts_one_category_against_many():
    attention = seeded(lambda: PairAttention(CATEGORIES, 5), 0)
    weights = attention(torch.tensor([[0], [2]]), torch.tensor([1, 2, 3]))
    torch.testing.assert_close(weights, attention.table()[[0, 2]][:, 1:])


def test_a_block_of_adde_o_is_a_linear_map_of_its_own_attribute_at_length_one():
    model = adde_o(attributes=("fit", "colour"))
    blocks = model.project(FEATURES)
    by_hand = F.normalize(FEATURES[:, 2] @ model.weight[0] + model.bias[0], dim=1)
    torch.testing.assert_close(blocks[:, 0], by_hand)
    changed = FEATURES.clone()
    changed[:, 1] += 1.0  # pattern, which this model does not look at
    torch.testing.assert_close(model.project(changed), blocks)
    torch.testing.assert_close(blocks.norm(dim=2), torch.ones(N, 2))


def test_concatenate_keeps_weighted_blocks_apart_and_sum_adds_them():
    apart, added = adde_o(), adde_o("sum")
    added.load_state_dict(apart.state_dict())
    pair = torch.tensor(1), torch.tensor(3)
    weighted = apart.attention(*pair)[:, None] * apart.project(FEATURES)
    torch.testing.assert_close(apart.represent(FEATURES, *pair), weighted.flatten(1))
    torch.testing.assert_close(added.represent(FEATURES, *pair), weighted[:, 0] + weighted[:, 1])


def test_psi_of_csa_net_is_x_times_the_weighted_sum_of_its_masks():
    model = seeded(lambda: CSANet(CSA), 0)
    x = model.embedding(FEATURES.flatten(1))
    weights = model.attention(torch.tensor(2), torch.tensor(1))
    one_by_one = sum(weight * (x * mask) for weight, mask in zip(weights, model.masks, strict=True))
    psi = model.represent(FEATURES, torch.tensor(2), torch.tensor(1))
    torch.testing.assert_close(psi, F.normalize(one_by_one, dim=1))
    torch.testing.assert_close(psi.norm(dim=1), torch.ones(N))


def test_a_siamese_net_knows_no_categories_and_the_others_do():
    one, other = ((torch.tensor(0), torch.tensor(target)) for target in (1, 2))
    for name, build in MODELS.items():
        model = build()
        apart = (model.represent(FEATURES, *one) - model.represent(FEATURES, *other)).abs().max()
        assert (apart < 1e-7) == (name == "siamese"), name


def test_a_distance_is_the_same_when_the_two_garments_swap_their_places(model):
    pair = torch.tensor(0), torch.tensor(1)
    with torch.no_grad():
        there, sought = model.represent(FEATURES[0], *pair), model.represent(FEATURES[1], *pair)
    found = pair_distances(model, FEATURES, OF, torch.tensor([[0]]), torch.tensor([[1]]))
    torch.testing.assert_close(found[0, 0, 0], (there - sought).norm())
    torch.testing.assert_close(found[0, 0, 0], (sought - there).norm())


def test_the_order_of_the_garments_and_padding_do_not_matter(model):
    reordered = torch.tensor([[-1, 2, 0, 1], [6, -1, -1, 5]])
    torch.testing.assert_close(distances(model), distances(model, reordered))


def test_all_garments_alike_give_a_loss_that_equals_the_margin(model):
    collapsed = FEATURES[:1].expand(N, -1, -1)
    found = distances(model, features=collapsed)
    assert float(outfit_ranking(found[:, 0], found[:, 1:])) == pytest.approx(OUTFIT_MARGIN)


def test_the_gradient_is_finite_where_two_garments_are_equal(model):
    found = candidate_distances(model, FEATURES[:1].expand(N, -1, -1), OF, GIVEN, CANDIDATES)
    outfit_ranking(found[:, 0], found[:, 1:]).backward()
    gradients = [parameter.grad for parameter in model.parameters() if parameter.grad is not None]
    assert gradients
    assert all(gradient.isfinite().all() for gradient in gradients)


@pytest.mark.parametrize("attributes", [(), ("colour", "colour")])
def test_adde_o_refuses_attributes_it_cannot_use(attributes):
    with pytest.raises(InputError, match="at least one"):
        adde_o(attributes=attributes)


def test_adde_o_names_the_attribute_that_the_schema_lacks():
    with pytest.raises(InputError, match="colour"):
        adde_o(attributes=("color",))
