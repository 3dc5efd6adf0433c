"""Images that stay in their files: the same pixels as in memory, whoever decodes them, and damage is named."""

import pickle
import zipfile

import pytest
import torch
from PIL import Image
from torch.utils.data import get_worker_info

from adde_lite.attributes import AttributeSchema
from adde_lite.data import StreamedImages, ahead, image_table
from adde_lite.data.archive import Archive
from adde_lite.errors import InputError

SCHEMA = AttributeSchema.of({"parity": ["even", "odd"], "third": ["0", "1", "2"]})
ROWS = [torch.tensor(rows) for rows in ([3, 0, 3], [11], [5, 4, 1, 2, 10, 9, 8, 7], [0, 6])]

pytestmark = pytest.mark.filterwarnings("ignore:This DataLoader will create")  # on a machine with one core


def packed(path):
    """The folder `images` beside it as a zip."""
    with zipfile.ZipFile(path, "w") as file:
        for image in path.with_name("images").iterdir():
            file.write(image, image.name)
    return path


@pytest.fixture(params=["folder", "zip"])
def catalogue(request, tmp_path):
    """A table of twelve noisy images, JPEG and PNG, and the folder or zip that holds them."""
    (tmp_path / "images").mkdir()
    generator = torch.Generator().manual_seed(0)
    table = "id,parity,third,split,file\n"
    for row in range(12):
        name = f"{row:02}.{'jpg' if row % 2 else 'png'}"
        pixels = torch.randint(256, (20 + row, 15, 3), generator=generator, dtype=torch.uint8)
        Image.fromarray(pixels.numpy()).save(tmp_path / "images" / name)
        table += f"i{row},{'odd' if row % 2 else 'even'},{row % 3},{'test' if row > 8 else 'train'},{name}\n"
    (tmp_path / "table.csv").write_text(table)
    if request.param == "folder":
        return tmp_path / "table.csv", tmp_path / "images"
    return tmp_path / "table.csv", packed(tmp_path / "images.zip")


def read(catalogue, **options):
    return image_table(*catalogue, ["parity", "third"], size=(12, 10), filename="{file}", keep=["split"], **options)


@pytest.mark.parametrize("workers", [0, 2])
def test_batches_are_the_images_in_memory_bit_for_bit(catalogue, workers):
    whole, streamed = read(catalogue), read(catalogue, in_memory=False, workers=workers)
    batches = list(streamed.batches(iter(ROWS)))
    assert len(batches) == len(ROWS)
    assert all(torch.equal(batch, whole.images[rows]) for batch, rows in zip(batches, ROWS, strict=True))
    assert batches[0].dtype == torch.uint8


def test_labels_and_facts_are_those_of_the_table_in_memory(catalogue):
    whole, streamed = read(catalogue), read(catalogue, in_memory=False)
    for data in (streamed, streamed.loaded()):
        assert (data.ids, data.schema, len(data)) == (whole.ids, whole.schema, 12)
        assert torch.equal(data.labels, whole.labels)
        assert data.columns["split"].tolist() == whole.columns["split"].tolist()
    assert torch.equal(streamed.loaded().images, whole.images)


def test_parts_carry_their_own_images(catalogue):
    whole, streamed = read(catalogue), read(catalogue, in_memory=False)
    for part, expected in [
        (streamed.where(split="test"), whole.where(split="test")),
        (streamed.subset([7, 2]), whole.subset([7, 2])),
        (streamed.subset([]), whole.subset([])),
        (streamed.split({"a": 0.5}, seed=3)["a"], whole.split({"a": 0.5}, seed=3)["a"]),
        (streamed.select(["third"]), whole.select(["third"])),
    ]:
        assert isinstance(part, StreamedImages)
        assert part.ids == expected.ids
        assert torch.equal(part.labels, expected.labels)
        assert torch.equal(part.loaded().images, expected.images)


def test_nothing_is_decoded_before_a_batch_is_asked_for(catalogue, monkeypatch):
    decoded = []
    decode = ahead.decode_named
    monkeypatch.setattr(ahead, "decode_named", lambda *args, **more: decoded.append(args) or decode(*args, **more))
    batches = read(catalogue, in_memory=False).batches(ROWS)
    assert not decoded
    next(batches)
    assert len(decoded) == 3


