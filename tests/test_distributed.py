"""W processes on B/W images each compute what one process computes on B, in real gloo groups."""

from collections.abc import Callable

import pytest
import torch
from torch import nn

from adde_lite.distributed import gathered, own_slice, rank, shared_batch_statistics, world_size
from tests.processes import in_processes

WORLD = 2


# What all ranks hold together: 6 rows, each with its own weight in the loss.
ROWS = torch.randn(6, 3, generator=torch.Generator().manual_seed(0))


def gathered_and_its_gradient(dim: int):
    values = own_slice(ROWS, dim).clone().requires_grad_()
    together = gathered(values, dim)
    loss = (together**2 * torch.arange(18.0).view(6, 3)).sum()
    loss.backward()
    return {"together": together.detach(), "codes": gathered(torch.tensor([rank()])), "gradient": values.grad}


@pytest.mark.parametrize(("world", "dim"), [(2, 0), (3, 0), (3, 1)])
def test_gathered_rows_are_in_the_order_of_ranks_and_their_gradient_is_the_sum_over_ranks(world, dim):
    alone = gathered_and_its_gradient(dim)
    ranks = in_processes(gathered_and_its_gradient, world, dim)
    for each in ranks:
        assert torch.equal(each["together"], ROWS)
        assert each["codes"].tolist() == list(range(world))
    slices = torch.cat([each["gradient"] for each in ranks], dim)
    torch.testing.assert_close(slices, world * alone["gradient"])  # W equal losses, which DDP divides by W


def test_one_process_gets_its_own_tensor_and_an_untouched_network():
    network = nn.Sequential(nn.BatchNorm1d(3))
    assert (world_size(), rank(), gathered(ROWS) is ROWS, own_slice(ROWS) is ROWS) == (1, 0, True, True)
    with shared_batch_statistics(network):
        assert "forward" not in vars(network[0])


NORMS: dict[str, tuple[Callable[[], nn.Module], tuple[int, ...]]] = {
    "features": (lambda: nn.BatchNorm1d(3), (6, 3)),
    "one row each": (lambda: nn.BatchNorm1d(3), (2, 3)),
    "sequences": (lambda: nn.BatchNorm1d(3, momentum=None), (6, 3, 5)),
    "images": (lambda: nn.BatchNorm2d(3, momentum=0.3, eps=0.1), (6, 3, 4, 5)),
    "without weights": (lambda: nn.BatchNorm2d(3, affine=False), (6, 3, 4, 5)),
    "without memory": (lambda: nn.BatchNorm2d(3, track_running_stats=False), (6, 3, 4, 5)),
    "volumes": (lambda: nn.BatchNorm3d(3), (6, 3, 2, 3, 4)),
}


def normalised(name: str):
    """Three steps far from mean 0 and variance 1, with a loss that is a sum over rows; then evaluation."""
    build, shape = NORMS[name]
    norm = build().double()
    generator = torch.Generator().manual_seed(1)
    for weight in norm.parameters():
        weight.data = torch.rand(weight.shape, generator=generator).double()
    found = {}
    with shared_batch_statistics(norm):
        for step in range(3):
            rows, weights = (torch.randn(shape, generator=generator, dtype=torch.float64) for _ in range(2))
            x = own_slice(100 + 5 * rows).requires_grad_()
            out = norm(x)
            (out**2 * own_slice(weights)).sum().backward()
            found |= {f"row output {step}": out.detach(), f"row gradient {step}": x.grad}
        norm.eval()
        found["row evaluated"] = norm(x).detach()
    assert "forward" not in vars(norm)
    found |= {f"sum {part}": weight.grad for part, weight in norm.named_parameters()}
    return found | {f"same {part}": buffer for part, buffer in norm.named_buffers()}


@pytest.mark.parametrize("name", NORMS)
def test_batch_statistics_and_their_gradient_are_those_of_the_whole_batch(name):
    alone, ranks = normalised(name), in_processes(normalised, WORLD, name)
    for part, expected in alone.items():
        found = [each[part] for each in ranks]
        if part.startswith("row"):
            torch.testing.assert_close(torch.cat(found), expected, rtol=1e-7, atol=1e-10)
        elif part.startswith("sum"):
            torch.testing.assert_close(torch.stack(found).sum(0), expected, rtol=1e-7, atol=1e-10)
        else:
            assert torch.equal(found[0], found[1])
            torch.testing.assert_close(found[0], expected)


def normalised_in_bfloat16():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(3, 4, 3, bias=False), nn.BatchNorm2d(4))
    images = own_slice(50 + torch.randn(8, 3, 16, 16))
    with shared_batch_statistics(network), torch.autocast("cpu", torch.bfloat16):
        out = network(images)
    out.float().square().mean().backward()
    return {"out": out.detach(), "running": network[1].running_mean, "gradient": network[0].weight.grad}


def test_statistics_of_bfloat16_maps_are_float32_and_the_maps_stay_bfloat16():
    alone, ranks = normalised_in_bfloat16(), in_processes(normalised_in_bfloat16, WORLD)
    out = torch.cat([each["out"] for each in ranks])
    assert out.dtype == alone["out"].dtype == torch.bfloat16
    torch.testing.assert_close(out, alone["out"], rtol=0.01, atol=0.01)
    torch.testing.assert_close(ranks[0]["running"], alone["running"], rtol=1e-6, atol=0)
