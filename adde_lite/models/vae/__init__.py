"""Variational autoencoders, one paper a file: what a model finds when nobody tells it the attributes."""

from adde_lite.models.vae.beta_tcvae import BetaTCVAE, BetaTCVAERecipe
from adde_lite.models.vae.beta_vae import BetaVAE, BetaVAERecipe
from adde_lite.models.vae.elbo import ELBO
from adde_lite.models.vae.factor_vae import FactorVAE, FactorVAERecipe
from adde_lite.models.vae.rf_vae import RFVAE, RFVAERecipe
from adde_lite.models.vae.vae import VAE, VAERecipe

__all__ = [
    "ELBO",
    "RFVAE",
    "VAE",
    "BetaTCVAE",
    "BetaTCVAERecipe",
    "BetaVAE",
    "BetaVAERecipe",
    "FactorVAE",
    "FactorVAERecipe",
    "RFVAERecipe",
    "VAERecipe",
]
