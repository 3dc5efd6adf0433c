from dataclasses import replace

import pytest
import torch

from adde_lite.attributes import AttributeSchema
from adde_lite.models.adde import AttributeEncoder, EncoderRecipe
from adde_lite.models.fingerprint import fingerprint
from adde_lite.training import seeded

SCHEMA = AttributeSchema.of({"colour": ["red", "blue"]})
RECIPE = EncoderRecipe(widths=(4, 4, 4, 8), hidden=8, d=4)


def encoder(schema=SCHEMA, recipe=RECIPE, seed=0):
    return seeded(lambda: AttributeEncoder(schema, recipe), seed)


def test_equal_models_have_one_fingerprint():
    assert fingerprint(encoder()) == fingerprint(encoder())


@pytest.mark.parametrize(
    "changed",
    [
        {"schema": AttributeSchema.of({"colour": ["red", "green"]})},
        {"recipe": replace(RECIPE, smoothing=0.1)},
        {"seed": 1},
    ],
)
def test_schema_recipe_and_weights_are_in_it(changed):
    assert fingerprint(encoder(**changed)) != fingerprint(encoder())


def test_one_bit_of_one_weight_changes_it():
    model = encoder()
    before = fingerprint(model)
    with torch.no_grad():
        model.heads.bias[0, 0] = torch.nextafter(model.heads.bias[0, 0], torch.tensor(9.0))
    assert fingerprint(model) != before
