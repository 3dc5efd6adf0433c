import gc
import json
import sys

import psutil
import pytest
import torch

from adde_lite import storage
from adde_lite.attributes import AttributeSchema, Edit
from adde_lite.errors import InputError
from adde_lite.models.adde import AttributeEncoder, EncoderRecipe, PrototypeMemory
from adde_lite.models.fingerprint import fingerprint
from adde_lite.retrieval.gallery import Gallery
from adde_lite.training import seeded

SCHEMA = AttributeSchema.of({"colour": ["red", "green", "blue"], "bar": ["upright", "level"]})
N, D = 40, 4
NAMES = [f"garment {row}" for row in range(N)]


@pytest.fixture(scope="module")
def encoder():
    recipe = EncoderRecipe(widths=(4, 4, 4, 8), hidden=8, d=D)
    return seeded(lambda: AttributeEncoder(SCHEMA, recipe), 0)


def random_gallery(model=None, seed=0, **arguments):
    generator = torch.Generator().manual_seed(seed)
    embeddings = torch.randn(N, SCHEMA.A, D, generator=generator)
    labels = torch.stack([torch.randint(n, (N,), generator=generator) for n in SCHEMA.sizes], dim=1)
    memory = PrototypeMemory.of_means(embeddings, labels, SCHEMA)
    with torch.no_grad():
        memory.weight += 0.01
    return Gallery(embeddings, labels, SCHEMA, memory, model=model and fingerprint(model), ids=NAMES, **arguments)


@pytest.fixture
def folder(tmp_path, encoder):
    random_gallery(encoder).save(tmp_path / "gallery")
    return tmp_path / "gallery"


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
@pytest.mark.parametrize("memory_map", [True, False])
def test_a_gallery_comes_back_whole(tmp_path, encoder, dtype, memory_map):
    gallery = random_gallery(encoder, dtype=dtype)
    gallery.save(tmp_path / "gallery")
    read = Gallery.load(tmp_path / "gallery", model=encoder, memory_map=memory_map)
    assert torch.equal(read.embeddings, gallery.embeddings)
    assert read.embeddings.dtype == dtype
    assert torch.equal(read.labels, gallery.labels)
    assert (read.schema, read.ids, read.model) == (SCHEMA, tuple(NAMES), fingerprint(encoder))
    query, edit = gallery.embeddings[3].float(), Edit("colour", "blue")
    for how in ("swap", "add"):
        expected = gallery.edit(query, edit, 10, how, gallery.labels[3])
        assert torch.equal(read.edit(query, edit, 10, how, gallery.labels[3]), expected)


def test_memory_ids_and_model_may_be_absent(tmp_path):
    gallery = random_gallery()
    Gallery(gallery.embeddings, gallery.labels, SCHEMA).save(tmp_path / "plain")
    read = Gallery.load(tmp_path / "plain")
    assert (read.memory, read.ids, read.model) == (None, None, None)
    assert torch.equal(read.search(gallery.embeddings[0], 5), gallery.search(gallery.embeddings[0], 5))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells which files are mapped")
def test_embeddings_stay_on_disk_until_they_are_read(folder):
    assert mapped(folder) == 0
    copied = Gallery.load(folder, memory_map=False)
    gc.collect()
    assert mapped(folder) == 0
    read = Gallery.load(folder)
    assert mapped(folder) >= read.embeddings.nbytes
    assert torch.equal(read.embeddings, copied.embeddings)


def mapped(folder):
    """How many bytes of the gallery's file stand in this process's address space."""
    maps = psutil.Process().memory_maps(grouped=False)
    return sum(part.size for part in maps if part.path == str(folder / storage.TENSORS))


def test_a_gallery_in_use_outlasts_one_saved_over_it(folder, encoder):
    read = Gallery.load(folder)
    other = random_gallery(encoder, seed=1)
    query, old = other.embeddings[0], random_gallery(encoder)
    other.save(folder)
    assert torch.equal(read.search(query, 10), old.search(query, 10))
    assert torch.equal(Gallery.load(folder).search(query, 10), other.search(query, 10))


def test_a_mapped_gallery_can_be_saved_in_its_own_place(folder, encoder):
    Gallery.load(folder).save(folder)
    assert torch.equal(Gallery.load(folder).embeddings, random_gallery(encoder).embeddings)


def test_a_gallery_of_another_model_is_refused(folder, encoder):
    other = seeded(lambda: AttributeEncoder(SCHEMA, encoder.recipe), 1)
    for model in (other, fingerprint(other)):
        with pytest.raises(
            InputError, match=f"embeddings of model {fingerprint(encoder)[:12]}.*Embed the images again"
        ):
            Gallery.load(folder, model=model)
    assert len(Gallery.load(folder, model=fingerprint(encoder))) == N
    random_gallery().save(folder)
    with pytest.raises(InputError, match="an unnamed model"):
        Gallery.load(folder, model=encoder)


def test_a_model_trained_on_makes_its_gallery_stale(folder, encoder):
    trained = AttributeEncoder(SCHEMA, encoder.recipe)
    trained.load_state_dict(encoder.state_dict())
    assert len(Gallery.load(folder, model=trained)) == N
    with torch.no_grad():
        trained.heads.bias += 1e-3
    with pytest.raises(InputError, match="those of model"):
        Gallery.load(folder, model=trained)


@pytest.mark.parametrize("name", [storage.TENSORS, storage.FACTS, storage.MANIFEST])
def test_cut_off_and_flipped_files_are_refused_by_name(folder, name):
    whole = (folder / name).read_bytes()
    for damaged in (whole[:-1], whole[: len(whole) // 2], b"", flipped(whole)):
        (folder / name).write_bytes(damaged)
        with pytest.raises(InputError, match=name):
            Gallery.load(folder)
    (folder / name).write_bytes(whole)
    assert len(Gallery.load(folder)) == N


def flipped(content):
    place = len(content) // 2
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


def test_folders_of_something_else_are_refused(tmp_path):
    with pytest.raises(InputError, match="no gallery there"):
        Gallery.load(tmp_path / "nowhere")
    storage.store(tmp_path / "weights", {"a": torch.zeros(1)}, {"recipe": "x"})
    with pytest.raises(InputError, match="something else than a gallery"):
        Gallery.load(tmp_path / "weights")
    storage.store(tmp_path / "later", {"a": torch.zeros(1)}, {"gallery": 2})
    with pytest.raises(InputError, match="format 2, expected a gallery of format 1"):
        Gallery.load(tmp_path / "later")


def test_facts_can_be_read_by_people(folder):
    facts = json.loads((folder / storage.FACTS).read_text())
    assert facts["ids"] == NAMES
    assert json.loads(facts["schema"]) == {"colour": ["red", "green", "blue"], "bar": ["upright", "level"]}
