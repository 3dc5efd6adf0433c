"""The memory and its edits, on a schema of three attributes with one, two and three values."""

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import nn

from adde_lite.attributes import MISSING, AttributeSchema, Edit
from adde_lite.errors import InputError
from adde_lite.losses import memory_block
from adde_lite.models.adde import PrototypeMemory

SCHEMA = AttributeSchema.of({"colour": ["red", "green", "blue"], "bar": ["upright", "level"], "kind": ["shirt"]})
D = 4
EDITS = st.lists(
    st.sampled_from([Edit(name, value) for name in SCHEMA.names for value in SCHEMA.options(name)]),
    min_size=1,
    max_size=3,
    unique_by=lambda edit: edit.attribute,
)
EDIT = Edit("bar", "level")
SEEDS = st.integers(0, 10_000)
often = settings(max_examples=30)


def made(seed, rows=5, block=False):
    """A random memory (its blocks alone, if asked), embeddings (rows, A, d), and labels with a fifth missing."""
    generator = torch.Generator().manual_seed(seed)
    memory = PrototypeMemory(SCHEMA, D)
    weight = torch.randn(memory.weight.shape, generator=generator)
    memory.weight.data = weight * memory.mask if block else weight
    labels = torch.stack([torch.randint(size, (rows,), generator=generator) for size in SCHEMA.sizes], dim=1)
    labels[torch.rand(labels.shape, generator=generator) < 0.2] = MISSING
    return memory, torch.randn(rows, SCHEMA.A, D, generator=generator), labels


def in_blocks_alone(memory):
    """The same memory without what lies outside its blocks."""
    clean = PrototypeMemory(SCHEMA, D)
    clean.weight.data = memory.weight.detach() * memory.mask
    return clean


@given(seed=SEEDS)
@often
def test_one_hot_is_the_schemas(seed):
    memory, _, labels = made(seed)
    assert torch.equal(memory.one_hot(labels), SCHEMA.one_hot(labels).float())


@given(seed=SEEDS)
@often
def test_product_is_the_sum_of_the_columns_that_a_row_names(seed):
    memory, _, labels = made(seed)
    for row, v in zip(memory(memory.one_hot(labels)), memory.one_hot(labels), strict=True):
        torch.testing.assert_close(row.flatten(), memory.weight[:, v.bool()].sum(1))


@given(seed=SEEDS, edits=EDITS)
@often
def test_residual_is_the_target_prototypes_less_those_of_the_query(seed, edits):
    memory, embeddings, labels = made(seed)
    target = memory.one_hot(SCHEMA.edited(labels, edits))
    residual = memory(target) - memory(memory.one_hot(labels))
    torch.testing.assert_close(memory(SCHEMA.indicator(labels, edits)), residual, rtol=0, atol=1e-6)
    edited = memory.edit(embeddings, edits, "add", labels)
    torch.testing.assert_close(edited, embeddings + residual, rtol=0, atol=1e-6)


@given(seed=SEEDS, edits=EDITS, how=st.sampled_from(("swap", "add")))
@often
def test_memory_of_blocks_moves_the_edited_blocks_and_no_other(seed, edits, how):
    memory, embeddings, labels = made(seed, block=True)
    moved = memory.edit(embeddings, edits, how, labels) != embeddings
    asked = [SCHEMA.index(edit.attribute) for edit in edits]
    others = [a for a in range(SCHEMA.A) if a not in asked]
    assert not moved[:, others].any()
    assert torch.equal(moved[:, asked].all(2), (labels != SCHEMA.edited(labels, edits))[:, asked] | (how == "swap"))


def test_numbers_outside_the_blocks_move_other_attributes_too_when_added():
    memory, embeddings, labels = made(0)
    moved = memory.edit(embeddings, Edit("kind", "shirt"), "add", torch.full_like(labels, MISSING)) != embeddings
    assert moved.all()


