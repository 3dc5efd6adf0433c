"""What every metric lets in: codes float64 (N, D), factors int64 (N, F), checked once at the door."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from adde_lite.attributes import MISSING
from adde_lite.errors import InputError
from adde_lite.metrics.codes import Codes, as_codes, as_torch

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Split:
    """Rows to learn from and rows to judge by, as float64 (N, D) and int64 (N, F)."""

    codes: Floats
    factors: Ints
    codes_test: Floats
    factors_test: Ints


def check_draws(metric: str, **counts: tuple[int, int]) -> None:
    """Raise InputError, which names the argument, for a count of draws below its least: name=(count, least)."""
    for name, (count, least) in counts.items():
        if count < least:
            raise InputError(f"{metric}, {name}", str(count), f"at least {least}", "Draw more.")


def representation(name: str, given: Codes) -> Floats:
    """Codes as float64 (N, D). Raises InputError for another shape, no row, no column, NaN or infinity."""
    tensor = as_torch(given).detach()
    if tensor.ndim != 2 or not tensor.numel():
        raise InputError(name, f"shape {tuple(tensor.shape)}", "(N, D), neither 0", "One row a sample.")
    codes: Floats = tensor.double().cpu().numpy()
    finite = np.isfinite(codes)
    if not finite.all():
        row, column = np.argwhere(~finite)[0]
        raise InputError(
            f"{name}, row {row}, code {column}", str(codes[row, column]), "finite numbers", "Look at the encoder first."
        )
    return codes


def varies(codes: Floats) -> NDArray[np.bool_]:
    """Which codes, of (N, D), are not constant: bool (D,). The mean of equal numbers may round to another, so both."""
    moves: NDArray[np.bool_] = (np.ptp(codes, axis=0) > 0) & (codes.std(0) > 0)
    return moves


def labelled(
    codes: Codes, factors: Codes, *, names: tuple[str, str] = ("codes", "factors"), least: int = 1
) -> tuple[Floats, Ints]:
    """Codes and factors of the same rows, as float64 (N, D) and int64 (N, F).

    Every factor must vary: a factor with one value has no entropy to share and no value to predict.

    Args:
        codes: (N, D), finite.
        factors: whole numbers (N, F), none missing.
        names: of the two arguments, for the error.
        least: fewest factors that the metric is defined for.

    Raises:
        InputError: shapes that disagree, fewer than `least` factors, a missing label, or a factor with one value.
    """
    code_name, factor_name = names
    numbers, labels = representation(code_name, codes), factor_rows(factor_name, factors)
    if len(labels) != len(numbers):
        found = f"{len(numbers)} and {len(labels)} rows"
        raise InputError(f"{code_name} and {factor_name}", found, "as many rows in both", "Row i is the same sample.")
    if labels.shape[1] < least:
        found = f"{labels.shape[1]} factor"
        raise InputError(factor_name, found, f"at least {least}", "This metric compares factors with one another.")
    still = np.flatnonzero(labels.min(0) == labels.max(0))
    if len(still):
        found = f"one value ({labels[0, still[0]]}) in all rows"
        raise InputError(f"{factor_name}, column {still[0]}", found, "two values or more", "Leave the column out.")
    return numbers, labels


def split(codes: Codes, factors: Codes, codes_test: Codes, factors_test: Codes, *, least: int = 1) -> Split:
    """Both halves of a labelled set. Raises InputError as `labelled`, or when the halves have other columns."""
    train = labelled(codes, factors, least=least)
    test = representation("codes_test", codes_test), factor_rows("factors_test", factors_test)
    expected = (train[0].shape[1], train[1].shape[1])
    if len(test[0]) != len(test[1]) or (test[0].shape[1], test[1].shape[1]) != expected:
        found = f"{test[0].shape} and {test[1].shape}"
        wanted = f"(N, {expected[0]}) and (N, {expected[1]})"
        raise InputError("codes_test and factors_test", found, wanted, "Give the columns of the training rows.")
    return Split(*train, *test)


def factor_rows(name: str, given: Codes) -> Ints:
    """Factors as int64 (N, F). Raises InputError for another shape, no entry, or a missing label."""
    labels: Ints = as_codes(name, given).cpu().numpy()
    if labels.ndim != 2 or not labels.size:
        raise InputError(name, f"shape {labels.shape}", "(N, F), neither 0", "One row a sample, one column a factor.")
    if (labels == MISSING).any():
        row, column = np.argwhere(labels == MISSING)[0]
        raise InputError(
            f"{name}, row {row}, column {column}", "a missing label", "every label", "Keep the rows that have them all."
        )
    return labels
