"""A catalogue of the user's own: labels from a table, images from a folder or zip."""

import hashlib
import zipfile

import pytest
import torch
from PIL import Image

from adde_lite.attributes import AttributeSchema
from adde_lite.data.table import image_table
from adde_lite.errors import InputError

TABLE = """id,colour,sleeve,split,year,code
7,red,long,train,2011,007
8,blue,,train,2012,008
9,red,short,test,2011,009
"""
COLUMNS = ["colour", "sleeve"]


@pytest.fixture
def catalogue(tmp_path):
    """Write the table and one grey image a row, as bright as its id; gives the arguments of `image_table`."""

    def write(table=TABLE, images=("7.png", "8.png", "9.png")):
        (tmp_path / "labels.csv").write_text(table)
        (tmp_path / "images").mkdir(exist_ok=True)
        for name in images:
            (tmp_path / "images" / name).parent.mkdir(exist_ok=True)
            Image.new("L", (6, 8), int(name.split(".")[0].split("/")[-1])).save(tmp_path / "images" / name)
        return tmp_path / "labels.csv", tmp_path / "images"

    return write


def read(files, columns=COLUMNS, **options):
    return image_table(*files, columns, **{"filename": "{id}.png", "size": 4, "fit": "stretch"} | options)


def test_rows_images_and_labels_stay_together(catalogue):
    data = read(catalogue())
    assert data.ids == ("7", "8", "9")
    assert data.images[:, 0, 0, 0].tolist() == [7, 8, 9]
    assert data.schema == AttributeSchema.of({"colour": ["blue", "red"], "sleeve": ["long", "short"]})
    assert data.labels.tolist() == [[1, 0], [0, -1], [1, 1]]


def test_a_zip_gives_the_same_as_its_folder(catalogue, tmp_path):
    table, folder = catalogue()
    with zipfile.ZipFile(tmp_path / "images.zip", "w") as file:
        for path in folder.iterdir():
            file.write(path, path.name)
    whole, packed = read((table, folder)), read((table, tmp_path / "images.zip"))
    assert torch.equal(whole.images, packed.images)
    assert torch.equal(whole.labels, packed.labels)


def test_values_stand_in_sorted_order(catalogue):
    colours = ["teal", "red", "Blue", "grey", "black", "ochre"]
    table = "id,colour\n" + "".join(f"{row},{colour}\n" for row, colour in enumerate(colours))
    data = read(catalogue(table, images=[f"{row}.png" for row in range(6)]), ["colour"])
    assert data.schema.options("colour") == ("Blue", "black", "grey", "ochre", "red", "teal")
    assert [row["colour"] for row in data.schema.decode(data.labels)] == colours


def test_columns_may_be_given_other_names(catalogue):
    assert read(catalogue(), {"tint": "colour"}).schema.names == ("tint",)


@pytest.mark.parametrize("cell", ["", "NA", "nan", "-1", "null"])
def test_missing_cells_have_no_label(catalogue, cell):
    assert read(catalogue(TABLE.replace("blue,,", f"blue,{cell},"))).labels[1].tolist() == [0, -1]


def test_what_counts_as_missing_can_be_chosen(catalogue):
    data = read(catalogue(TABLE.replace("blue,,", "blue,unknown,")), missing=("unknown",))
    assert data.labels[1].tolist() == [0, -1]


def test_kept_columns_are_numbers_only_when_they_read_as_such(catalogue):
    columns = read(catalogue(), keep=("split", "year", "code")).columns
    assert columns["split"].tolist() == ["train", "train", "test"]
    assert columns["year"].tolist() == [2011, 2012, 2011]
    assert columns["code"].tolist() == ["007", "008", "009"]


def test_a_condition_chooses_the_rows_before_the_images_are_read(catalogue):
    files = catalogue(images=("7.png", "9.png"))
    assert read(files, ["sleeve"], where={"year": 2011}).ids == ("7", "9")
    assert read(files, ["sleeve"], where={"split": ("train", "test"), "id": ("7", "9")}).ids == ("7", "9")


def test_images_are_found_by_any_pattern_of_columns(catalogue):
    table = TABLE.replace("id,", "sku,")
    files = catalogue(table, images=("train/7.png", "train/8.png", "test/9.png"))
    assert read(files, id_column="sku", filename="{split}/{sku}.png").images[:, 0, 0, 0].tolist() == [7, 8, 9]
    assert read(files, id_column="sku", filename="{split}/{id}.png").ids == ("7", "8", "9")


def test_a_given_schema_sets_the_codes_and_their_order(catalogue):
    schema = AttributeSchema.of({"sleeve": ["none", "short", "long"], "colour": ["red", "green", "blue"]})
    data = read(catalogue(), schema=schema)
    assert data.schema == schema
    assert data.labels.tolist() == [[2, 0], [-1, 2], [1, 0]]


def test_rows_without_an_image_are_skipped_with_one_warning(catalogue):
    files = catalogue(images=("7.png", "9.png"))
    with pytest.warns(UserWarning, match=r"labels\.csv: 1 rows without an image skipped \(8\.png\)") as caught:
        data = read(files, ["sleeve"], missing_images="skip")
    assert data.ids == ("7", "9")
    assert data.images[:, 0, 0, 0].tolist() == [7, 9]
    assert len(caught) == 1


