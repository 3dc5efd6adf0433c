"""Notebook 02: what a score depends on beside the code: the turn, the number of rows, the correlation of factors."""

import numpy as np
import torch

from adde_lite.data.wardrobe import WARDROBE
from adde_lite.data.wardrobe.sampling import label_row
from adde_lite.metrics.disentanglement import mig
from adde_lite.models.vae.elbo import log_normal
from claims.claim import Claim, Numbers

NOTEBOOK = "02_disentanglement_analysis"
FACTORS = (4, 3, 3, 3, 4, 4)
MANY, FEW = 5000, 50
ALWAYS = ("category", "colour", "pattern")  # every garment has them


def turned(on: bool) -> Numbers:
    """Codes drawn from the prior, then turned; or sheared, which a prior notices."""
    z = torch.randn(5000, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    turn = torch.tensor([[1, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]], dtype=torch.float64) / 2
    other = z @ (turn if on else turn.tril() + torch.eye(4, dtype=torch.float64))
    factors = torch.bucketize(z, torch.tensor([-0.67, 0.0, 0.67], dtype=torch.float64))
    prior, after = (log_normal(codes, 0.0, 0.0).sum(1) for codes in (z, other))
    return {
        "largest change of the prior": float((prior - after).abs().max()),
        "MIG": mig(z, factors).score,
        "MIG, moved": mig(other, factors).score,
    }


def sampled(on: bool) -> Numbers:
    """What codes seem to tell that know nothing: from many rows, or from as few as the first point of the curve."""
    shares, gaps = [], []
    for seed in range(5):
        draw = np.random.default_rng(seed)
        told = []
        for rows in (FEW, MANY if on else FEW):
            factors = draw.integers(FACTORS, size=(rows, len(FACTORS)))
            told.append(float(mig(draw.uniform(-1, 1, (rows, len(FACTORS))), factors).told.mean()))
            gaps.append(mig(factors + 0.5 * draw.uniform(-1, 1, factors.shape), factors).score)
        shares.append(told)
    first, last = np.mean(shares, axis=0)
    few, many = np.ptp(gaps[::2]), np.ptp(gaps[1::2])
    return {"bias left, share": float(last / first), "range left, share": float(many / few)}


def correlated(on: bool) -> Numbers:
    """MIG of perfect codes, the labels themselves, where they are independent and where they are correlated."""
    rows = [[label_row(k, 0, amount, 1) for k in range(1500)] for amount in (0.0, 1.0 if on else 0.0)]
    columns = [WARDROBE.index(name) for name in ALWAYS]
    independent, shop = (np.array(labels)[:, columns] for labels in rows)
    return {
        "MIG, independent": mig(independent.astype(float), independent).score,
        "MIG, correlated": mig(shop.astype(float), shop).score,
    }


def same_to_the_prior_alone(measured: Numbers) -> bool:
    return measured["largest change of the prior"] < 1e-9 and measured["MIG, moved"] < measured["MIG"] / 2


CLAIMS = (
    Claim(
        "no objective sees a turn",
        NOTEBOOK,
        "So every term of the bound that such models maximise is the same; only the labels can tell the two apart.",
        "the move is a rotation (off: a shear)",
        turned,
        same_to_the_prior_alone,
        quick=True,
    ),
    Claim(
        "rows remove the bias",
        NOTEBOOK,
        "More rows remove the bias, and the range over seeds shrinks with them.",
        f"{MANY} rows in place of {FEW} (off: {FEW} again)",
        sampled,
        lambda measured: measured["bias left, share"] < 0.2 and measured["range left, share"] < 0.5,
        quick=True,
    ),
    Claim(
        "correlation lowers perfect scores",
        NOTEBOOK,
        "What fell is the score: when colour tells about category, the code for category tells about colour, and the "
        "gap closes.",
        "correlation between attributes",
        correlated,
        lambda measured: measured["MIG, correlated"] < measured["MIG, independent"] - 0.05,
        quick=True,
    ),
)
