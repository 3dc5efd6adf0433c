"""Batches of images, decoded by processes of their own ahead of whoever uses them, or by threads of this one."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple, cast

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, get_worker_info

from adde_lite.data.archive import Archive
from adde_lite.data.decode import Fit, Size, decode_named, height_width
from adde_lite.errors import InputError


class Decoded(NamedTuple):
    """The images of a batch that could be read, uint8 (n, 3, H, W), and by place in the batch why others could not."""

    images: Tensor
    damaged: dict[int, InputError]


def decoded_ahead(
    files: Archive, batches: Iterable[Sequence[str]], *, size: Size, fit: Fit = "pad", workers: int = 0
) -> Iterator[Decoded]:
    """Each batch of names as images, in order. The bytes do not depend on the number of workers.

    Args:
        files: the folder or zip that holds them.
        batches: names of files in it, one sequence a batch; two batches a worker are taken ahead of need.
        size, fit: as `decode_image`.
        workers: processes that decode; 0 decodes in this one, when a batch is asked for.

    Raises:
        InputError: an impossible size or fit, or a negative number of workers. An image that cannot be read is no
            error here: it stands among the damaged.
    """
    height_width(size, fit)
    if workers < 0:
        raise InputError("workers", str(workers), "0 or more", "Pass the number of processes that decode.")
    loader = DataLoader(
        cast(Dataset[Decoded], _Decoder(files, size, fit)),
        batch_sampler=cast(Iterable[list[int]], batches),  # the loader only hands them on to the decoder
        num_workers=workers,
        collate_fn=_as_it_is,
        generator=torch.Generator(),  # or the loader would draw from the caller's random state
    )
    return iter(loader)


class _Decoder:
    """What a worker runs. A damaged image is returned, not raised: torch would wrap the error in one of its own."""

    def __init__(self, files: Archive, size: Size, fit: Fit) -> None:
        self.files, self.size, self.fit = files, size, fit

    def __getitems__(self, names: Sequence[str]) -> Decoded:
        images = torch.empty(len(names), 3, *height_width(self.size, self.fit), dtype=torch.uint8)

        def decode(place: int) -> InputError | None:
            try:
                images[place] = decode_named(self.files, names[place], size=self.size, fit=self.fit)
            except InputError as error:
                return error
            return None

        if get_worker_info() is None:
            with ThreadPoolExecutor() as threads:  # Pillow leaves the interpreter free while it decodes
                errors = list(threads.map(decode, range(len(names))))
        else:
            errors = [decode(place) for place in range(len(names))]
        damaged = {place: error for place, error in enumerate(errors) if error is not None}
        whole = [place for place in range(len(names)) if place not in damaged]
        return Decoded(images[whole] if damaged else images, damaged)


def _as_it_is(batch: Any) -> Any:  # noqa: ANN401 - torch types it by lists, and hands over what the decoder returns
    return batch
