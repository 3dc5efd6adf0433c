import torch

from adde_lite.augmentation import Augmentation
from adde_lite.training import TrainingRecipe
from adde_lite.training.batches import Batches

STILL = TrainingRecipe(batch_size=4, augmentation=Augmentation(mirror=False, shift=0))


def test_examples_bring_their_own_labels_in_the_order_of_their_rows(blocks):
    examples = torch.arange(24).reshape(8, 3)
    told = torch.arange(48).reshape(8, 3, 2)  # other numbers than any label of the data
    batches = Batches(blocks, examples, STILL, torch.device("cpu"), labels=told)
    seen = 0
    for views, codes in batches.of_epoch(0):
        for view, code in zip(views, codes, strict=True):
            row = (blocks.images.float() / 255 == view).flatten(1).all(1).nonzero().item()
            assert code.tolist() == [2 * row, 2 * row + 1]
            seen += 1
    assert seen == 24


def test_without_labels_of_their_own_examples_have_those_of_the_data(blocks):
    batches = Batches(blocks, torch.arange(24).reshape(8, 3), STILL, torch.device("cpu"))
    for views, codes in batches.of_epoch(0):
        rows = [(blocks.images.float() / 255 == view).flatten(1).all(1).nonzero().item() for view in views]
        assert torch.equal(codes, blocks.labels[rows])
