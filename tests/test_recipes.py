from pathlib import Path

import pytest

from adde_lite import recipes, storage
from adde_lite.data.cache import weights_folder
from adde_lite.data.wardrobe import WARDROBE, wardrobe_facts
from adde_lite.models.adde import AttributeEncoder
from adde_lite.training import run_hash

WEIGHTS = Path(__file__).parent.parent / "data" / "weights"


def test_committed_weights_belong_to_the_recipe_that_notebook_00_names():
    encoder = AttributeEncoder(WARDROBE, recipes.WARDROBE.model)
    tensors, facts = storage.load(weights_folder("wardrobe_encoder"))
    assert facts["hash"] == run_hash(encoder, recipes.WARDROBE.training, wardrobe_facts(n=8000, seed=0))
    encoder.load_state_dict(tensors)


@pytest.mark.parametrize(
    "folder", sorted(WEIGHTS.iterdir()) if WEIGHTS.exists() else [], ids=lambda folder: folder.name
)
def test_committed_weights_are_small(folder):
    assert sum(path.stat().st_size for path in folder.iterdir()) < 3_000_000
