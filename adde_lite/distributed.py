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
from torch.nn import functional

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
    mean, variance, count = _moments(x.detach())
    if norm.running_mean is not None and norm.running_var is not None and norm.num_batches_tracked is not None:
        norm.num_batches_tracked.add_(1)
        momentum = norm.momentum if norm.momentum is not None else 1 / float(norm.num_batches_tracked)
        for running, now in ((norm.running_mean, mean), (norm.running_var, variance * count / (count - 1))):
            running.copy_((1 - momentum) * running + momentum * now)
    weight = norm.weight if norm.affine else torch.ones_like(mean)
    bias = norm.bias if norm.affine else torch.zeros_like(mean)
    out: Tensor = _Normalise.apply(x, weight, bias, mean, variance, count, norm.eps)
    return out


def _moments(x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Mean (C,) and variance (C,) of each channel over all processes, and the count of numbers behind them.

    From count, mean and variance of each process (Chan et al., 1979): one exchange, and no difference of large sums.
    """
    kind = torch.promote_types(x.dtype, STATISTICS)
    scratch = torch.zeros(2, x.shape[1], dtype=kind, device=x.device)  # its type is that of the statistics
    mean, variance = torch.batch_norm_update_stats(x, scratch[0], scratch[1], 0.0)
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


class _Normalise(torch.autograd.Function):
    """y = weight * x^ + bias with x^ = (x - mean) / sqrt(variance + eps), the moments being those of all ranks.

    Backward as for constant moments, which torch has a fast kernel for, and then what moves with the moments:
    dx = weight / sqrt(variance + eps) * (dy - (sum dy + x^ sum dy x^) / count), the sums over all ranks.
    """

    @staticmethod
    def forward(  # noqa: PLR0917 - autograd passes no names
        ctx: torch.autograd.function.FunctionCtx,
        x: Tensor,
        weight: Tensor,
        bias: Tensor,
        mean: Tensor,
        variance: Tensor,
        count: Tensor,
        eps: float,
    ) -> Tensor:
        ctx.save_for_backward(x, weight, mean, variance)
        ctx.count, ctx.eps = count, eps  # type: ignore[attr-defined]
        return functional.batch_norm(x, mean, variance, weight, bias, training=False, eps=eps)

    @staticmethod
    def backward(
        ctx: torch.autograd.function.FunctionCtx, gradient: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, None, None, None, None]:
        x, weight, mean, variance = ctx.saved_tensors  # type: ignore[attr-defined]
        count, eps = ctx.count, ctx.eps  # type: ignore[attr-defined]
        dx, of_weight, of_bias = torch.ops.aten.native_batch_norm_backward(
            gradient, x, weight, mean, variance, mean, variance, False, eps, [True, True, True]
        )
        sums = torch.stack([of_weight, of_bias]).to(mean.dtype)  # sum dy x^ and sum dy, of this rank so far
        dist.all_reduce(sums)
        slope, level = -sums * weight * torch.rsqrt(variance + eps) / count
        dx += functional.batch_norm(x, mean, variance, slope, level, training=False, eps=eps)
        return dx, of_weight, of_bias, None, None, None, None
