"""The zoo: representations of known quality, made here, and the same as the reference measured them."""

import json
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pytest

SIZES = (3, 6, 40, 32, 32)  # of dSprites
ROTATION = np.linalg.qr(np.random.RandomState(7).randn(5, 5))[0]


def standard(factors):
    """Factors with mean 0 and variance 1, (N, 5)."""
    sizes = np.array(SIZES)
    return (factors - (sizes - 1) / 2) / np.sqrt((sizes**2 - 1) / 12)


def noise(factors, salt, dimensions):
    """Uniform noise of variance 1 that depends on the factors only: splitmix64 of their number, (N, dimensions)."""
    bases = np.array([6 * 40 * 32 * 32, 40 * 32 * 32, 32 * 32, 32, 1])
    state = (factors.astype(np.int64) @ bases)[:, None] * 64 + np.arange(dimensions)
    bits = state.astype(np.uint64) + np.uint64(salt * 2**32) + np.uint64(0x9E3779B97F4A7C15)
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    bits ^= bits >> np.uint64(31)
    return ((bits >> np.uint64(11)).astype(np.float64) / 2**53 - 0.5) * np.sqrt(12)


def merged(factors):
    s = standard(factors)
    return np.stack([s[:, 0] + 3 * s[:, 1], s[:, 2], s[:, 3] + 3 * s[:, 4]], axis=1)


REPRESENTATIONS = {
    "identity": lambda f: f.astype(np.float64),
    "axis_noisy": lambda f: np.hstack([standard(f) + 0.3 * noise(f, 1, 5), 0.02 * noise(f, 2, 5)]),
    "rotated": lambda f: (standard(f) + 0.3 * noise(f, 1, 5)) @ ROTATION,
    "random": lambda f: noise(f, 3, 10),
    "duplicated": lambda f: np.hstack([standard(f)] * 2),
    "merged": merged,
}


@dataclass(frozen=True, repr=False)
class Rows:
    """The four arguments of a metric, `rows.all`, and its two of the training half, `rows.train`."""

    codes: np.ndarray
    factors: np.ndarray
    codes_test: np.ndarray
    factors_test: np.ndarray

    @property
    def train(self):
        return self.codes, self.factors

    @property
    def all(self):
        return self.codes, self.factors, self.codes_test, self.factors_test

    def first(self, rows, rows_test):
        return Rows(self.codes[:rows], self.factors[:rows], self.codes_test[:rows_test], self.factors_test[:rows_test])


@pytest.fixture(scope="session")
def zoo():
    """4,000 rows to learn from and 1,000 to judge by, for every representation."""
    factors = np.random.default_rng(0).integers(SIZES, size=(5000, 5))
    return {
        name: Rows(codes[:4000], factors[:4000], codes[4000:], factors[4000:])
        for name, represent in REPRESENTATIONS.items()
        for codes in (represent(factors),)
    }


@pytest.fixture(scope="session")
def formulas():
    """`represent` of every representation, and the sizes of the factors."""
    return SimpleNamespace(of=REPRESENTATIONS, sizes=SIZES)


@pytest.fixture(scope="session")
def measured(shared):
    """Rows and values that the reference was measured on: `rows[name]`, `values[name]`, and the trained ones' too."""
    folder = shared / "parity" / "disentanglement"
    arrays, record = np.load(folder / "codes.npz"), json.loads((folder / "reference.json").read_text(encoding="utf-8"))
    trained = np.load(folder / "vae_mini.npz")
    rows = {
        name: Rows(arrays[f"{name}_train"], arrays["y_train"], arrays[f"{name}_test"], arrays["y_test"])
        for name in record["values"]
    }
    rows |= {name: Rows(*(trained[name], trained["factors"]) * 2) for name in record["mini"]}
    return SimpleNamespace(rows=rows, values=record["values"], mini=record["mini"])