@given(seed=SEEDS)
@often
def test_turning_to_a_value_and_back_is_the_identity(seed):
    memory, embeddings, labels = made(seed)
    labels[:, 0] = 0
    there = memory.edit(embeddings, Edit("colour", "blue"), "add", labels)
    now = SCHEMA.edited(labels, Edit("colour", "blue"))
    back = memory.edit(there, Edit("colour", "red"), "add", now)
    assert (there - embeddings).abs().max() > 0.01
    torch.testing.assert_close(back, embeddings, rtol=0, atol=2e-6)


@given(seed=SEEDS, edits=EDITS, how=st.sampled_from(("swap", "add")))
@often
def test_edits_of_different_attributes_do_not_mind_their_order_nor_whether_they_come_at_once(seed, edits, how):
    memory, embeddings, labels = made(seed, block=how == "swap")
    at_once = memory.edit(embeddings, edits, how, labels)
    torch.testing.assert_close(memory.edit(embeddings, edits[::-1], how, labels), at_once)
    for order in (edits, edits[::-1]):
        edited, now = embeddings, labels
        for edit in order:
            edited, now = memory.edit(edited, edit, how, now), SCHEMA.edited(now, edit)
        torch.testing.assert_close(edited, at_once, rtol=0, atol=2e-6)


@given(seed=SEEDS, edits=EDITS)
@often
def test_swap_puts_the_prototypes_in_and_reads_neither_labels_nor_numbers_outside_the_blocks(seed, edits):
    memory, embeddings, labels = made(seed)
    swapped = memory.edit(embeddings, edits)
    for edit in edits:
        wanted = memory.prototype(edit.attribute, edit.value).expand(len(embeddings), D)
        torch.testing.assert_close(swapped[:, SCHEMA.index(edit.attribute)], wanted, rtol=0, atol=0)
    assert torch.equal(swapped, memory.edit(embeddings, edits, labels=labels))
    assert torch.equal(swapped, in_blocks_alone(memory).edit(embeddings, edits))


@given(seed=SEEDS, edits=EDITS, how=st.sampled_from(("swap", "add")))
@often
def test_indicator_rows_edit_as_the_edits_that_they_stand_for(seed, edits, how):
    memory, embeddings, labels = made(seed)
    labels[SCHEMA.edited(labels, edits) == labels] = MISSING  # a row of zeros asks for nothing, an edit for its value
    indicator = SCHEMA.indicator(labels, edits)
    torch.testing.assert_close(
        memory.edit(embeddings, indicator, how), memory.edit(embeddings, edits, how, labels), rtol=0, atol=1e-6
    )


def test_each_indicator_row_edits_its_own_embedding():
    memory, embeddings, _ = made(0, rows=2)
    indicator = torch.zeros(2, SCHEMA.J)
    indicator[0, SCHEMA.column("bar", "level")] = 1
    for how in ("swap", "add"):
        edited = memory.edit(embeddings, indicator, how)
        assert not torch.equal(edited[0], embeddings[0])
        assert torch.equal(edited[1], embeddings[1])


def test_missing_label_takes_nothing_away():
    memory, embeddings, _ = made(1, rows=1)
    labels = torch.tensor([[0, MISSING, 0]])
    edited = memory.edit(embeddings, Edit("bar", "level"), "add", labels)
    column = memory.weight[:, SCHEMA.column("bar", "level")].detach()
    torch.testing.assert_close(edited.flatten(), embeddings.flatten() + column)


@pytest.mark.parametrize("how", ["swap", "add"])
@pytest.mark.parametrize("lead", [(), (1,), (2, 3)])
def test_embeddings_of_any_leading_shape_are_edited_and_left_as_they_were(lead, how):
    memory, _, _ = made(0)
    embeddings = torch.randn(*lead, SCHEMA.A, D, generator=torch.Generator().manual_seed(0))
    labels = torch.zeros(*lead, SCHEMA.A, dtype=torch.int64)
    before = embeddings.clone()
    edited = memory.edit(embeddings, Edit("colour", "green"), how, labels)
    rows = memory.edit(embeddings.reshape(-1, SCHEMA.A, D), Edit("colour", "green"), how, labels.reshape(-1, SCHEMA.A))
    assert torch.equal(edited, rows.reshape(*lead, SCHEMA.A, D))
    assert torch.equal(embeddings, before)


