"""FactorVAE (Kim & Mnih, ICML 2018): a critic that tells codes from shuffled codes measures the total correlation.

Shuffling each dimension of a batch by itself turns samples of q(z) into samples of prod_j q(z_j). A critic with two
logits (D_0: joint, D_1: shuffled) that separates them well has D_0 - D_1 = log q(z) / prod_j q(z_j), whose mean is the
total correlation. The encoder lowers it while the critic keeps learning.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional as F

from adde_lite.models.vae.elbo import gaussian_kl
from adde_lite.models.vae.vae import VAE, Posterior, VAERecipe

CRITIC_BETAS = (0.5, 0.9)
SLOPE = 0.2


@dataclass(frozen=True, kw_only=True)
class FactorVAERecipe(VAERecipe):
    """A VAE with a critic.

    Args:
        gamma: weight of the total correlation.
        critic: widths of the critic's hidden layers.
        critic_rate: its learning rate.
    """

    gamma: float = 10.0
    critic: tuple[int, ...] = (128, 128, 128)
    critic_rate: float = 1e-3


class PermutationCritic(nn.Module):
    """Codes (B, D) to two logits, (B, 2): drawn together, or each dimension by itself."""

    def __init__(self, latents: int, widths: tuple[int, ...]) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for before, after in zip((latents, *widths), widths, strict=False):
            layers += [nn.Linear(before, after), nn.LeakyReLU(SLOPE)]
        last = nn.Linear(widths[-1], 2)
        nn.init.zeros_(last.weight)  # it starts undecided: its loss is ln 2, its estimate 0
        nn.init.zeros_(last.bias)
        self.layers = nn.Sequential(*layers, last)

    def forward(self, z: Tensor) -> Tensor:
        logits: Tensor = self.layers(z)
        return logits

    def total_correlation(self, z: Tensor) -> Tensor:
        """The critic's estimate for codes (B, D); its own weights get no gradient."""
        frozen = {name: weight.detach() for name, weight in self.named_parameters()}
        logits: Tensor = functional_call(self, frozen, (z,))
        return torch.mean(logits[:, 0] - logits[:, 1])

    def loss(self, z: Tensor) -> Tensor:
        """Cross-entropy of telling the first half of codes (B, D) from the shuffled second half; none reaches z.

        Two halves, because a shuffled batch shares its values with the batch it came from.
        """
        half = len(z) // 2
        joint, shuffled = z.detach()[:half], shuffle_dimensions(z.detach()[half : 2 * half])
        logits = self(torch.cat([joint, shuffled]))
        return F.cross_entropy(logits, torch.arange(2, device=z.device).repeat_interleave(half))


def shuffle_dimensions(z: Tensor) -> Tensor:
    """Each column of codes (B, D) in a random order of its own.

    Processes that share their random state draw the same orders, and so one loss on the same gathered codes. Had they
    drawn others, the mean over processes would be one over several shuffles.
    """
    order = torch.rand(z.shape, device=z.device).argsort(dim=0)
    return z.gather(0, order)


class FactorVAE(VAE):
    """-log p(x|z) + KL(q(z|x) || p(z)) + gamma * TC(z), the last by a critic that is trained beside it."""

    recipe: FactorVAERecipe

    def __init__(self, recipe: FactorVAERecipe | None = None) -> None:
        super().__init__(recipe or FactorVAERecipe())
        self.critic = PermutationCritic(self.recipe.latents, self.recipe.critic)

    def regularisers(self, posterior: Posterior) -> dict[str, Tensor]:
        mean, log_variance, z = posterior
        kl = gaussian_kl(mean, log_variance).sum()
        return {"kl": kl, "total_correlation": self.recipe.gamma * self.critic.total_correlation(z)}

    def side_losses(self, posterior: Posterior) -> dict[str, Tensor]:
        return {"critic": self.critic.loss(posterior.z)}

    def parameter_groups(self, weight_decay: float) -> list[dict[str, object]]:
        """The critic's weights in a group of their own: a game needs less momentum."""
        critic = list(self.critic.parameters())
        others = [weight for name, weight in self.named_parameters() if not name.startswith("critic.")]
        return [
            {"params": others, "weight_decay": weight_decay},
            {"params": critic, "weight_decay": 0.0, "lr": self.recipe.critic_rate, "betas": CRITIC_BETAS},
        ]
