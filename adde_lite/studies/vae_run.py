"""One run of a study of autoencoders: which model, trained on which grid, from which seed, and what is measured."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from adde_lite.augmentation import NOTHING
from adde_lite.metrics.disentanglement import dependence
from adde_lite.models.vae import (
    RFVAE,
    VAE,
    BetaTCVAE,
    BetaTCVAERecipe,
    BetaVAE,
    BetaVAERecipe,
    FactorVAE,
    FactorVAERecipe,
    RFVAERecipe,
    VAERecipe,
)
from adde_lite.models.vae.elbo import gaussian_kl
from adde_lite.studies.grids import Grid, grid_metrics
from adde_lite.training import TrainingRecipe, run_hash, seeded, train

MODELS = {
    VAERecipe: VAE,
    BetaVAERecipe: BetaVAE,
    BetaTCVAERecipe: BetaTCVAE,
    FactorVAERecipe: FactorVAE,
    RFVAERecipe: RFVAE,
}
TRAINING = TrainingRecipe(batch_size=64, learning_rate=2e-3, weight_decay=0.0, bf16=False, augmentation=NOTHING)
ACTIVE_NATS = 0.05  # a dimension that carries less has collapsed onto the prior


@dataclass(frozen=True)
class VAERun:
    """One model of a study.

    Args:
        name: what tells it from the others.
        model: its recipe; the class follows from it.
        grid: what it is trained and judged on.
        seed: of weights, order and sampling.
        steps: of training, rounded down to whole passes; 0 leaves the model as its seed made it.
    """

    name: Mapping[str, str | float]
    model: VAERecipe
    grid: Grid
    seed: int
    steps: int = 2000

    @property
    def hash(self) -> str:
        return run_hash(self.build(), self.training, self.grid.facts())

    @property
    def training(self) -> TrainingRecipe:
        """How it is trained."""
        images = len(self.grid.factors())
        epochs = self.steps // (images // min(TRAINING.batch_size, images))
        return replace(TRAINING, seed=self.seed, epochs=epochs)

    def prepare(self) -> None:
        """Draw the grid."""
        self.grid.images()

    def build(self) -> VAE:
        """The model with its first weights."""
        model: VAE = seeded(lambda: MODELS[type(self.model)](self.model), self.seed)
        return model

    def trained(self, *, progress: bool = True) -> VAE:
        """The model after training, some 45 CPU-seconds for 2,000 steps."""
        model = self.build()
        if self.steps:
            train(model, self.grid.images(progress=progress), self.training, progress=progress)
        return model.eval()

    def measure(self) -> dict[str, float]:
        """Train it and measure it."""
        return self.scores(self.trained(progress=False))

    def scores(self, model: VAE) -> dict[str, float]:
        """Every metric, and what can be computed without labels: the bound's parts and how dependent the codes are.

        Metrics that learn something learn it on three quarters of the grid and are judged by the rest.
        """
        images = self.grid.images(progress=False).images
        means, log_variances = model.posterior(images)
        codes = means.numpy()
        bound = model.elbo(images)
        label_free = dependence(codes)
        kl = gaussian_kl(means, log_variances)
        measured = {
            **grid_metrics(codes, self.grid),
            "reconstruction": float(bound.reconstruction),
            "KL": float(bound.kl),
            "ELBO": float(bound.value),
            "mutual information": float(bound.mutual_information),
            "total correlation": float(bound.total_correlation),
            "total correlation of means": label_free.total_correlation,
            "dependence of means": label_free.mutual_information,
            "active dimensions": float((kl > ACTIVE_NATS).sum()),
        }
        if isinstance(model, RFVAE):
            used = kl > ACTIVE_NATS
            relevant = model.relevance > 0.5
            measured |= {
                "relevant dimensions": float(relevant.sum()),
                "relevant and used": float((relevant & used).sum()),
                "least used relevance": float(model.relevance[used].min()) if used.any() else 0.0,
                "largest unused relevance": float(model.relevance[~used].max()) if (~used).any() else 0.0,
            }
        return measured
