"""All questions about outfits from scores of options equal what `Completion` answers."""

import pytest
import torch

from adde_lite.models.outfits import SiameseNet, SiameseRecipe
from adde_lite.retrieval.completion import Completion
from adde_lite.retrieval.option_scores import OptionScores
from adde_lite.training import seeded

N = 24
FEATURES = torch.randn(N, 2, 3, generator=torch.Generator().manual_seed(0))
OF = torch.arange(N) % 3
GIVEN = torch.tensor([[0, 1], [4, -1]])


@pytest.fixture
def both():
    completion = Completion(seeded(lambda: SiameseNet(SiameseRecipe(6)), 0), FEATURES, OF)
    return completion, OptionScores(completion.option_scores, OF)


def test_sets_score_alike(both):
    items = torch.tensor([[0, 1, 2], [3, 4, -1]])
    torch.testing.assert_close(*(one.outfit_scores(items) for one in both))


def test_the_stock_scores_alike_and_nothing_else_is_offered(both):
    category = torch.tensor([2, 1])
    torch.testing.assert_close(*(one.gallery_scores(GIVEN, category) for one in both))
    scores = both[1].gallery_scores(GIVEN, category)
    assert torch.equal(scores[0].isfinite(), OF == 2)
    assert not scores[1, 4].isfinite()
