"""beta-VAE (Higgins et al., ICLR 2017): the KL counts beta times, which pays for codes that carry little."""

from dataclasses import dataclass

from torch import Tensor

from adde_lite.models.vae.elbo import gaussian_kl
from adde_lite.models.vae.vae import VAE, Posterior, VAERecipe


@dataclass(frozen=True, kw_only=True)
class BetaVAERecipe(VAERecipe):
    """A VAE and the weight of its KL; beta = 1 is the VAE."""

    beta: float = 4.0


class BetaVAE(VAE):
    """-log p(x|z) + beta * KL(q(z|x) || p(z))."""

    recipe: BetaVAERecipe

    def __init__(self, recipe: BetaVAERecipe | None = None) -> None:
        super().__init__(recipe or BetaVAERecipe())

    def regularisers(self, posterior: Posterior) -> dict[str, Tensor]:
        return {"kl": self.recipe.beta * gaussian_kl(posterior.mean, posterior.log_variance).sum()}
