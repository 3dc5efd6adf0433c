import pytest
import torch
from torch.nn import functional as F

from adde_lite.errors import InputError
from adde_lite.losses import attribute_cross_entropy

SIZES = (3, 2)


def test_cross_entropy_is_the_sum_over_attributes_of_the_mean_over_labelled_images():
    logits = torch.randn(5, sum(SIZES))
    labels = torch.tensor([[0, 1], [2, -1], [-1, 0], [1, -1], [0, -1]])
    expected = F.cross_entropy(logits[[0, 1, 3, 4], :3], labels[[0, 1, 3, 4], 0]) + F.cross_entropy(
        logits[[0, 2], 3:], labels[[0, 2], 1]
    )
    torch.testing.assert_close(attribute_cross_entropy(logits, labels, SIZES), expected)


def test_cross_entropy_of_an_unlabelled_batch_is_zero_and_leaves_the_weights_whole():
    logits = torch.randn(4, sum(SIZES), requires_grad=True)
    loss = attribute_cross_entropy(logits, torch.full((4, 2), -1), SIZES)
    loss.backward()
    assert loss.item() == 0
    assert torch.equal(logits.grad, torch.zeros_like(logits))


def test_smoothing_makes_certainty_cost():
    logits = torch.tensor([[50.0, 0.0, 0.0, 50.0, 0.0]])
    labels = torch.tensor([[0, 0]])
    assert float(attribute_cross_entropy(logits, labels, SIZES)) == pytest.approx(0, abs=1e-6)
    assert float(attribute_cross_entropy(logits, labels, SIZES, smoothing=0.1)) > 1


def test_public_way_differs_only_where_an_attribute_has_no_label_in_the_batch():
    logits = torch.randn(4, sum(SIZES))
    some = torch.tensor([[0, 1], [2, -1], [-1, 0], [1, -1]])
    masked, public = (attribute_cross_entropy(logits, some, SIZES, missing=way) for way in ("mask", "class"))
    torch.testing.assert_close(masked, public)
    some[:, 1] = -1
    torch.testing.assert_close(
        attribute_cross_entropy(logits, some, SIZES), F.cross_entropy(logits[[0, 1, 3], :3], some[[0, 1, 3], 0])
    )
    assert attribute_cross_entropy(logits, some, SIZES, missing="class").isnan()


def test_unknown_way_to_treat_missing_labels_names_those_there_are():
    with pytest.raises(InputError, match=r"'drop'.*mask, class"):
        attribute_cross_entropy(torch.zeros(1, 5), torch.zeros(1, 2, dtype=torch.int64), SIZES, missing="drop")
