"""Completion from tables equals the plain definition, and the target's own labels never enter."""

import pytest
import torch

from adde_lite.attributes import AttributeSchema
from adde_lite.errors import InputError
from adde_lite.models.outfits import ADDEO, ADDEORecipe, CSANet, CSANetRecipe
from adde_lite.models.outfits.matching import candidate_distances
from adde_lite.retrieval.completion import Completion
from adde_lite.training import seeded

SCHEMA = AttributeSchema.of({"colour": ["red", "blue"], "fit": ["slim", "loose"]})
N, CATEGORIES, D = 60, 4, 5
FEATURES = torch.randn(N, SCHEMA.A, D, generator=torch.Generator().manual_seed(1))
OF = torch.arange(N) % CATEGORIES
GIVEN = torch.tensor([[0, 1, 2], [5, 6, -1], [-1, 9, -1]])
TARGET = 3
MODELS = {
    "ADDE-O": lambda: ADDEO(SCHEMA, ADDEORecipe(("colour", "fit"), CATEGORIES, D)),
    "CSA-Net": lambda: CSANet(CSANetRecipe(SCHEMA.A * D, CATEGORIES)),
}


@pytest.fixture(params=MODELS)
def completion(request):
    return Completion(seeded(MODELS[request.param], 0), FEATURES, OF)


def test_the_tables_give_what_comparing_every_pair_gives(completion):
    rows = (OF == TARGET).nonzero()[:, 0]
    brute = -candidate_distances(completion.model, FEATURES, OF, GIVEN, rows.expand(len(GIVEN), -1))
    for given, expected in zip(GIVEN, brute, strict=True):
        found, scores = completion.category_scores(given, TARGET)
        assert torch.equal(found, rows)
        torch.testing.assert_close(scores, expected, atol=1e-5, rtol=0)
        assert completion.complete(given, TARGET, 5).tolist() == rows[expected.argsort(descending=True)[:5]].tolist()


def test_options_score_as_their_category_does(completion):
    options = torch.tensor([[3, 7, 11, 15]]).expand(len(GIVEN), -1)
    scores = completion.option_scores(GIVEN, options)
    rows, all_scores = completion.category_scores(GIVEN[1], TARGET)
    torch.testing.assert_close(scores[1], all_scores[torch.isin(rows, options[1])], atol=1e-5, rtol=0)


def test_scores_of_the_stock_are_those_of_the_category_and_nothing_else(completion):
    found = completion.gallery_scores(GIVEN, torch.tensor([TARGET, TARGET, 2]))
    rows, scores = completion.category_scores(GIVEN[1], TARGET)
    torch.testing.assert_close(found[1, rows], scores)
    assert set(found[1].isfinite().nonzero()[:, 0].tolist()) == set(rows.tolist())
    assert set(found[2].isfinite().nonzero()[:, 0].tolist()) == set((OF == 2).nonzero()[:, 0].tolist())


def test_an_embedding_scores_as_the_garment_in_stock_that_has_it(completion):
    rows, scores = completion.category_scores(GIVEN[0], TARGET)
    torch.testing.assert_close(completion.embedding_scores(GIVEN[0], TARGET, FEATURES[rows]), scores)


def test_garments_of_the_outfit_are_not_offered_again(completion):
    rows, _ = completion.category_scores(torch.tensor([0, 3, 7]), TARGET)
    assert not torch.isin(torch.tensor([3, 7]), rows).any()


def test_an_outfit_scores_the_same_in_any_order(completion):
    items = torch.tensor([[0, 1, 2, -1], [8, 5, -1, -1]])
    reordered = torch.tensor([[2, -1, 1, 0], [-1, 8, -1, 5]])
    torch.testing.assert_close(completion.outfit_scores(items), completion.outfit_scores(reordered))


def test_the_score_of_an_outfit_is_the_mean_over_its_pairs_both_ways(completion):
    pairs = [(0, 1), (1, 0), (0, 6), (6, 0), (1, 6), (6, 1)]
    each = [completion.option_scores(torch.tensor([[a]]), torch.tensor([[b]])).item() for a, b in pairs]
    assert completion.outfit_scores(torch.tensor([[0, 1, 6]])).item() == pytest.approx(sum(each) / 6, abs=1e-6)


def test_the_side_of_the_query_never_sees_the_garment_that_is_looked_for(completion):
    """Exchange what the candidates are: what stands for the garments that are there stays the same to the last bit."""
    exchanged = FEATURES.clone()
    exchanged[OF == TARGET] = exchanged[OF == TARGET].flip(0)
    other = Completion(completion.model, exchanged, OF)
    given = GIVEN[0]
    pair = OF[given], torch.tensor(TARGET)
    sides = [one.model.represent(one.features[given], *pair) for one in (completion, other)]
    assert torch.equal(*sides)
    rows, scores = completion.category_scores(given, TARGET)
    assert torch.equal(other.category_scores(given, TARGET)[1], scores.flip(0))
    assert torch.equal(other.category_scores(given, TARGET)[0], rows)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (lambda one: one.category_scores(torch.tensor([-1, -1]), TARGET), "no garment"),
        (lambda one: one.category_scores(torch.tensor([0]), 17), "nothing in stock"),
        (lambda one: one.complete(torch.tensor([0]), TARGET, N), "1 to 15"),
        (lambda one: one.outfit_scores(torch.tensor([[0, 1], [4, -1]])), "outfit 1: given 1 garment"),
        (lambda one: one.option_scores(torch.tensor([[-1]]), torch.tensor([[0]])), "outfit 0"),
    ],
)
def test_what_cannot_be_completed_is_refused(completion, asked, message):
    with pytest.raises(InputError, match=message):
        asked(completion)


def test_a_stock_of_another_size_is_refused():
    with pytest.raises(InputError, match="59 categories"):
        Completion(MODELS["ADDE-O"](), FEATURES, OF[:-1])
