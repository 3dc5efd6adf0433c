import pytest
import torch

from adde_lite.attributes import MISSING
from adde_lite.errors import InputError
from adde_lite.metrics.edits import edit_effect
from adde_lite.models.adde import AttributeEncoder, EncoderRecipe, PrototypeMemory

MODEL = EncoderRecipe(widths=(4, 4, 4, 8), hidden=6, d=5)
LABELS = torch.tensor([[0, 0], [1, 1], [2, -1], [-1, 0]])


@pytest.fixture
def reader(schema):
    """An encoder whose classifiers read the value off the first numbers of each block."""
    encoder = AttributeEncoder(schema, MODEL)
    with torch.no_grad():
        encoder.predictor.bias.zero_()
        encoder.predictor.weight.copy_(torch.cat([torch.eye(3, 5), torch.eye(2, 5)]))
    return encoder


def clean(schema):
    """The prototype of a value is what its classifier reads best, in its block alone."""
    memory = PrototypeMemory(schema, MODEL.d)
    with torch.no_grad():
        memory.weight.zero_()
        memory.weight[:5, :3], memory.weight[5:, 3:] = torch.eye(5, 3), torch.eye(5, 2)
    return memory


def test_every_other_value_of_every_labelled_attribute_is_tried(reader, schema):
    memory = clean(schema)
    effect = edit_effect(reader, memory, memory(schema.one_hot(LABELS)), LABELS)
    assert effect.edits == 3 * 2 + 3 * 1
    assert (effect.new_value, effect.others_kept, effect.all_others_kept) == (1, 1, 1)


@pytest.mark.parametrize("how", ["add", "swap"])
def test_memory_that_says_nothing_brings_no_new_value_when_added(reader, schema, how):
    memory = clean(schema)
    embeddings = memory(schema.one_hot(LABELS)).detach()
    with torch.no_grad():
        memory.weight.zero_()
    effect = edit_effect(reader, memory, embeddings, LABELS, how)
    # Swapped, the block is zero: its classifier says the first value, which a third or half of the edits ask for.
    assert (effect.new_value == 0) == (how == "add")
    assert effect.others_kept == 1


def test_numbers_outside_the_blocks_turn_other_attributes_when_added_and_not_when_swapped(reader, schema):
    memory = clean(schema)
    embeddings = memory(schema.one_hot(LABELS)).detach()
    with torch.no_grad():
        memory.weight[6, 2] = 3.0  # blue says "level" loudly
    added = edit_effect(reader, memory, embeddings, LABELS)
    # Four edits take blue away or bring it: the bar of row 0 turns to level, that of row 1 is level already, row 2 goes
    # twice from no answer to upright, which it was.
    assert added.others_kept == added.all_others_kept == 8 / 9
    assert edit_effect(reader, memory, embeddings, LABELS, "swap").others_kept == 1


def test_edits_in_parts_count_as_a_whole(reader, schema, monkeypatch):
    memory = PrototypeMemory(schema, MODEL.d)
    embeddings = torch.randn(4, 2, 5)
    whole = edit_effect(reader, memory, embeddings, LABELS)
    monkeypatch.setattr("adde_lite.metrics.edits.ROWS_AT_ONCE", 2)
    assert edit_effect(reader, memory, embeddings, LABELS) == whole


def test_labels_that_leave_nothing_to_edit_are_refused(reader, schema):
    with pytest.raises(InputError, match="labels: given no attribute to edit"):
        edit_effect(reader, clean(schema), torch.zeros(4, 2, 5), torch.full((4, 2), MISSING))