def test_workers_decode_in_processes_of_their_own(catalogue, monkeypatch):
    def who(*_, **__):
        return torch.full((3, 12, 10), get_worker_info().id, dtype=torch.uint8)

    monkeypatch.setattr(ahead, "decode_named", who)
    batches = list(read(catalogue, in_memory=False, workers=2).batches(ROWS))
    assert {int(worker) for batch in batches for worker in batch.unique()} == {0, 1}


@pytest.mark.parametrize("workers", [0, 2])
def test_the_random_state_of_the_caller_is_left_alone(catalogue, workers):
    before = torch.get_rng_state()
    list(read(catalogue, in_memory=False, workers=workers).batches(ROWS))
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("workers", [0, 2])
def test_a_damaged_image_is_named_by_the_batch_that_needs_it(catalogue, workers):
    table, images = catalogue
    damaged = images.with_name("images") / "04.png"
    damaged.write_bytes(damaged.read_bytes()[:60])
    if images.suffix == ".zip":
        packed(images)
    batches = read((table, images), in_memory=False, workers=workers).batches(ROWS)
    assert [len(next(batches)), len(next(batches))] == [3, 1]
    with pytest.raises(InputError, match=r"04\.png'?: given a PNG image, cut short or damaged") as caught:
        next(batches)
    assert "DataLoader" not in str(caught.value)


def test_a_zip_is_opened_anew_by_each_process(catalogue):
    with Archive(catalogue[1]) as archive:
        content, handle = archive.read("03.jpg"), archive._zip
        there = pickle.loads(pickle.dumps(archive))
        assert (there.names, there.read("03.jpg")) == (archive.names, content)
        archive._opened_by = -1  # as a fork finds it
        assert archive.read("03.jpg") == content
        assert handle is None or archive._zip is not handle


@pytest.mark.parametrize(
    ("rows", "given"),
    [
        (torch.tensor([0, 12]), "torch.int64 (2,), 0 to 12"),
        (torch.tensor([-1]), "torch.int64 (1,), -1 to -1"),
        (torch.tensor([0.0]), "torch.float32"),
        (torch.tensor([[1]]), "torch.int64 (1, 1)"),
    ],
)
def test_rows_that_the_data_lack_are_refused(catalogue, rows, given):
    with pytest.raises(InputError, match="rows: given") as caught:
        list(read(catalogue, in_memory=False).batches([rows]))
    assert caught.value.given.startswith(given)


def test_an_empty_batch_has_no_images(catalogue):
    (batch,) = read(catalogue, in_memory=False).batches([torch.tensor([], dtype=torch.int64)])
    assert batch.shape == (0, 3, 12, 10)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"in_memory": False, "size": 0}, "size: given 0"),
        ({"in_memory": False, "fit": "zoom"}, "fit: given 'zoom'"),
        ({"workers": 2}, "workers: given 2 and in_memory=True"),
        ({"in_memory": False, "filename": "{id}.gif"}, r"no image 'i0\.gif'"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_decoded(catalogue, options, message):
    with pytest.raises(InputError, match=message):
        image_table(*catalogue, ["parity", "third"], **{"filename": "{file}"} | options)


def test_a_negative_number_of_workers_is_refused(catalogue):
    with pytest.raises(InputError, match="workers: given -1"):
        list(read(catalogue, in_memory=False, workers=-1).batches(ROWS))


def test_it_says_what_it_holds_and_where(catalogue):
    data = read(catalogue, in_memory=False)
    assert repr(data) == f"StreamedImages(12 images 12 x 10 from {catalogue[1]}, A=2, J=5)"


def test_names_that_do_not_pair_with_labels_are_refused(catalogue):
    with Archive(catalogue[1]) as archive, pytest.raises(InputError, match="labels: given 2 entries, expected 1"):
        StreamedImages(archive, ("00.png",), torch.zeros(2, 2).long(), SCHEMA, ("a", "b"))
