from dataclasses import replace

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from adde_lite.augmentation import NOTHING, Augmentation

IMAGES = torch.rand(8, 3, 12, 10, generator=torch.Generator().manual_seed(0))


def test_everything_switched_off_changes_nothing():
    views = Augmentation(mirror=False, shift=0)(IMAGES, torch.rand(8, 6))
    torch.testing.assert_close(views, IMAGES)


@given(st.integers(0, 1000), st.integers(0, 50), st.permutations(range(8)))
@settings(max_examples=20)
def test_view_depends_on_seed_epoch_and_image_not_on_the_batch(seed, epoch, order):
    augment = Augmentation(shift=2, zoom=0.1, patch=2)
    draws = augment.draws(8, seed, epoch)
    together = augment(IMAGES, draws)
    shuffled = augment(IMAGES[order], draws[order])
    torch.testing.assert_close(shuffled, together[order])


def test_other_epochs_and_seeds_give_other_draws():
    augment = Augmentation()
    draws = [augment.draws(4, seed, epoch) for seed in (0, 1) for epoch in (0, 1)]
    assert all(not torch.equal(a, b) for i, a in enumerate(draws) for b in draws[:i])


def test_mirror_turns_half_of_the_images_over():
    draws = torch.full((8, 6), 0.5)
    draws[:, 0] = torch.tensor([0.1, 0.9] * 4)
    views = Augmentation(shift=0)(IMAGES, draws)
    torch.testing.assert_close(views[::2], IMAGES[::2].flip(3))
    torch.testing.assert_close(views[1::2], IMAGES[1::2])


def test_shift_moves_whole_pixels_and_repeats_the_border():
    draws = torch.full((8, 6), 0.5)
    draws[:, 2] = 1.0
    views = Augmentation(mirror=False, shift=3)(IMAGES, draws)
    torch.testing.assert_close(views[..., :-3], IMAGES[..., 3:])
    torch.testing.assert_close(views[..., -3:], IMAGES[..., -1:].expand(-1, -1, -1, 3))


def test_patch_greys_out_a_square_and_nothing_else():
    views = Augmentation(mirror=False, shift=0, patch=2)(IMAGES, torch.full((8, 6), 0.5))
    changed = ~torch.isclose(views, IMAGES, atol=1e-5).all(1)
    assert (views.permute(0, 2, 3, 1)[changed] == 0.5).all()
    assert set(changed.sum((1, 2)).tolist()) == {9}


@given(st.integers(0, 1000))
@settings(max_examples=5)
def test_nothing_hands_back_the_very_images_and_agrees_with_the_general_path(seed):
    draws = NOTHING.draws(8, seed, 0)
    assert NOTHING(IMAGES, draws) is IMAGES
    # A mirror that no image draws and no shift: the same wish, by way of the grid.
    draws[:, 0] = 0.9
    torch.testing.assert_close(Augmentation(mirror=True, shift=0)(IMAGES, draws), NOTHING(IMAGES, draws))


def test_any_part_switched_on_is_more_than_nothing():
    draws = torch.full((8, 6), 0.1)
    for part in ({"mirror": True}, {"shift": 1}, {"zoom": 0.1}, {"patch": 2}):
        views = replace(NOTHING, **part)(IMAGES, draws)
        assert (views - IMAGES).abs().max() > 0.01
