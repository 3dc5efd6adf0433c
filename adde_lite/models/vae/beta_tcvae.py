"""beta-TCVAE (Chen et al., NeurIPS 2018): only the total correlation counts more, not the information in the code."""

from dataclasses import dataclass

from torch import Tensor

from adde_lite.models.vae.elbo import gaussian_kl, kl_parts
from adde_lite.models.vae.vae import VAE, Posterior, VAERecipe


@dataclass(frozen=True, kw_only=True)
class BetaTCVAERecipe(VAERecipe):
    """A VAE whose total correlation is estimated from batches.

    Args:
        images: N, the number of training images.
        beta: weight of the total correlation; 1 is the VAE.
        estimator: "stratified" or "weighted", see `elbo.log_weights`.
    """

    images: int
    beta: float = 6.0
    estimator: str = "stratified"


class BetaTCVAE(VAE):
    """-log p(x|z) + KL(q(z|x) || p(z)) + (beta - 1) * TC(z), with the KL in closed form."""

    recipe: BetaTCVAERecipe

    def __init__(self, recipe: BetaTCVAERecipe) -> None:
        super().__init__(recipe)

    def regularisers(self, posterior: Posterior) -> dict[str, Tensor]:
        mean, log_variance, z = posterior
        kl = gaussian_kl(mean, log_variance).sum()
        _, total_correlation, _ = kl_parts(z, mean, log_variance, self.recipe.images, self.recipe.estimator)
        return {"kl": kl, "total_correlation": (self.recipe.beta - 1) * total_correlation}
