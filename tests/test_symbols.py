"""The symbol maps: each paper symbol leads to code that is there."""

import nbformat
import pytest

import adde_lite
from adde_lite.models.adde import AttributeEncoder, AttributeHeads, PrototypeMemory
from notebooks.build import read_source, source_names
from tests.symbols import UNKNOWN, Symbol, resolve, symbol, tables

FEWEST_ROWS = 4


@pytest.mark.parametrize("name", source_names())
def test_the_notebook_has_one_symbol_map_and_every_name_in_it_is_there(name):
    book, _ = read_source(name)
    found = tables(book)
    assert len(found) == 1, f"{name} has {len(found)} tables | paper | code | meaning |, it should have one"
    rows = found[0]
    assert len(rows) >= FEWEST_ROWS, f"{name}: {len(rows)} symbols, at least {FEWEST_ROWS}"
    symbols = [row.paper for row in rows]
    assert len(set(symbols)) == len(symbols), f"{name}: a symbol stands twice in {symbols}"
    wrong = []
    for code in (code for row in rows for code in row.code):
        try:
            resolve(code)
        except LookupError as error:
            wrong.append(str(error))
    assert wrong == []


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("adde_lite.train", adde_lite.train),
        ("adde_lite.train(recipe)", adde_lite.train),
        ("adde_lite.models.adde.AttributeEncoder.embed", AttributeEncoder.embed),
        ("adde_lite.models.adde.AttributeEncoder.heads", AttributeHeads),
        ("adde_lite.models.adde.AttributeEncoder.recipe.d", int),
        ("adde_lite.models.adde.EncoderRecipe.widths", UNKNOWN),
        ("adde_lite.models.adde.PrototypeMemory.weight", UNKNOWN),
        ("adde_lite.models.adde.PrototypeMemory(d)", PrototypeMemory),
        ("adde_lite.models.adde.PrototypeMemory.edit(how)", PrototypeMemory.edit),
        ("adde_lite.recipes.PAPER.encoder.model.d", 340),
        ("adde_lite.AttributeSchema.sizes", adde_lite.AttributeSchema.sizes),
    ],
)
def test_a_symbol_leads_to_functions_fields_attributes_and_parameters(name, expected):
    assert resolve(name) == expected


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("AttributeEncoder", "no dotted name of the package"),
        ("torch.nn.Linear", "no dotted name of the package"),
        ("adde_lite.models.ade.AttributeEncoder", "adde_lite.models has no 'ade'"),
        ("adde_lite.models.adde.AttributeEncoder.embedd", "AttributeEncoder has no 'embedd'; there is 'embed'"),
        ("adde_lite.models.adde.AttributeEncoder.trunk.widths", "nothing says what adde_lite.models.adde"),
        ("adde_lite.models.adde.EncoderRecipe.width", "EncoderRecipe has no 'width'; there is 'widths'"),
        ("adde_lite.recipes.PAPER.encoder.modell", "PAPER.encoder has no 'modell'; there is 'model'"),
        ("adde_lite.train(recipes)", "adde_lite.train has no parameter 'recipes'"),
        ("adde_lite.train.recipe", "a parameter is adde_lite.train(recipe)"),
        ("adde_lite.recipes(d)", "takes no parameters"),
    ],
)
def test_a_symbol_that_leads_nowhere_says_which_part_is_missing(name, said):
    with pytest.raises(LookupError) as trouble:
        resolve(name)
    assert said in str(trouble.value)


def test_the_symbol_map_is_read_row_by_row():
    text = (
        "Words.\n\n| paper | code | meaning |\n|---|---|---|\n| $x$ | `adde_lite.train` | one |\n"
        "| $\\|r\\|$ | `adde_lite.a`, `adde_lite.b(c)` | length |\n\nMore words.\n"
        "\n| paper | meaning | code |\n|---|---|---|\n| another | kind | of table |"
    )
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(text), nbformat.v4.new_code_cell("1")])
    assert tables(book) == [
        [
            Symbol("$x$", ("adde_lite.train",), "one"),
            Symbol("$\\|r\\|$", ("adde_lite.a", "adde_lite.b(c)"), "length"),
        ]
    ]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("| $x$ | `adde_lite.train` |", "three cells"),
        ("| $x$ |  | one |", "three cells"),
        ("| $x$ | adde_lite.train | one |", "names in backticks"),
        ("| $x$ | `adde_lite.train` of the loop | one |", "not 'of the loop'"),
    ],
)
def test_a_row_of_a_symbol_map_that_is_not_one_is_refused(row, said):
    with pytest.raises(ValueError, match=said):
        symbol(row)
