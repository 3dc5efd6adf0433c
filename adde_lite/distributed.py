"""What several processes share, so that W of them on B/W images each compute what one computes on B.

Two things look at a whole batch: losses that compare images, and batch normalisation. Everything else is a mean over
images, and `DistributedDataParallel` takes the mean over the processes. Every process must call these functions in the
same order; one that is missing keeps the others waiting. With one process they change nothing.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial

import torch
import torch.distributed as dist
from torch import Tensor, nn

STATISTICS = torch.float32  # bfloat16 has too few digits for sums over a batch
BatchNorm = nn.BatchNorm1d | nn.BatchNorm2d | nn.BatchNorm3d

_ALONE = ContextVar("alone", default=False)


def rank() -> int:
    """The number of this process, from 0; 0 where there is only one."""
    return dist.get_rank() if _grouped() else 0


def world_size() -> int:
    """W, how many processes train together; 1 without a process group."""
    return dist.get_world_size() if _grouped() else 1


def gathered(values: Tensor, dim: int = 0) -> Tensor:
    """The rows of all processes, in the order of their ranks, with gradient.

    For losses that compare images: every process computes the loss L of the whole batch, from the same rows. Backward
    sums the W equal gradients of these losses and takes the own slice: W times that of L. Averaged over processes
    by DDP, the weights before the gather get sum over ranks of their share of dL, and those behind it, of which
    every process computes all of dL, the mean of W equal ones: both as in one process.

    Args:
        values: of any type, the same shape in every process.
        dim: along which they are joined.

    Returns:
        As `values`, W times as long along `dim`; `values` itself with one process.
    """
    if world_size() == 1:
        return values
    joined: Tensor = _Gather.apply(values, dim)
    return joined


def own_slice(values: Tensor, dim: int = 0) -> Tensor:
    """The part of a whole batch that is this process's: undoes `gathered`.

    For random numbers: drawn for the whole batch from the seed that all processes share, each takes its own.
    """
    return values.chunk(world_size(), dim)[rank()] if world_size() > 1 else values


@contextmanager
def shared_batch_statistics(network: nn.Module) -> Iterator[None]:
    """Within it, batch normalisation in training mode takes mean and variance over the images of all processes.

    Running statistics become those of one process with the whole batch. `torch.nn.SyncBatchNorm` does the same, but
    refuses the CPU. On leaving, the network is as it was before.
    """
    norms = [module for module in network.modules() if isinstance(module, BatchNorm)] if world_size() > 1 else []
    for norm in norms:
        norm.__dict__["forward"] = partial(_normalised, norm)
    try:
        yield
    finally:
        for norm in norms:
            del norm.__dict__["forward"]


def _normalised(norm: BatchNorm, x: Tensor) -> Tensor:
    if not norm.training and norm.running_mean is not None:
        return type(norm).forward(norm, x)
    norm._check_input_dim(x)
    mean, variance, count = _moments(x)
    if norm.running_mean is not None and norm.running_var is not None and norm.num_batches_tracked is not None:
        with torch.no_grad():
            norm.num_batches_tracked.add_(1)
            momentum = norm.momentum if norm.momentum is not None else 1 / float(norm.num_batches_tracked)
            for running, now in ((norm.running_mean, mean), (norm.running_var, variance * count / (count - 1))):
                running.copy_((1 - momentum) * running + momentum * now)
    scale = torch.rsqrt(variance + norm.eps)
    if norm.affine:
        scale = scale * norm.weight
    shift = -mean * scale
    if norm.affine:
        shift = shift + norm.bias
    each = (-1, *[1] * (x.ndim - 2))  # one number a channel
    return (x * scale.view(each) + shift.view(each)).to(x.dtype)


def _moments(x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Mean (C,) and variance (C,) of each channel over all processes, and the count of numbers behind them.

    From count, mean and variance of each process (Chan et al., 1979): one exchange, and no difference of large sums.
    """
    kind = torch.promote_types(x.dtype, STATISTICS)
    variance, mean = torch.var_mean(x.to(kind), [0, *range(2, x.ndim)], correction=0)
    count = mean.new_full((1,), x.numel() / x.shape[1])
    own = torch.cat([count, mean, variance])
    counts, means, variances = gathered(own[None]).split([1, len(mean), len(mean)], dim=1)
    share = counts / counts.sum()
    mean = (share * means).sum(0)
    variance = (share * (variances + (means - mean) ** 2)).sum(0)
    return mean, variance, counts.sum()


@contextmanager
def alone() -> Iterator[None]:
    """Within it a process works by itself, as if there were no others: for what all of them compute alike."""
    token = _ALONE.set(True)
    try:
        yield
    finally:
        _ALONE.reset(token)


def _grouped() -> bool:
    return dist.is_available() and dist.is_initialized() and not _ALONE.get()


class _Gather(torch.autograd.Function):
    """Forward joins the tensors of all ranks; backward sums the gradients of all ranks and takes the own slice."""

    @staticmethod
    def forward(ctx: torch.autograd.function.FunctionCtx, values: Tensor, dim: int) -> Tensor:
        ctx.dim = dim  # type: ignore[attr-defined]
        values = values.contiguous()
        parts = [torch.empty_like(values) for _ in range(world_size())]
        dist.all_gather(parts, values)
        return torch.cat(parts, dim)

    @staticmethod
    def backward(ctx: torch.autograd.function.FunctionCtx, gradient: Tensor) -> tuple[Tensor, None]:
        total = gradient.clone(memory_format=torch.contiguous_format)
        dist.all_reduce(total)
        return own_slice(total, ctx.dim), None  # type: ignore[attr-defined]
