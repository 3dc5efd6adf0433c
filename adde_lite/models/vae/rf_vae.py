"""Relevance Factor VAE (Kim et al., 2019, arXiv 1902.01568): the model also learns how many dimensions it needs.

Symbols: r_j = sigmoid(rho_j) in (0, 1) the relevance of dimension j, H_b the entropy of a coin in nats. Minimises

    -log p(x|z) + sum_j lambda(r_j) KL_j + gamma TC(r * z) + eta_S sum_j r_j + eta_H sum_j H_b(r_j)
    lambda(r) = lambda_max - (lambda_max - lambda_min) r

A relevant dimension pays little KL, an irrelevant one much; eta_S keeps few, eta_H makes the answer yes or no.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from adde_lite.models.vae.elbo import gaussian_kl
from adde_lite.models.vae.factor_vae import FactorVAE, FactorVAERecipe
from adde_lite.models.vae.vae import Posterior

START_SCALE = 0.001


@dataclass(frozen=True, kw_only=True)
class RFVAERecipe(FactorVAERecipe):
    """A FactorVAE with a relevance for each dimension.

    Args:
        lambda_min, lambda_max: weight of the KL of a fully relevant and of an irrelevant dimension.
        eta_s: price of relevance.
        eta_h: price of indecision.
        settle: steps before rho begins to learn. It decides once, so it should judge a code that has formed; the
            paper gets there by a far smaller learning rate and many more steps.
        relevance_rate: learning rate of rho.
    """

    gamma: float = 6.4
    lambda_min: float = 0.1
    lambda_max: float = 10.0
    eta_s: float = 1.0
    eta_h: float = 100.0
    settle: int = 1300
    relevance_rate: float = 2e-2


class RFVAE(FactorVAE):
    """A VAE that sorts its dimensions into relevant and irrelevant ones."""

    recipe: RFVAERecipe
    resting_weights = True  # rho, until the code has settled

    def __init__(self, recipe: RFVAERecipe | None = None) -> None:
        super().__init__(recipe or RFVAERecipe())
        self.rho = nn.Parameter(START_SCALE * torch.randn(self.recipe.latents))

    @property
    def relevance(self) -> Tensor:
        """r, (D,), each in (0, 1)."""
        return self._learning_rho().sigmoid()

    def _learning_rho(self) -> Tensor:
        """rho, without a gradient until the code has settled."""
        return self.rho if self.steps >= self.recipe.settle else self.rho.detach()

    def kl_weights(self) -> Tensor:
        """lambda(r), (D,), as a mixture: exact at both ends."""
        r = self.relevance
        return self.recipe.lambda_max * (1 - r) + self.recipe.lambda_min * r

    def regularisers(self, posterior: Posterior) -> dict[str, Tensor]:
        mean, log_variance, z = posterior
        r, rho = self.relevance, self._learning_rho()
        return {
            "kl": (self.kl_weights() * gaussian_kl(mean, log_variance)).sum(),
            "total_correlation": self.recipe.gamma * self.critic.total_correlation(r * z),
            "sparsity": self.recipe.eta_s * r.sum(),
            # H_b(r) = -r ln r - (1 - r) ln(1 - r), from rho itself: finite even where r has rounded to 0 or 1.
            "indecision": self.recipe.eta_h * (F.softplus(rho) - r * rho).sum(),
        }

    def side_losses(self, posterior: Posterior) -> dict[str, Tensor]:
        return {"critic": self.critic.loss(self.relevance * posterior.z)}

    def parameter_groups(self, weight_decay: float) -> list[dict[str, object]]:
        """Relevances learn at a rate of their own: Adam moves rho by about the rate a step, whatever the prices."""
        network, critic = super().parameter_groups(weight_decay)
        weights = [weight for name, weight in self.named_parameters() if not name.startswith(("critic.", "rho"))]
        return [
            {**network, "params": weights},
            critic,
            {"params": [self.rho], "weight_decay": 0.0, "lr": self.recipe.relevance_rate},
        ]
