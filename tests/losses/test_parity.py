"""The losses equal the public ADDE code's on the same input: values to 1e-5 of themselves, gradients to 1e-6.

What is public are the numbers; the cases named `kept` lie in parity.json beside this file.
"""

from types import SimpleNamespace

import pytest
import torch
from torch.nn import functional as F

from adde_lite.losses import compositional_triplet, consistency, label_triplet, memory_block

TRIPLETS = (
    "all_distinct_m05",
    "all_same_m05",
    "bigger_m05",
    "clustered_other_labels_m05",
    "d1020_m05",
    "duplicates_m05",
    "few_classes_m02",
    "few_classes_m05",
    "few_classes_m10",
    "unnormalised_m05",
    "with_minus1_m05",
)
KEPT_TRIPLETS = ("all_same_m05", "duplicates_m05", "unnormalised_m05")


def assert_equal(loss, value, wanted):
    """The value, and the gradient at each tensor of `wanted`, a list of (tensor, gradient)."""
    torch.testing.assert_close(loss.detach(), value, rtol=1e-5, atol=0)
    gradients = torch.autograd.grad(loss, [tensor for tensor, _ in wanted], materialize_grads=True, retain_graph=True)
    for (_, expected), gradient in zip(wanted, gradients, strict=True):
        torch.testing.assert_close(gradient, expected, rtol=0, atol=1e-6)


def check_triplet(arrays, case):
    def entry(part):
        return arrays[f"{case}__{part}"]

    raw = entry("raw").requires_grad_()
    embeddings = F.normalize(raw) if entry("normalised") else raw.clone()
    loss = label_triplet(embeddings, entry("labels"), float(entry("margin")), missing="class")
    assert_equal(loss, entry("value"), [(raw, entry("grad_raw")), (embeddings, entry("grad_emb"))])


@pytest.mark.parametrize("case", TRIPLETS)
def test_label_triplet(parity, case):
    check_triplet(parity("triplet_semihard"), case)


@pytest.mark.parametrize("case", KEPT_TRIPLETS)
def test_label_triplet_of_the_kept_cases(kept, case):
    check_triplet(kept("triplet_semihard"), case)


def test_every_triplet_case_there_is_gets_compared(parity):
    assert {entry.split("__")[0] for entry in parity("triplet_semihard")} == set(TRIPLETS)


def test_masking_frees_the_case_of_one_label_from_its_pull(kept):
    """`all_same`: the public value is m + mean D_ap = 2.47 and its gradient draws all images together, because a
    negative that does not exist counts as one at distance 0. Masked, a pair without a negative has no say."""
    arrays = kept("triplet_semihard")
    embeddings = F.normalize(arrays["all_same_m05__raw"])
    pull = 0.5 + torch.pdist(embeddings).square().mean()
    torch.testing.assert_close(arrays["all_same_m05__value"], pull)
    assert label_triplet(embeddings, arrays["all_same_m05__labels"], 0.5) == 0


class Memory:
    """One case of the losses around a memory, on fresh tensors."""

    def __init__(self, arrays):
        self.arrays = arrays
        self.weight = arrays["memory_weight"].requires_grad_()
        self.ref, self.pos, self.neg = (arrays[f"feat_{side}"].requires_grad_() for side in ("ref", "pos", "neg"))
        self.edited = self.ref + self.prototypes("indicator")

    def prototypes(self, entry):
        return self.arrays[entry].float() @ self.weight.T

    def gradients(self, loss):
        sides = {"ref": self.ref, "pos": self.pos, "neg": self.neg, "weight": self.weight}
        return [(tensor, self.arrays[f"{loss}_grad_{side}"]) for side, tensor in sides.items()]

    def check(self):
        prototypes = [self.prototypes(f"onehot_{side}") for side in ("pos", "ref", "neg")]
        loss = consistency(prototypes, [self.edited, self.ref, self.neg])
        assert_equal(loss, self.arrays["consist_value"], self.gradients("consist"))
        for name, margin in (("manip_trip_m05", 0.5), ("manip_trip_m10", 1.0)):
            loss = compositional_triplet(*map(F.normalize, (self.edited, self.pos, self.neg)), margin)
            assert_equal(loss, self.arrays[f"{name}_value"], self.gradients(name))
        loss = memory_block(SimpleNamespace(weight=self.weight, mask=self.arrays["offdiag_mask"] == 0))
        assert_equal(loss, self.arrays["offdiag_value"], [(self.weight, self.arrays["offdiag_grad_weight"])])


@pytest.mark.parametrize("d", [8, 340])
def test_consistency_compositional_triplet_and_memory_block(parity, d):
    Memory(parity(f"memory_losses_d{d}")).check()


def test_consistency_compositional_triplet_and_memory_block_of_the_kept_case(kept):
    Memory(kept("memory_losses_d8")).check()
