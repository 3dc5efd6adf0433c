"""How often is each attribute predicted right?"""

from torch import Tensor

from adde_lite.attributes import MISSING
from adde_lite.errors import InputError
from adde_lite.metrics.codes import Codes, as_codes


def attribute_accuracy(predicted: Codes, labels: Codes) -> Tensor:
    """Share of labelled images whose attribute is predicted right, float64 (A,).

    NaN where no image is labelled: take `.nanmean()` for one figure.

    Args:
        predicted: int (N, A), predicted codes.
        labels: int (N, A), true codes, -1 where missing; those entries are not counted.

    Raises:
        InputError: shapes that differ or are not (N, A), or codes that are not whole numbers.
    """
    predicted, labels = as_codes("predicted", predicted), as_codes("labels", labels)
    if labels.ndim != 2 or predicted.shape != labels.shape:
        found = f"{tuple(predicted.shape)} and {tuple(labels.shape)}"
        raise InputError("predicted and labels", found, "(N, A) for both", "One row an image, one column an attribute.")
    known = labels != MISSING
    return ((predicted == labels) & known).sum(0).double() / known.sum(0)
