"""What the objectives are compared on: the weights after the same few steps."""

import pytest
import torch

PIXELS = torch.rand(16, 3, 32, 32, generator=torch.Generator().manual_seed(0))
NO_LABELS = torch.empty(16, 0, dtype=torch.int64)


@pytest.fixture
def trained():
    """Train a VAE for some steps, the noise of each step seeded; returns every weight of the autoencoder."""

    def run(network, steps=8):
        optimiser = torch.optim.AdamW(network.parameter_groups(0.01), 1e-2)
        for step in range(steps):
            torch.manual_seed(step)
            optimiser.zero_grad()
            sum(network.loss(PIXELS, NO_LABELS).values()).backward()
            optimiser.step()
        weights = [weight for name, weight in network.named_parameters() if not name.startswith("critic.")]
        return torch.cat([weight.detach().flatten() for weight in weights])

    return run