@given(seed=SEEDS)
@often
def test_length_of_the_embedding_decides_how_much_an_edit_turns_it(seed):
    """M i is not scaled with r: ten times the embedding is one and the same search, but another one once edited."""
    memory, embeddings, labels = made(seed)
    labels[:, 0] = 0
    unit, long = (nn.functional.normalize(scale * embeddings.flatten(1)) for scale in (1, 10))
    torch.testing.assert_close(unit, long)
    torch.testing.assert_close(unit.norm(dim=1), torch.ones(len(unit)))
    edit = Edit("colour", "blue")
    turned = [
        nn.functional.cosine_similarity(memory.edit(r, edit, "add", labels).flatten(1), unit)
        for r in (embeddings, 10 * embeddings)
    ]
    assert (turned[1] > turned[0]).all()


@given(seed=SEEDS)
@often
def test_means_are_exact_and_leave_missing_labels_out(seed):
    _, embeddings, labels = made(seed, rows=40)
    assume((SCHEMA.one_hot(labels).sum(0) > 0).all())
    memory = PrototypeMemory.of_means(embeddings, labels, SCHEMA)
    assert memory_block(memory) == 0
    for a, name in enumerate(SCHEMA.names):
        for code, value in enumerate(SCHEMA.options(name)):
            expected = embeddings[labels[:, a] == code, a].mean(0)
            torch.testing.assert_close(memory.prototype(name, value), expected, rtol=0, atol=1e-6)


def test_means_of_stored_half_precision_embeddings_are_those_of_whole_ones():
    embeddings = torch.full((4000, 3, D), 30.0)  # sums of 120,000 are beyond float16
    labels = torch.arange(4000)[:, None] % torch.tensor(SCHEMA.sizes)
    whole, half = (PrototypeMemory.of_means(each, labels, SCHEMA) for each in (embeddings, embeddings.half()))
    assert torch.equal(whole.weight, half.weight)
    assert torch.equal(whole.nearest(embeddings.half()), whole.nearest(embeddings))


def test_embeddings_of_other_images_have_no_means():
    with pytest.raises(InputError, match=r"embeddings: given shape \(3, 3, 4\), expected \(2, 3, d\)"):
        PrototypeMemory.of_means(torch.zeros(3, 3, 4), torch.zeros(2, 3, dtype=torch.int64), SCHEMA)


def test_value_without_images_gets_a_zero_column_and_a_warning_that_names_it():
    embeddings, labels = torch.randn(2, 3, D), torch.tensor([[0, 0, 0], [2, 1, 0]])
    with pytest.warns(UserWarning, match="no image shows colour 'green': zero prototypes"):
        memory = PrototypeMemory.of_means(embeddings, labels, SCHEMA)
    red, green, blue = memory.prototypes[:3]
    assert not memory.weight[:, 1].any()
    assert not green.any()
    assert torch.equal(red, embeddings[0, 0])
    assert torch.equal(blue, embeddings[1, 0])


def test_prototypes_are_the_columns_within_their_blocks_and_a_copy():
    memory, _, _ = made(0)
    for a, (name, offset) in enumerate(zip(SCHEMA.names, SCHEMA.offsets, strict=True)):
        for code, value in enumerate(SCHEMA.options(name)):
            expected = memory.weight[a * D : (a + 1) * D, offset + code]
            assert torch.equal(memory.prototypes[offset + code], expected)
            assert torch.equal(memory.prototype(name, value), expected)
    memory.prototypes.zero_()
    assert memory.prototypes.all()
    assert not memory.prototypes.requires_grad


