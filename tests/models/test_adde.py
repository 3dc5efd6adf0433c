import pytest
import torch
from torch import nn

from adde_lite.attributes import AttributeSchema, Edit
from adde_lite.errors import InputError
from adde_lite.models.adde import (
    AttributeEncoder,
    AttributeHeads,
    AttributePredictor,
    EncoderRecipe,
    class_means,
    swap,
)
from adde_lite.training import seeded

SMALL = EncoderRecipe(widths=(4, 4, 4, 8), hidden=6, d=5)


def test_batched_heads_equal_a_linear_relu_linear_network_an_attribute():
    heads = AttributeHeads(3, features=7, hidden=4, d=5)
    features = torch.randn(6, 7)
    for a in range(3):
        head = nn.Sequential(nn.Linear(7, 4), nn.ReLU(), nn.Linear(4, 5))
        head[0].weight.data, head[0].bias.data = (
            part.unflatten(0, (3, 4))[a] for part in (heads.first.weight, heads.first.bias)
        )
        head[2].weight.data, head[2].bias.data = heads.second[a].T, heads.bias[a]
        torch.testing.assert_close(heads(features)[:, a], head(features))


def test_batched_predictor_equals_one_linear_layer_an_attribute(schema):
    predictor = AttributePredictor(schema, d=5)
    nn.init.normal_(predictor.bias)
    embeddings = torch.randn(6, schema.A, 5)
    logits = torch.split(predictor(embeddings), list(schema.sizes), dim=1)
    for a, (offset, size) in enumerate(zip(schema.offsets, schema.sizes, strict=True)):
        columns = slice(offset, offset + size)
        expected = embeddings[:, a] @ predictor.weight[columns].T + predictor.bias[columns]
        torch.testing.assert_close(logits[a], expected)


def test_embedding_does_not_depend_on_the_batch_it_stands_in(schema):
    encoder = seeded(lambda: AttributeEncoder(schema, SMALL), 0)
    images = torch.randint(0, 256, (5, 3, 32, 24), dtype=torch.uint8)
    together = encoder.embed(images)
    alone = torch.cat([encoder.embed(image[None]) for image in images])
    assert together.shape == (5, schema.A, 5)
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=1e-4)


def test_embedding_of_a_mirrored_image_is_the_same(schema):
    encoder = seeded(lambda: AttributeEncoder(schema, SMALL), 0)
    images = torch.randint(0, 256, (2, 3, 32, 32), dtype=torch.uint8)
    torch.testing.assert_close(encoder.embed(images), encoder.embed(images.flip(3)))


def test_probabilities_of_each_attribute_sum_to_one_and_their_best_is_the_class(schema):
    encoder = seeded(lambda: AttributeEncoder(schema, SMALL), 0)
    embeddings = encoder.embed(torch.randint(0, 256, (4, 3, 32, 32), dtype=torch.uint8))
    blocks = torch.split(encoder.predict(embeddings), list(schema.sizes), dim=1)
    for a, block in enumerate(blocks):
        torch.testing.assert_close(block.sum(1), torch.ones(4))
        assert torch.equal(encoder.classify(embeddings)[:, a], block.argmax(1))


def test_loss_offers_the_terms_that_the_recipe_asks_for(schema):
    images, labels = torch.rand(4, 3, 32, 32), torch.zeros(4, 2, dtype=torch.int64)
    assert set(AttributeEncoder(schema, SMALL).loss(images, labels)) == {"classification", "contrast"}
    without = EncoderRecipe(widths=(4, 4, 4, 8), contrast=0)
    assert set(AttributeEncoder(schema, without).loss(images, labels)) == {"classification"}


def test_every_parameter_is_in_exactly_one_group(schema):
    encoder = AttributeEncoder(schema, SMALL)
    grouped = [id(parameter) for group in encoder.parameter_groups(0.1) for parameter in group["params"]]
    assert sorted(grouped) == sorted(id(parameter) for parameter in encoder.parameters())


def test_class_means_are_exact_and_leave_out_missing_labels(schema):
    embeddings = torch.randn(40, schema.A, 5)
    labels = torch.stack([torch.randint(-1, n, (40,)) for n in schema.sizes], dim=1)
    prototypes = class_means(embeddings, labels, schema)
    for a, name in enumerate(schema.names):
        for code, value in enumerate(schema.options(name)):
            expected = embeddings[labels[:, a] == code, a].mean(0)
            torch.testing.assert_close(prototypes[schema.column(name, value)], expected)


def test_value_without_images_gets_zeros_and_a_warning_that_names_it(schema):
    labels = torch.tensor([[0, 0], [2, 1]])
    with pytest.warns(UserWarning, match="colour 'green'"):
        prototypes = class_means(torch.randn(2, 2, 5), labels, schema)
    assert not prototypes[schema.column("colour", "green")].any()


def test_swap_changes_the_edited_block_and_no_other(schema):
    embeddings, prototypes = torch.randn(6, schema.A, 5), torch.randn(schema.J, 5)
    swapped = swap(embeddings, Edit("bar", "level"), prototypes, schema)
    assert torch.equal(swapped[:, 0], embeddings[:, 0])
    assert torch.equal(swapped[:, 1], prototypes[schema.column("bar", "level")].expand(6, 5))


def test_order_of_edits_does_not_matter(schema):
    embeddings, prototypes = torch.randn(6, schema.A, 5), torch.randn(schema.J, 5)
    edits = [Edit("bar", "level"), Edit("colour", "blue")]
    assert torch.equal(swap(embeddings, edits, prototypes, schema), swap(embeddings, edits[::-1], prototypes, schema))


def test_swap_of_an_unknown_value_names_the_closest(schema):
    with pytest.raises(InputError, match="Did you mean 'green'"):
        swap(torch.zeros(1, 2, 5), Edit("colour", "gren"), torch.zeros(schema.J, 5), schema)


def test_encoder_reads_attributes_of_any_number():
    schema = AttributeSchema.of({"only": ["one"]})
    encoder = AttributeEncoder(schema, SMALL)
    embeddings = encoder.embed(torch.zeros(1, 3, 32, 32, dtype=torch.uint8))
    assert torch.equal(encoder.classify(embeddings), torch.zeros(1, 1, dtype=torch.int64))
