"""A small version of the ICML 2019 study (Locatello et al.): does the objective decide, or the seed?

Four objectives, two strengths each, five seeds: 40 models on one factor grid, trained alike and judged by every metric,
and five untrained ones. Strengths, learning rate and length were chosen on other seeds.
"""

from adde_lite.models.vae import BetaTCVAERecipe, BetaVAERecipe, FactorVAERecipe, RFVAERecipe, VAERecipe
from adde_lite.studies.grids import DRESSES
from adde_lite.studies.vae_run import VAERun

STUDY = "objectives"
SEEDS = (0, 1, 2, 3, 4)
UNTRAINED = "untrained"


def runs() -> list[VAERun]:
    """All runs of the study, untrained models last."""
    images = len(DRESSES.factors())
    models: dict[tuple[str, float], VAERecipe] = {
        **{("beta-VAE", beta): BetaVAERecipe(beta=beta) for beta in (1.0, 4.0)},
        **{("beta-TCVAE", beta): BetaTCVAERecipe(beta=beta, images=images) for beta in (4.0, 8.0)},
        **{("FactorVAE", gamma): FactorVAERecipe(gamma=gamma) for gamma in (10.0, 40.0)},
        **{("RF-VAE", most): RFVAERecipe(lambda_max=most) for most in (5.0, 10.0)},
    }
    trained = [
        VAERun({"objective": objective, "strength": strength, "seed": seed}, model, DRESSES, seed)
        for (objective, strength), model in models.items()
        for seed in SEEDS
    ]
    untrained = [
        VAERun({"objective": UNTRAINED, "strength": 0.0, "seed": seed}, VAERecipe(), DRESSES, seed, steps=0)
        for seed in SEEDS
    ]
    return trained + untrained
