"""How fast embeddings are edited by the memory."""

import torch
from torch import Tensor

from adde_lite.models.adde import PrototypeMemory
from adde_lite.models.adde.memory import How
from adde_lite.throughput.clock import Clock, Effort, Rate, measured


def edit_rate(
    memory: PrototypeMemory,
    count: int,
    how: How,
    *,
    device: torch.device,
    effort: Effort,
    name: str = "edits",
    clock: Clock | None = None,
) -> Rate:
    """Edits a second: `count` embeddings at a time, float32 (N, A, d), each with an edit of its own."""
    memory = memory.to(device)
    embeddings, indicator = (tensor.to(device) for tensor in edits_to_make(memory, count))

    @torch.inference_mode()
    def edit() -> Tensor:
        return memory.edit(embeddings, indicator, how)

    facts = {"how": how, "A": memory.schema.A, "J": memory.schema.J, "d": memory.d}
    return measured(name, edit, batch=count, effort=effort, device=device, unit="edits", clock=clock, facts=facts)


def edits_to_make(memory: PrototypeMemory, count: int) -> tuple[Tensor, Tensor]:
    """Embeddings (N, A, d) and indicator rows (N, J), each of which changes one attribute to another value."""
    schema, generator = memory.schema, torch.Generator().manual_seed(0)

    def codes(most: Tensor) -> Tensor:
        return (torch.rand(count, schema.A, generator=generator) * most).long()

    sizes = torch.tensor(schema.sizes)
    old = codes(sizes)
    other = (old + 1 + codes(sizes - 1)) % sizes
    edited = torch.randint(schema.A, (count, 1), generator=generator) == torch.arange(schema.A)
    indicator = schema.one_hot(torch.where(edited, other, old)) - schema.one_hot(old)
    return torch.randn(count, schema.A, memory.d, generator=generator), indicator.float()
