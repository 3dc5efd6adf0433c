"""What the edit figures share: a gallery of the paper's size, edits by look-up, and the same edits asked of faiss."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from adde_lite.attributes import AttributeSchema, Edit
from adde_lite.models.adde import PrototypeMemory
from adde_lite.retrieval.gallery import Gallery
from bench.figure import Figure, NotHereError

SHOPPING100K = AttributeSchema.numbered([16, 17, 19, 14, 10, 15, 2, 11, 16, 7, 9, 15])
N, D = 100_000, 340
K = 30
EDITS = 256  # of one query, each of one attribute
SEARCHES = 20  # of faiss, one query at a time
NOISE = 0.7
SAME = 1e-5  # cosines that faiss, in float32, may take for each other


@dataclass(frozen=True)
class Scene:
    """A gallery, the edits of its first garment, and the edited queries as unit vectors, float32 (E, A * d)."""

    gallery: Gallery
    edits: list[Edit]
    edited: Tensor


def scene(count: int = N, d: int = D, edits: int = EDITS, schema: AttributeSchema = SHOPPING100K) -> Scene:
    """Embeddings scattered about the prototypes of their labels."""
    generator = torch.Generator().manual_seed(0)
    memory = PrototypeMemory(schema, d)
    with torch.no_grad():
        memory.weight.normal_(generator=generator).masked_fill_(~memory.mask, 0)
    labels = torch.stack([torch.randint(n, (count,), generator=generator) for n in schema.sizes], dim=1)
    embeddings = torch.empty(count, schema.A, d).normal_(std=NOISE, generator=generator)
    for a, offset in enumerate(schema.offsets):
        embeddings[:, a] += memory.prototypes[offset + labels[:, a]]
    rng = np.random.default_rng(0)
    names = [schema.names[a] for a in rng.integers(schema.A, size=edits)]
    asked = [Edit(name, str(rng.choice(schema.options(name)))) for name in names]
    with torch.no_grad():
        wanted = torch.stack([memory.edit(embeddings[0], edit, "add", labels[0]) for edit in asked]).flatten(1)
    unit = wanted / wanted.norm(dim=1, keepdim=True)
    return Scene(Gallery(embeddings, labels, schema, memory), asked, unit)


def compare(batch: int, made: Scene | None = None) -> Figure:
    """CPU seconds of an edit with its first 30, beside faiss's search for `batch` edited queries at a time."""
    try:
        import faiss  # noqa: F401
    except ImportError as error:
        raise NotHereError("no faiss: pip install faiss-cpu") from error
    made = made or scene()
    gallery, label = made.gallery, made.gallery.labels[0]
    started = time.process_time()
    asked = gallery.query(gallery.embeddings[0])
    scan = time.process_time() - started
    for name in gallery.schema.names:  # the table belongs to the gallery, not to an edit
        asked.edit(Edit(name, gallery.schema.options(name)[0]), K, "swap")
    table = time.process_time() - started - scan
    seconds, found = [], []
    for edit in made.edits:
        started = time.process_time()
        found.append(asked.edit(edit, K, "add", label))
        seconds.append(time.process_time() - started)
    spent = sum(seconds) / len(seconds)
    theirs, answers = _searched(gallery, made.edited, batch)
    for ours, expected, wanted in zip(found, answers, made.edited, strict=False):
        _agree(gallery, wanted, ours, expected)
    each = f"one query at a time, {SEARCHES} of them" if batch == 1 else f"{batch} queries at a time"
    return Figure(
        value=spent * 1e3,
        baseline=theirs * 1e3,
        baseline_is=f"faiss IndexFlatL2, {each}",
        unit=f"CPU-ms an edit with top {K}, {len(gallery):,} x {made.edited.shape[1]}",
        cost=True,
        cpu_seconds=sum(seconds),
        facts={"N": len(gallery), "edits": len(seconds), "median_ms": float(np.median(seconds)) * 1e3},
        rows={
            "an edit": {"CPU-ms": spent * 1e3},
            "first scan of a query": {"CPU-ms": scan * 1e3},
            "table, once a gallery": {"CPU-ms": table * 1e3},
            "faiss": {"CPU-ms": theirs * 1e3},
        },
    )


def _searched(gallery: Gallery, edited: Tensor, batch: int) -> tuple[float, Tensor]:
    """CPU seconds of a faiss search for one edited query, and the rows it finds."""
    import faiss

    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        index = faiss.IndexFlatL2(edited.shape[1])
        for part in _unit_parts(gallery.embeddings):
            index.add(part.numpy())
        queries = edited[:SEARCHES] if batch == 1 else edited[: len(edited) // batch * batch or None]
        started = time.process_time()
        found = [index.search(part.numpy(), K)[1] for part in queries.split(batch)]
        return (time.process_time() - started) / len(queries), torch.from_numpy(np.concatenate(found))
    finally:
        faiss.omp_set_num_threads(threads)


def _unit_parts(embeddings: Tensor) -> Iterator[Tensor]:
    for part in embeddings.flatten(1).split(8192):
        yield part / part.norm(dim=1, keepdim=True)


def _agree(gallery: Gallery, wanted: Tensor, ours: Tensor, theirs: Tensor) -> None:
    """Both found the same, up to places whose scores are the same in float32."""

    def scores(rows: Tensor) -> Tensor:
        vectors = gallery.embeddings[rows].flatten(1).double()
        cosines: Tensor = vectors @ wanted.double() / vectors.norm(dim=1)
        return cosines

    torch.testing.assert_close(scores(ours), scores(theirs), rtol=0, atol=SAME)
