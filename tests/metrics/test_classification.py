"""Accuracy of each attribute over its labelled images."""

import numpy as np
import pytest
import torch

from adde_lite.errors import InputError
from adde_lite.metrics.classification import attribute_accuracy


def test_each_attribute_is_scored_over_its_labelled_images():
    predicted = torch.tensor([[0, 1], [1, 1], [2, 0], [0, 0]])
    labels = torch.tensor([[0, 1], [1, -1], [0, -1], [1, 1]])
    accuracy = attribute_accuracy(predicted, labels)
    assert accuracy.dtype == torch.float64
    assert accuracy.tolist() == [0.5, 0.5]


def test_a_missing_label_is_never_counted_right():
    assert attribute_accuracy(np.array([[-1], [0]]), np.array([[-1], [1]])).tolist() == [0.0]


def test_an_attribute_without_labels_is_nan():
    accuracy = attribute_accuracy(torch.tensor([[0, 0]]), torch.tensor([[0, -1]]))
    assert accuracy[0] == 1.0
    assert accuracy[1].isnan()


@pytest.mark.parametrize(
    ("predicted", "labels", "message"),
    [
        (torch.zeros(2, 3).long(), torch.zeros(2, 2).long(), r"given \(2, 3\) and \(2, 2\), expected \(N, A\)"),
        (torch.zeros(2).long(), torch.zeros(2).long(), r"given \(2,\) and \(2,\)"),
        (torch.zeros(2, 3), torch.zeros(2, 3).long(), r"predicted: given torch\.float32"),
        (torch.zeros(2, 3).long(), torch.zeros(2, 3) == 0, r"labels: given torch\.bool"),
    ],
)
def test_what_does_not_fit_is_named(predicted, labels, message):
    with pytest.raises(InputError, match=message):
        attribute_accuracy(predicted, labels)
