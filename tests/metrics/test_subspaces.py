import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from sklearn.linear_model import LogisticRegression

from adde_lite.attributes import MISSING, AttributeSchema
from adde_lite.errors import InputError
from adde_lite.metrics.subspaces import leakage, neighbour_agreement, principal_codes, turned

SCHEMA = AttributeSchema.of(
    {"colour": ["red", "green", "blue"], "sleeve": ["short", "long"], "collar": ["flat", "fur"]}
)
D = 6


def drawn(count: int, seed: int, missing: float = 0.0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    labels = torch.stack([torch.randint(n, (count,), generator=generator) for n in SCHEMA.sizes], 1)
    return labels.masked_fill(torch.rand(labels.shape, generator=generator) < missing, MISSING)


def perfect(labels: torch.Tensor) -> torch.Tensor:
    """Blocks that hold the one-hot of their own attribute and nothing else."""
    blocks = SCHEMA.one_hot(labels).float().split(SCHEMA.sizes, 1)
    return torch.stack([torch.nn.functional.pad(block, (0, D - block.shape[1])) for block in blocks], 1)


def noisy(count: int, seed: int) -> torch.Tensor:
    return torch.randn(count, SCHEMA.A, D, generator=torch.Generator().manual_seed(seed))


TRAIN, TEST = drawn(900, 0), drawn(600, 1)
OTHERS = ~torch.eye(SCHEMA.A, dtype=torch.bool)


def asked(change=lambda blocks: blocks, train=TRAIN, test=TEST):
    return leakage(change(perfect(train)), train, change(perfect(test)), test, SCHEMA)


def test_perfect_subspaces_tell_their_own_attribute_and_leak_nothing():
    read = asked()
    assert read.own == 1
    assert abs(read.leaked) < 0.05
    assert (read.whole == 1).all()
    assert (read.probe[OTHERS] < 0.65).all()


def test_a_copy_of_another_attribute_is_found_in_the_cell_it_leaks_into():
    def copied(blocks):
        return torch.stack([blocks[:, 0], blocks[:, 1] + 0.1 * blocks[:, 0].roll(3, 1), blocks[:, 2]], 1)

    read = asked(copied)
    assert read.probe[1, 0] == 1
    assert (read.probe[OTHERS & (torch.arange(SCHEMA.A) != 0)] < 0.65).all()
    assert read.leaked > 0.2


def test_turned_blocks_tell_everything_of_everything():
    read = asked(lambda blocks: turned(blocks + 0.05 * noisy(len(blocks), len(blocks)), 0))
    assert read.leaked > 0.5
    assert read.whole.min() > 0.99


def test_what_labels_tell_of_one_another_is_floor_and_not_leakage():
    together_train, together_test = (
        torch.cat([labels[:, :1], (labels[:, :1] > 0).long(), labels[:, 2:]], 1) for labels in (TRAIN, TEST)
    )
    read = asked(train=together_train, test=together_test)
    assert read.label[0, 1] == 1  # the colour says the sleeve
    assert read.label[1, 0] < 0.8  # the sleeve does not say the colour
    assert read.probe[0, 1] == 1
    assert abs(read.leaked) < 0.05


def test_probes_are_the_logistic_regressions_of_scikit_learn():
    train, test = drawn(300, 2, missing=0.3), drawn(400, 3, missing=0.3)
    blocks, blocks_test = perfect(train) + noisy(300, 4), perfect(test) + noisy(400, 5)
    read = leakage(blocks, train, blocks_test, test, SCHEMA)
    for a in range(SCHEMA.A):
        seen = (train[:, a] != MISSING).numpy()
        inputs, inputs_test = blocks[:, a].double().numpy(), blocks_test[:, a].double().numpy()
        mean, spread = inputs[seen].mean(0), inputs[seen].std(0)
        for b in range(SCHEMA.A):
            rows, judged = ((half[:, [a, b]] != MISSING).all(1).numpy() for half in (train, test))
            cost = 2.0 if SCHEMA.sizes[b] == 2 else 1.0  # for two values it has one weight vector where softmax has two
            other = LogisticRegression(C=cost, tol=1e-8).fit((inputs[rows] - mean) / spread, train[rows, b].numpy())
            share = other.score((inputs_test[judged] - mean) / spread, test[judged, b].numpy())
            assert float(read.probe[a, b]) == pytest.approx(share, abs=1.01 / judged.sum())  # one on the border
            assert int(read.images[a, b]) == judged.sum()


def test_floors_are_the_counts_by_hand():
    train = torch.tensor([[0, 0, 0], [0, 0, 1], [0, 1, 0], [1, 1, 0], [1, 1, 1], [2, 1, 0]])
    test = torch.tensor([[0, 0, 0], [0, 1, 0], [1, 1, 0], [2, 0, 1]])
    read = leakage(noisy(6, 0), train, noisy(4, 1), test, SCHEMA)
    assert read.label[0, 1] == 2 / 4  # red is guessed short, green and blue long
    assert read.majority[0, 1] == 2 / 4  # long
    assert read.majority[0, 0] == 2 / 4  # red
    assert torch.equal(read.label.diagonal(), torch.ones(3, dtype=torch.float64))


def test_an_image_without_a_label_has_no_say_in_its_subspace():
    train, test = drawn(300, 6, missing=0.3), drawn(200, 7, missing=0.3)
    blocks, blocks_test = perfect(train) + 0.5 * noisy(300, 8), perfect(test) + 0.5 * noisy(200, 9)
    before = leakage(blocks, train, blocks_test, test, SCHEMA)
    near = neighbour_agreement(blocks_test, test, SCHEMA, k=3)
    for half, labels in ((blocks, train), (blocks_test, test)):
        half[labels == MISSING] = 1e3
    after = leakage(blocks, train, blocks_test, test, SCHEMA)
    torch.testing.assert_close(after.probe, before.probe)
    torch.testing.assert_close(neighbour_agreement(blocks_test, test, SCHEMA, k=3).neighbours, near.neighbours)


def test_attributes_that_never_meet_leave_their_cell_empty():
    train, test = drawn(200, 0), drawn(100, 1)
    for labels in (train, test):
        labels[::2, 1] = MISSING
        labels[1::2, 2] = MISSING
    read = leakage(perfect(train), train, perfect(test), test, SCHEMA)
    empty = torch.zeros(3, 3, dtype=torch.bool)
    empty[1, 2] = empty[2, 1] = True
    for matrix in (read.probe, read.label, read.majority, read.whole):
        assert torch.equal(matrix.isnan(), empty)
    assert torch.equal(read.images == 0, empty)
    assert np.isfinite([read.own, read.leaked]).all()
    assert torch.equal(neighbour_agreement(perfect(test), test, SCHEMA).neighbours.isnan(), empty)


def test_an_attribute_that_never_varies_leaves_its_column_empty():
    train, test = drawn(200, 0), drawn(100, 1)
    train[:, 2] = test[:, 2] = 1
    read = leakage(perfect(train), train, perfect(test), test, SCHEMA)
    assert read.probe[:, 2].isnan().all()
    assert not read.probe[:, :2].isnan().any()


def test_neighbours_agree_in_what_the_subspace_holds():
    #       block of colour: two pairs of near neighbours; labels agree in colour within, in sleeve across
    labels = torch.tensor([[0, 0, 0], [0, 1, 0], [1, 0, 0], [1, 1, 0]])
    embeddings = torch.zeros(4, 3, D)
    embeddings[:, 0, 0] = torch.tensor([0.0, 0.1, 5.0, 5.1])
    embeddings[:, 1, 0] = torch.tensor([0.0, 5.0, 0.1, 5.1])
    agreed = neighbour_agreement(embeddings, labels, SCHEMA, k=1)
    assert agreed.neighbours[0, :2].tolist() == [1, 0]
    assert agreed.neighbours[1, :2].tolist() == [0, 1]
    assert agreed.label[0, :2].tolist() == [1, 0]  # the two red ones differ in sleeve
    assert agreed.label[2, 0] == pytest.approx(1 / 3)  # all have one collar; of three others, one has the colour


def test_more_neighbours_than_images_are_refused_by_the_name_of_the_attribute():
    labels = drawn(12, 0)
    labels[3:, 1] = MISSING
    with pytest.raises(InputError, match=r"labels of 'sleeve'.*3 images.*more than k = 4"):
        neighbour_agreement(perfect(labels), labels, SCHEMA, k=4)
    with pytest.raises(InputError, match="k: given 0"):
        neighbour_agreement(perfect(labels), labels, SCHEMA, k=0)


@settings(max_examples=20)
@given(st.integers(0, 1000))
def test_turning_keeps_every_distance_and_can_be_repeated(seed):
    blocks = noisy(20, seed)
    again = turned(blocks, seed)
    before, after = (torch.cdist(whole, whole) for whole in (blocks.flatten(1), again.flatten(1)))
    torch.testing.assert_close(after, before, atol=1e-4, rtol=1e-4)
    assert torch.equal(again, turned(blocks, seed))
    assert not torch.allclose(again, turned(blocks, seed + 1))


def test_a_principal_code_follows_the_direction_that_varies_most():
    blocks = 0.01 * noisy(50, 0)
    places = torch.linspace(-1, 2, 50)
    blocks[:, 1] += places[:, None] * torch.tensor([0.6, 0.8, 0, 0, 0, 0]) + 7
    codes = principal_codes(blocks)
    assert codes.shape == (50, 3)
    torch.testing.assert_close(codes.mean(0), torch.zeros(3, dtype=torch.float64))
    assert np.corrcoef(codes[:, 1], places)[0, 1] ** 2 > 0.999


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda blocks: blocks[:-1], r"embeddings: given shape \(899, 3, 6\).*\(900, 3, d\)"),
        (lambda blocks: blocks.flatten(1), r"embeddings: given shape \(900, 18\)"),
        (lambda blocks: blocks.index_fill(0, torch.tensor([5]), torch.nan), "embeddings, row 5: given NaN"),
    ],
)
def test_embeddings_that_do_not_fit_are_refused(change, complaint):
    with pytest.raises(InputError, match=complaint):
        leakage(change(perfect(TRAIN)), TRAIN, perfect(TEST), TEST, SCHEMA)
    with pytest.raises(InputError, match=complaint):
        neighbour_agreement(change(perfect(TRAIN)), TRAIN, SCHEMA)
