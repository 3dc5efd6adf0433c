"""Training on frozen embeddings: it learns the attribute that decides, repeats itself, and refuses what cannot be."""

import itertools

import pytest
import torch

from adde_lite.attributes import AttributeSchema
from adde_lite.data.images import AttributeImages
from adde_lite.data.outfits import Outfits
from adde_lite.errors import InputError
from adde_lite.models.outfits import ADDEO, ADDEORecipe, CSANet, CSANetRecipe
from adde_lite.retrieval.completion import Completion
from adde_lite.training import seeded
from adde_lite.training.outfits import OutfitTraining, train_outfits

SCHEMA = AttributeSchema.of({"category": ["top", "shoe", "bag"], "colour": ["red", "blue"], "fit": ["slim", "loose"]})
D, N = 4, 120
BRIEF = OutfitTraining(epochs=6, batch_size=32, negatives=3, learning_rate=2e-2)


@pytest.fixture(scope="module")
def outfits():
    """Tops go with shoes of their colour, and with bags of their fit."""
    draw = torch.Generator().manual_seed(0)
    labels = torch.stack([torch.arange(N) % 3, *(torch.randint(2, (N,), generator=draw) for _ in range(2))], dim=1)
    rows = torch.arange(N)
    lines = []
    for top in rows[labels[:, 0] == 0]:
        for other, attribute in ((1, 1), (2, 2)):
            fits = rows[(labels[:, 0] == other) & (labels[:, attribute] == labels[top, attribute])]
            lines += [[int(top), int(fits[k])] for k in torch.randint(len(fits), (4,), generator=draw)]
    stock = AttributeImages(torch.zeros(N, 3, 4, 4, dtype=torch.uint8), labels, SCHEMA, tuple(map(str, range(N))))
    return Outfits(stock, torch.tensor(lines))


@pytest.fixture(scope="module")
def features(outfits):
    hot = torch.nn.functional.one_hot(outfits.stock.labels, D).float()
    return hot + 0.1 * torch.randn(hot.shape, generator=torch.Generator().manual_seed(1))


def trained(outfits, features, recipe=BRIEF):
    model = seeded(lambda: ADDEO(SCHEMA, ADDEORecipe(("colour", "fit"), 3, D)), 0)
    return model, train_outfits(model, features, outfits, recipe, progress=False)


def test_attention_finds_the_attribute_of_each_pair(outfits, features):
    model, history = trained(outfits, features)
    table = model.attention.table()
    assert table[0, 1].argmax() == table[1, 0].argmax() == 0
    assert table[0, 2].argmax() == table[2, 0].argmax() == 1
    assert history.rows[-1]["ranking"] < history.rows[0]["ranking"] < BRIEF.margin + 0.1
    assert not model.training


def test_csa_net_learns_what_goes_together_as_well(outfits, features):
    model = seeded(lambda: CSANet(CSANetRecipe(SCHEMA.A * D, 3, width=16)), 0)
    train_outfits(model, features, outfits, BRIEF, progress=False)
    completion = Completion(model, features, outfits.categories)
    labels = outfits.stock.labels
    for other, attribute in ((1, 1), (2, 2)):
        top = torch.tensor([0])
        best = completion.complete(top, other, 5)
        assert (labels[best, attribute] == labels[0, attribute]).all()


def test_a_run_repeats_itself_and_another_seed_differs(outfits, features):
    one, two = (trained(outfits, features)[0].state_dict() for _ in range(2))
    other = trained(outfits, features, OutfitTraining(epochs=6, batch_size=32, seed=1))[0].state_dict()
    assert all(torch.equal(one[name], two[name]) for name in one)
    assert any(not torch.equal(one[name], other[name]) for name in one)


def test_labels_take_no_part_in_training(outfits, features):
    """The leak check: exchange every label but the category, and neither the query side nor the weights change."""
    labels = outfits.stock.labels.clone()
    labels[:, 1:] = labels[torch.randperm(N, generator=torch.Generator().manual_seed(3)), 1:]
    stock = AttributeImages(outfits.stock.images, labels, SCHEMA, outfits.stock.ids)
    exchanged = Outfits(stock, outfits.items)
    one, other = trained(outfits, features)[0], trained(exchanged, features)[0]
    assert all(torch.equal(*pair) for pair in zip(one.parameters(), other.parameters(), strict=True))
    given, options = outfits.items[:8, :1], outfits.items[8:16, 1:]
    scores = [
        Completion(model, features, some.categories).option_scores(given, options)
        for model, some in ((one, outfits), (other, exchanged))
    ]
    assert torch.equal(*scores)


def test_the_rate_falls_to_zero_in_a_straight_line(outfits, features):
    rates = [row["learning_rate"] for row in trained(outfits, features)[1].rows]
    steps = [after - before for before, after in itertools.pairwise(rates)]
    assert rates[0] == BRIEF.learning_rate
    assert steps == pytest.approx([-BRIEF.learning_rate / BRIEF.epochs] * len(steps))


def test_embeddings_of_another_stock_are_refused(outfits, features):
    with pytest.raises(InputError, match="119 embeddings"):
        trained(outfits, features[1:])


def test_a_loss_that_is_not_a_number_stops_the_training(outfits, features):
    with pytest.raises(FloatingPointError, match="ranking"):
        trained(outfits, torch.full_like(features, float("nan")))