def test_checksums_are_compared(catalogue):
    files = catalogue()
    right = hashlib.sha256(files[0].read_bytes()).hexdigest()
    assert len(read(files, sha256={"labels.csv": right})) == 3
    with pytest.raises(InputError, match=r"labels\.csv: given SHA-256"):
        read(files, sha256={"labels.csv": "0" * 64})
    with pytest.raises(InputError, match=r"sha256: given file 'label\.csv'.*Did you mean 'labels\.csv'"):
        read(files, sha256={"label.csv": right})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"columns": ["color"]}, r"labels\.csv: given column 'color', expected one of .*Did you mean 'colour'\?"),
        ({"id_column": "ID"}, r"given column 'ID'.*Did you mean 'id'\?"),
        ({"keep": ["splits"]}, r"given column 'splits'.*Did you mean 'split'\?"),
        ({"where": {"yaer": 2011}}, r"given column 'yaer'.*Did you mean 'year'\?"),
        ({"where": {"year": 1999}}, r"labels\.csv, where: given year 1999: no row, expected one of \['2011', '2012'\]"),
        ({"filename": "{sku}.png"}, "given column 'sku'"),
        ({"filename": "{}.png"}, "given column ''"),
        ({"filename": "{id:06d}.png"}, r"filename: given '\{id:06d\}\.png'.*write \{id:0>6\}"),
        ({"columns": "colour"}, r"columns: given 'colour', expected a list of words. Pass \['colour'\]"),
        ({"keep": "split"}, "keep: given 'split', expected a list"),
        ({"missing": "NA"}, "missing: given 'NA', expected a list"),
        ({"filename": "{id.png"}, "filename: given '{id.png'"),
        ({"filename": "{id}.jpg"}, r"line 2: given no image '7\.jpg' in .*\(3 of 3 rows have none\), .*'7\.png'"),
        ({"filename": "{id}.jpg", "missing_images": "skip"}, r"given no image '7\.jpg'.*3 of 3"),
        ({"filename": "../images/{id}.png"}, r"given no image '\.\./images/7\.png'"),
        ({"missing_images": "drop"}, "missing_images: given 'drop'"),
        ({"where": {"id": 7}}, r"column 'colour': given only the value 'red', expected at least two"),
        ({"where": {"id": 8}, "columns": ["sleeve"]}, "column 'sleeve': given no labelled row"),
        (
            {"schema": AttributeSchema.of({"colour": ["red", "bluish"], "sleeve": ["long", "short"]})},
            r"labels\.csv, line 3, column 'colour': given value 'blue', expected one of red, bluish\. Did you mean",
        ),
        (
            {"schema": AttributeSchema.of({"colour": ["red", "blue"]})},
            "schema and columns: given attribute 'sleeve', expected one of colour",
        ),
        (
            {"schema": AttributeSchema.of({n: ["red", "blue"] for n in ("colour", "sleeve", "fit")})},
            "schema and columns: given attribute 'fit'",
        ),
    ],
)
def test_what_does_not_fit_the_table_is_named(catalogue, options, message):
    with pytest.raises(InputError, match=message):
        read(catalogue(), **options)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("9,red,short,test,2011,009", r"line 5: given id '9' again after line 4, with the same cells"),
        ("9,blue,short,test,2011,009", r"line 5: given id '9' again after line 4, colour 'red' there, 'blue' here"),
        ("9,red,short,train,2011,009", r"given id '9' again after line 4, split 'test' there, 'train' here"),
        (",red,short,train,2011,009", r"labels\.csv, line 5: given an empty 'id'"),
        ("10,red", r"labels\.csv, line 5: given 2 cells"),
    ],
    ids=["same labels", "other labels", "split overlap", "no id", "ragged"],
)
def test_a_row_that_cannot_be_is_named(catalogue, row, message):
    with pytest.raises(InputError, match=message):
        read(catalogue(TABLE + row + "\n"), keep=("split",))


def test_a_broken_image_is_named(catalogue):
    table, folder = catalogue()
    (folder / "8.png").write_text("<html>404</html>")
    with pytest.raises(InputError, match=r"images, '8\.png': given an HTML page"):
        read((table, folder))


def test_the_original_layout_of_the_catalogue_is_read(tmp_path):
    """styles.csv with commas in the last column, unquoted, next to a folder images/."""
    (tmp_path / "styles.csv").write_text(
        "id,gender,articleType,baseColour,year,productDisplayName\n"
        "15970,Men,Shirts,Navy Blue,2011,Turtle Check Men Navy Blue Shirt\n"
        "6044,Men,Jeans,Blue,2010,Lee Men, Slim, Blue\n"
        '39386,Women,Jeans,NA,2012,"Peter, England Jeans"\n'
        "11,Men,Jeans,Black,2012,\n"
    )
    (tmp_path / "images").mkdir()
    for name in (15970, 6044, 39386):
        Image.new("RGB", (60, 80), "navy").save(tmp_path / "images" / f"{name}.jpg")
    with pytest.warns(UserWarning) as caught:
        data = image_table(
            tmp_path / "styles.csv",
            tmp_path / "images",
            ["gender", "articleType"],
            size=(64, 48),
            bad_rows="skip",
            missing_images="skip",
        )
    assert data.ids == ("15970", "39386")
    assert data.images.shape == (2, 3, 64, 48)
    assert [str(warning.message).split(": ")[1] for warning in caught] == [
        "1 malformed rows skipped (lines 3)",
        "1 rows without an image skipped (11.jpg)",
    ]


def test_the_real_catalogue_is_read_as_its_notes_say(shared):
    folder = shared / "data" / "fashion_products"
    data = image_table(
        folder / "labels.csv",
        folder / "images.zip",
        ["gender", "articleType", "baseColour"],
        size=(16, 12),
        where={"core": 1, "split": "query"},
        keep=("split", "dup_group"),
    )
    assert len(data) == 868
    assert (data.labels >= 0).all()
    assert data.images.float().std() > 30
