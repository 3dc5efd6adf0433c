"""What an edit does to what the classifiers say: is the new value there, and did the rest stay?"""

from dataclasses import dataclass

import torch
from torch import Tensor

from adde_lite.attributes import MISSING
from adde_lite.errors import InputError
from adde_lite.models.adde import AttributeEncoder, PrototypeMemory
from adde_lite.models.adde.memory import How

ROWS_AT_ONCE = 1 << 14


@dataclass(frozen=True)
class EditEffect:
    """Shares of all edits tried.

    Args:
        new_value: the edited attribute's own classifier says the new value.
        others_kept: mean share of the other attributes whose classifiers say what they said before.
        all_others_kept: every other classifier says what it said before.
        edits: how many were tried.
    """

    new_value: float
    others_kept: float
    all_others_kept: float
    edits: int


@torch.inference_mode()
def edit_effect(
    encoder: AttributeEncoder, memory: PrototypeMemory, embeddings: Tensor, labels: Tensor, how: How = "add"
) -> EditEffect:
    """Give every image every other value of each attribute that it has, one edit at a time.

    Args:
        encoder: its predictor is what judges.
        memory: the prototypes of the edits, off-block numbers included for "add".
        embeddings: (N, A, d), better of images that were not trained on.
        labels: int64 (N, A), the values that "add" takes away; an attribute that is -1 is not edited.
        how: as in `PrototypeMemory.edit`.

    Raises:
        InputError: no image has a label that could be another.
    """
    schema = encoder.schema
    hot, before = schema.one_hot(labels), encoder.classify(embeddings)
    rows, columns = ((labels[:, memory.owner] != MISSING) & (hot == 0)).nonzero(as_tuple=True)
    if not len(rows):
        raise InputError("labels", "no attribute to edit", "a label at least", "Take images that are labelled.")
    new, kept, all_kept = 0, 0, 0
    for row, column in zip(rows.split(ROWS_AT_ONCE), columns.split(ROWS_AT_ONCE), strict=True):
        attribute = memory.owner[column]
        target = labels[row]
        each = torch.arange(len(row))
        target[each, attribute] = memory.code[column]
        after = encoder.classify(memory.edit(embeddings[row], schema.one_hot(target) - hot[row], how))
        same = after == before[row]
        same[each, attribute] = True
        new += int((after[each, attribute] == memory.code[column]).sum())
        kept += int(same.sum()) - len(row)
        all_kept += int(same.all(1).sum())
    edits = len(rows)
    return EditEffect(new / edits, kept / (edits * max(schema.A - 1, 1)), all_kept / edits, edits)
