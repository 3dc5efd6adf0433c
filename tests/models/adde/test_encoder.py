from dataclasses import replace

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from adde_lite.attributes import AttributeSchema
from adde_lite.losses import attribute_cross_entropy, label_contrast, label_triplet
from adde_lite.models.adde import AttributeEncoder, AttributeHeads, AttributePredictor, EncoderRecipe
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


def test_other_models_can_be_trained_on_embeddings_and_probabilities(schema):
    encoder = seeded(lambda: AttributeEncoder(schema, SMALL), 0)
    embeddings = encoder.embed(torch.randint(0, 256, (2, 3, 32, 32), dtype=torch.uint8))
    for given in (embeddings.flatten(1), encoder.predict(embeddings)):
        learner = torch.nn.Linear(given.shape[1], 1)
        learner(given).sum().backward()
        torch.testing.assert_close(learner.weight.grad[0], given.sum(0))


def test_probabilities_of_each_attribute_sum_to_one_and_their_best_is_the_class(schema):
    encoder = seeded(lambda: AttributeEncoder(schema, SMALL), 0)
    embeddings = encoder.embed(torch.randint(0, 256, (4, 3, 32, 32), dtype=torch.uint8))
    blocks = torch.split(encoder.predict(embeddings), list(schema.sizes), dim=1)
    for a, block in enumerate(blocks):
        torch.testing.assert_close(block.sum(1), torch.ones(4))
        assert torch.equal(encoder.classify(embeddings)[:, a], block.argmax(1))
    for stored in (embeddings.half(), embeddings.double()):
        torch.testing.assert_close(encoder.predict(stored), encoder.predict(embeddings), rtol=0, atol=1e-2)


def test_loss_offers_the_terms_that_have_a_weight(schema):
    images, labels = torch.rand(4, 3, 32, 32), torch.zeros(4, 2, dtype=torch.int64)
    weights = {"classification": 2.0, "contrast": 3.0, "label": 5.0, "local": 7.0}
    unweighted = encoder_of(schema, dict.fromkeys(weights, 1.0)).loss(images, labels)
    assert list(unweighted) == list(weights)
    for name, weight in weights.items():
        only = dict.fromkeys(weights, 0.0) | {"classification": 1.0, name: weight}
        terms = encoder_of(schema, only).loss(images, labels)
        assert set(terms) == {"classification", name}
        torch.testing.assert_close(terms[name], weight * unweighted[name])


def encoder_of(schema, weights, **changes):
    return seeded(lambda: AttributeEncoder(schema, replace(SMALL, missing="class", **weights, **changes)), 0)


def test_terms_are_the_losses_of_unit_vectors_whole_and_by_subspace(schema):
    images, labels = (
        torch.rand(8, 3, 32, 32),
        torch.tensor([[0, 0], [0, 0], [1, 1], [1, 1], [2, 0], [0, 1], [-1, 0], [2, 0]]),
    )
    encoder = encoder_of(schema, {"contrast": 1.0, "label": 1.0, "local": 1.0}).eval()
    r = encoder(images)
    expected = {
        "classification": attribute_cross_entropy(encoder.predictor(r), labels, schema.sizes),
        "contrast": label_contrast(r, labels),
        "label": label_triplet(r.flatten(1) / r.flatten(1).norm(dim=1, keepdim=True), labels, 0.5, "class"),
        "local": sum(label_triplet(F.normalize(r[:, a]), labels[:, a], 0.5, "class") for a in range(schema.A)),
    }
    terms = encoder.loss(images, labels)
    assert list(terms) == list(expected)
    for name, value in expected.items():
        torch.testing.assert_close(terms[name], value)


@pytest.mark.parametrize("term", ["label", "local"])
def test_missing_labels_have_no_say_in_the_triplets_unless_asked_for(schema, term):
    """The public code counts -1 as one more value: it draws images without a label together and pushes others off."""
    images, labels = torch.rand(8, 3, 32, 32), torch.tensor(4 * [[-1, -1]] + [[0, 0], [1, 1], [2, 0], [0, 1]])
    for missing, pulls in (("mask", False), ("class", True)):
        encoder = seeded(lambda way=missing: AttributeEncoder(schema, replace(SMALL, missing=way, **{term: 1.0})), 0)
        encoder.eval()
        images.requires_grad_().grad = None
        encoder.loss(images, labels)[term].backward()
        assert bool(images.grad[:4].any()) == pulls


def test_margin_of_the_triplets_grows_with_the_epochs(schema):
    images, labels = torch.rand(8, 3, 32, 32), torch.tensor(4 * [[0, 0], [1, 1]])
    encoder = encoder_of(schema, {"label": 1.0, "local": 1.0}).eval()
    encoder.heads.second.data *= 1e-4  # all embeddings alike: a hinge costs its margin
    encoder.heads.bias.data.fill_(1.0)
    for epoch, margin in ((0, 0.5), (9, 0.5), (10, 0.6), (29, 0.7)):
        encoder.begin_epoch(epoch)
        terms = encoder.loss(images, labels)
        assert terms["label"].item() == pytest.approx(margin, abs=1e-3)
        assert terms["local"].item() == pytest.approx(schema.A * margin, abs=1e-3)


def test_all_labels_missing_is_a_loss_of_zero_that_leaves_the_weights_whole(schema):
    encoder = encoder_of(schema, {"contrast": 1.0})
    terms = encoder.loss(torch.rand(4, 3, 32, 32), torch.full((4, 2), -1))
    sum(terms.values()).backward()
    assert all(term == 0 for term in terms.values())
    assert all(parameter.grad.isfinite().all() for parameter in encoder.parameters() if parameter.grad is not None)


def test_every_parameter_is_in_exactly_one_group(schema):
    encoder = AttributeEncoder(schema, SMALL)
    grouped = [id(parameter) for group in encoder.parameter_groups(0.1) for parameter in group["params"]]
    assert sorted(grouped) == sorted(id(parameter) for parameter in encoder.parameters())


def test_encoder_reads_attributes_of_any_number():
    schema = AttributeSchema.of({"only": ["one"]})
    encoder = AttributeEncoder(schema, SMALL)
    embeddings = encoder.embed(torch.zeros(1, 3, 32, 32, dtype=torch.uint8))
    assert torch.equal(encoder.classify(embeddings), torch.zeros(1, 1, dtype=torch.int64))


def test_trunk_of_the_recipe_carries_the_heads():
    schema = AttributeSchema.numbered((3, 2))
    for trunk, features in (("small", 16), ("resnet18", 512), ("alexnet", 4096)):
        with torch.device("meta"):
            encoder = AttributeEncoder(schema, replace(SMALL, trunk=trunk))
            assert encoder.heads(encoder.trunk(torch.empty(2, 3, 64, 64))).shape == (2, 2, SMALL.d)
        assert encoder.heads.first.in_features == features


def test_autocast_reaches_the_trunk_and_stops_at_the_heads(schema):
    encoder = seeded(lambda: AttributeEncoder(schema, SMALL), 0).eval()
    images, features = torch.rand(4, 3, 32, 32), torch.randn(4, encoder.trunk.features)
    exact, of_features = encoder(images), encoder.heads(features)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert 0 < (encoder(images) - exact).abs().max() < 0.1 * exact.abs().max()
        encoder.trunk = nn.Identity()
        assert torch.equal(encoder(features), of_features)
