from dataclasses import replace

import pytest
import torch

from adde_lite.attributes import AttributeSchema
from adde_lite.models.adde import PrototypeMemory
from adde_lite.retrieval.evaluation import Encoded, Stage, answer_queries
from adde_lite.retrieval.nearest import nearest
from adde_lite.retrieval.weighting import best_weight, edited_weighted, scaled, weighted_search
from adde_lite.sampling import edit_queries

SCHEMA = AttributeSchema.numbered([3, 2, 4])
ROWS = ("classifier_probability", "embedding", "residual")


def setting(pull=1.0, count=40):
    """Garments near their prototypes; a large `pull` makes the last subspace longer than the others."""
    generator = torch.Generator().manual_seed(0)
    labels = torch.stack([torch.randint(n, (count,), generator=generator) for n in SCHEMA.sizes], dim=1)
    memory = PrototypeMemory(SCHEMA, 5)
    with torch.no_grad():
        memory.weight.normal_(generator=generator).masked_fill_(~memory.mask, 0)
        near = memory(SCHEMA.one_hot(labels)) + 0.4 * torch.randn(count, SCHEMA.A, 5, generator=generator)
    near[:, 2] *= pull
    probabilities = torch.cat([torch.rand(count, n, generator=generator).softmax(1) for n in SCHEMA.sizes], dim=1)
    side = Encoded(near, probabilities, labels)
    return Stage(side, side, memory), edit_queries(labels, labels, SCHEMA, limit=60, seed=0)


@pytest.mark.parametrize("row", ROWS)
@pytest.mark.parametrize("exclude_self", [False, True])
def test_weight_one_is_the_row_itself(row, exclude_self):
    stage, queries = setting()
    answers = answer_queries(
        stage.references, stage.gallery, queries, stage.memory, SCHEMA, rows=[row], exclude_self=exclude_self
    )
    found = weighted_search(row, stage, queries, 1.0, 30, exclude_self=exclude_self)
    assert torch.equal(found, answers.found[row])


def test_only_blocks_of_edited_attributes_are_scaled():
    edited = torch.tensor([[True, False, False], [False, False, True]])
    weighted = edited_weighted(torch.ones(2, 6), edited, 3.0, [2, 1, 3])
    assert weighted.tolist() == [[3, 3, 1, 1, 1, 1], [1, 1, 1, 3, 3, 3]]


@pytest.mark.parametrize("row", ROWS)
def test_a_heavy_edit_finds_the_new_value_more_often(row):
    stage, queries = setting(pull=4.0)

    def arrived(weight):
        labels = stage.gallery.labels[weighted_search(row, stage, queries, weight, 1)[:, 0]]
        return float((labels == queries.target)[queries.edited].double().mean())

    assert arrived(30.0) > arrived(1.0)


def test_the_best_weight_is_best_and_of_equal_ones_the_first():
    stage, queries = setting(pull=4.0)
    weights = (1.0, 2.0, 4.0, 8.0)

    def right(weight):
        found = stage.gallery.labels[weighted_search("embedding", stage, queries, weight, 1)[:, 0]]
        return float((found == queries.target).all(1).double().mean())

    scores = [right(weight) for weight in weights]
    assert max(scores) > min(scores)
    assert best_weight("embedding", stage, queries, weights) == weights[scores.index(max(scores))]
    assert best_weight("embedding", stage, queries, (2.0, 2.0)) == 2.0


@pytest.mark.parametrize("scaling", ["whole", "blocks", "none"])
def test_scaled_ranks_as_euclidean_distance_of_what_the_scaling_says(scaling):
    generator = torch.Generator().manual_seed(1)
    sought, offered = (torch.randn(n, 3, 5, generator=generator, dtype=torch.float64) for n in (7, 40))

    def by_definition(vectors):
        if scaling == "whole":
            return vectors / vectors.flatten(1).norm(dim=1)[:, None, None]
        return vectors / vectors.norm(dim=2, keepdim=True) if scaling == "blocks" else vectors

    expected = torch.cdist(by_definition(sought).flatten(1), by_definition(offered).flatten(1)).argsort(dim=1)
    assert torch.equal(nearest(*scaled(sought, offered, scaling), 40), expected)


def test_probabilities_are_weighted_by_attribute_not_by_dimension():
    stage, queries = setting()
    longer = replace(stage, memory=PrototypeMemory(SCHEMA, 9))  # the classifier's row has no use for d
    found = [weighted_search("classifier_probability", each, queries, 3.0, 5) for each in (stage, longer)]
    assert torch.equal(*found)
