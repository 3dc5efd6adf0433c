"""What each step sees. Order and views are keyed by (seed, epoch, example): they depend on no step before."""

from collections.abc import Callable, Generator, Iterator

import torch
from torch import Tensor

from adde_lite.augmentation import EPOCH_STRIDE
from adde_lite.data.images import AttributeImages
from adde_lite.data.streamed import StreamedImages
from adde_lite.errors import InputError
from adde_lite.training.recipe import TrainingRecipe

Pixels = Callable[[list[Tensor]], Iterator[Tensor]]


def epoch_key(seed: int, epoch: int) -> int:
    """The key of everything random in one epoch of one run."""
    return seed * EPOCH_STRIDE + epoch


class Batches:
    """The batches of a run, or the slice of each that one of several processes gets.

    Args:
        data: images and labels; images in memory go to `device` as uint8.
        examples: int64 (T, R), rows of `data`.
        recipe: batch size, seed, augmentation, accumulation.
        device: where views and labels are made.
        labels: int64 (T, R, A), what the model is told of the rows of each example; None tells it the labels of `data`.
        rank, world: which of how many processes this is.

    Raises:
        InputError: fewer than two examples, rows that `data` lacks, labels of another shape, or a batch that the
            processes cannot share evenly.
    """

    def __init__(
        self,
        data: AttributeImages | StreamedImages,
        examples: Tensor,
        recipe: TrainingRecipe,
        device: torch.device,
        *,
        labels: Tensor | None = None,
        rank: int = 0,
        world: int = 1,
    ) -> None:
        _check_examples(examples, len(data))
        if labels is not None:
            _check_labels(labels, (*examples.shape, data.labels.shape[1]))
        self.examples, self.recipe, self.device, self.rank, self.world = examples, recipe, device, rank, world
        self.size = min(recipe.batch_size, len(examples))
        self.steps = len(examples) // self.size
        parts = world * recipe.accumulate
        if self.size % parts:
            given = f"{self.size} examples for {world} process(es), {recipe.accumulate} part(s) each"
            remedy = f"Use batch_size={self.size // parts * parts or parts}, or another number of processes."
            raise InputError("batch_size", given, f"a multiple of {parts}", remedy)
        self._told = None if labels is None else labels.to(device)
        self._labels = data.labels.to(device)
        self._pixels = pixels_of(data, device)

    def of_epoch(self, epoch: int, first: int = 0) -> Generator[tuple[Tensor, Tensor]]:
        """This process's part of each batch from step `first` on, in `accumulate` pieces one after another.

        Each piece is views of the images, float (R * b, 3, H, W) in [0, 1], and their labels, int64 (R * b, A): the
        first row of all b examples, then the second of all, and so on.
        """
        recipe = self.recipe
        key = epoch_key(recipe.seed, epoch)
        order = torch.randperm(len(self.examples), generator=torch.Generator().manual_seed(key))
        draws = recipe.augmentation.draws(self.examples.numel(), recipe.seed, epoch)
        draws = draws.unflatten(0, tuple(self.examples.shape))
        share = self.size // self.world
        pieces = [
            piece
            for batch in order[first * self.size : self.steps * self.size].split(self.size)
            for piece in batch[self.rank * share : (self.rank + 1) * share].chunk(recipe.accumulate)
        ]
        rows = [self.examples[piece].T.flatten() for piece in pieces]
        for piece, places, pixels in zip(pieces, rows, self._pixels(rows), strict=True):
            views = recipe.augmentation(pixels.float() / 255, draws[piece].transpose(0, 1).flatten(0, 1))
            codes = self._labels[places] if self._told is None else self._told[piece].transpose(0, 1).flatten(0, 1)
            yield views.to(memory_format=torch.channels_last), codes


def pixels_of(data: AttributeImages | StreamedImages, device: torch.device) -> Pixels:
    """What gives the images of each set of rows in turn, uint8 on `device`: kept there, or decoded when asked for."""
    if isinstance(data, StreamedImages):
        return lambda rows: (pixels.to(device, non_blocking=True) for pixels in data.batches(rows))
    images = data.images.to(device)
    return lambda rows: (images[places] for places in rows)


def _check_examples(examples: Tensor, rows: int) -> None:
    if len(examples) < 2:
        remedy = "Batch statistics need more than one."
        raise InputError("training data", f"{len(examples)} examples", "at least 2", remedy)
    fits = examples.ndim == 2 and examples.dtype == torch.int64 and examples.numel() > 0
    if not fits or not 0 <= examples.min() <= examples.max() < rows:
        span = f", {examples.min()} to {examples.max()}" if examples.numel() else ""
        given = f"{examples.dtype} {tuple(examples.shape)}{span}"
        raise InputError("examples", given, f"int64 (T, R), rows 0 to {rows - 1}", "Count in the rows of `data`.")


def _check_labels(labels: Tensor, shape: tuple[int, ...]) -> None:
    if labels.dtype != torch.int64 or tuple(labels.shape) != shape:
        given, expected = f"{labels.dtype} {tuple(labels.shape)}", f"int64 {shape}"
        raise InputError("example_labels", given, expected, "Give each row of each example a row of labels.")