def test_block_mask_of_shopping100k_leaves_564740_of_616080_numbers_outside():
    memory = PrototypeMemory(AttributeSchema.numbered((16, 17, 19, 14, 10, 15, 2, 11, 16, 7, 9, 15)), 340)
    assert memory.mask.numel() == memory.weight.numel() == 616_080
    assert (~memory.mask).sum() == 564_740
    assert torch.equal(memory.mask.float(), torch.block_diag(*(torch.ones(340, n) for n in memory.schema.sizes)))


def test_gradient_of_the_memory_loss_is_the_sign_outside_and_exactly_zero_inside():
    memory, _, _ = made(0)
    memory.weight.data[0, 4] = 0
    memory_block(memory).backward()
    assert torch.equal(memory.weight.grad, memory.weight.detach().sign() * ~memory.mask)


def test_untrained_memory_is_random_over_all_blocks_at_the_scale_of_a_linear_layer():
    memory, linear = PrototypeMemory(AttributeSchema.numbered((40, 60)), 50), nn.Linear(100, 100, bias=False)
    weight, like = memory.weight.detach(), linear.weight.detach()
    for part in (weight[memory.mask], weight[~memory.mask]):
        assert float(part.abs().max()) == pytest.approx(float(like.abs().max()), rel=0.02)
        assert float(part.std()) == pytest.approx(float(like.std()), rel=0.05)


def test_only_the_matrix_is_stored_and_learns():
    memory, _, _ = made(0)
    assert list(memory.state_dict()) == [name for name, _ in memory.named_parameters()] == ["weight"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((torch.zeros(1, 3, D), Edit("colour", "gren")), "Did you mean 'green'"),
        ((torch.zeros(1, 3, D), Edit("color", "green")), "Did you mean 'colour'"),
        ((torch.zeros(1, 3, D), [Edit("bar", "level"), Edit("bar", "upright")]), "two edits of 'bar'"),
        ((torch.zeros(1, 3, D), Edit("colour", "green"), "replace"), "'replace', expected one of swap, add"),
        ((torch.zeros(1, 3, D), Edit("colour", "green"), "add"), "no labels, expected the values"),
        ((torch.zeros(1, 3, D), Edit("colour", "green"), "add", torch.full((1, 3), 9)), "given 9, expected a code"),
        ((torch.zeros(3, D + 1), Edit("colour", "green")), r"shape \(3, 5\), expected \(..., 3, 4\)"),
        ((torch.zeros(2, 3, D), torch.zeros(1, 6)), r"shape \(1, 6\), expected \(2, 6\)"),
    ],
)
def test_what_does_not_fit_is_named(arguments, message):
    with pytest.raises(InputError, match=message):
        PrototypeMemory(SCHEMA, D).edit(*arguments)


@pytest.mark.parametrize("how", ["add", "swap"])
def test_embeddings_of_double_precision_are_edited_too(how):
    memory, embeddings, labels = made(0, block=True)
    labels = labels.clamp(min=0)
    edited = memory.edit(embeddings.double(), EDIT, how, labels)
    torch.testing.assert_close(edited.float(), memory.edit(embeddings, EDIT, how, labels))


def test_share_outside_the_blocks_is_a_ratio_of_sums_of_absolute_values():
    memory, *_ = made(0)
    memory.weight.data = torch.where(memory.mask, -2.0, 0.5)
    inside = int(memory.mask.sum())
    assert memory.off_block_share == pytest.approx(0.5 * (memory.mask.numel() - inside) / (2 * inside))
    assert in_blocks_alone(memory).off_block_share == 0


def test_nearest_prototype_is_sought_in_each_subspace_by_itself():
    memory, _, labels = made(1, block=True)
    labels = labels.clamp(min=0)
    embeddings = memory(memory.one_hot(labels)).detach()
    assert torch.equal(memory.nearest(embeddings + 1e-3), labels)
    turned = memory.edit(embeddings, Edit("colour", "red"))
    expected = labels.clone()
    expected[:, 0] = 0
    assert torch.equal(memory.nearest(turned), expected)
