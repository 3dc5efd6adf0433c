"""The memory: what it holds and where, and what an edit with it moves."""

from collections.abc import Callable, Mapping, Sequence

import matplotlib as mpl
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from torch import Tensor

from adde_lite.attributes import AttributeSchema, Edit
from adde_lite.errors import InputError
from adde_lite.models.adde import PrototypeMemory
from adde_lite.plots.codes import PALE_TO_BLUE
from adde_lite.plots.picture import BLUE, CYCLE, INK, MIST, ORANGE, RUST, STYLE, Picture, draw_image
from adde_lite.retrieval.gallery import Gallery

Place = Sequence[float]

ROWS_OF_LABEL = 8  # a lower map would cut off the label beside it
RESULTS = 4


def memory_map(
    weights: Mapping[str, Tensor], schema: AttributeSchema, alt: str, *, top: float | None = None
) -> Picture:
    """How much each column of a memory holds in each subspace, a panel a memory, its blocks outlined.

    A cell is the mean absolute number of one value's column in one subspace: all of a clean memory lies within the
    outlines.

    Args:
        weights: title -> M, float (A*d, J).
        schema: the attributes.
        alt: the picture's alt text.
        top: the mean that gets the full colour; None takes the largest of all panels.

    Raises:
        InputError: a memory that is not of this schema.
    """
    held = {title: block_means(weight, schema) for title, weight in weights.items()}
    top = top or max(cells.max() for cells in held.values())
    with mpl.rc_context(STYLE):
        picture = Picture(alt, (3.3 * len(held) + 0.8, 0.17 * max(schema.A, ROWS_OF_LABEL) + 1.5))
        places = picture.subplots(1, len(held), sharey=True, squeeze=False)[0]
        for place, (title, cells) in zip(places, held.items(), strict=True):
            place.imshow(cells, cmap=PALE_TO_BLUE, vmin=0, vmax=top, aspect="auto", interpolation="nearest")
            _outline_blocks(place, schema)
            middles = [start + (size - 1) / 2 for start, size in zip(schema.offsets, schema.sizes, strict=True)]
            place.set_xticks(middles, schema.names, rotation=90, fontsize=8)
            place.set(title=title, xlabel="columns: the values of")
            place.tick_params(length=0)
            place.spines[:].set_visible(False)
        places[0].set_yticks(range(schema.A), schema.names, fontsize=8)
        places[0].set_ylabel("rows: the subspace of")
    return picture


def memory_frames(kept: Mapping[str, Sequence[PrototypeMemory]], *, top: float | None = None) -> dict[str, Picture]:
    """Memories over a training, a `memory_map` an epoch: name of the stop, such as "after epoch 2", -> its picture.

    The alt text of each says how much lies outside the blocks.

    Args:
        kept: title -> the memory before training and after each epoch; as many in each.
        top: the mean that gets the full colour at all stops; None takes the largest of all.

    Raises:
        InputError: memories of different attributes.
    """
    schema = next(iter(kept.values()))[0].schema
    top = top or max(float(block_means(each.weight, schema).max()) for run in kept.values() for each in run)
    frames = {}
    for epoch, memories in enumerate(zip(*kept.values(), strict=True)):
        stop = f"after epoch {epoch}" if epoch else "before training"
        shares = [f"{title} {memory.off_block_share:.3f}" for title, memory in zip(kept, memories, strict=True)]
        alt = f"{stop.capitalize()}, outside over inside the blocks: {', '.join(shares)}."
        weights = {title: memory.weight for title, memory in zip(kept, memories, strict=True)}
        frames[stop] = memory_map(weights, schema, alt, top=top)
    return frames


def edit_plane(prototypes: Mapping[str, Place], start: Place, ends: Mapping[str, Place], alt: str) -> Picture:
    """A subspace of two dimensions: prototypes as crosses, a garment as a dot, each edit of it as an arrow.

    Args:
        prototypes: value -> where its prototype is, two numbers.
        start: where the garment is.
        ends: name of the way to edit -> where it takes the garment.
        alt: the picture's alt text.
    """
    with mpl.rc_context(STYLE):
        picture = Picture(alt, (4.6, 3.2))
        place = picture.subplots()
        for value, (x, y) in prototypes.items():
            place.scatter([x], [y], marker="x", s=55, color=INK, linewidths=2)
            place.annotate(value, (x, y), (-5, -13), textcoords="offset points", ha="right", fontsize=9)
        from_x, from_y = start
        place.scatter([from_x], [from_y], s=60, color=BLUE, zorder=3)
        place.annotate("garment", (from_x, from_y), (7, 4), textcoords="offset points", color=BLUE, fontsize=9)
        for colour, (name, (x, y)) in zip((ORANGE, RUST, *CYCLE[2:]), ends.items(), strict=False):
            arrow = {"arrowstyle": "-|>", "color": colour, "linewidth": 1.8}
            place.annotate("", (x, y), (from_x, from_y), arrowprops=arrow)
            place.annotate(name, (x, y), (7, 4), textcoords="offset points", fontsize=9)
        every = np.array([*prototypes.values(), start, *ends.values()], dtype=float)
        margin = 0.18 * np.ptp(every)
        low, high = every.min(0) - margin, every.max(0) + margin
        place.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), xlabel="first number", ylabel="second number")
        place.grid(visible=True)
        place.set_axisbelow(True)
    return picture


def subspace_moves(
    moves: Mapping[str, Sequence[float]], names: Sequence[str], edited: Sequence[str], alt: str
) -> Picture:
    """How far an edit moves each subspace, a panel a memory; the subspaces that were to move are in blue.

    Args:
        moves: title -> length of the change in each of the A subspaces.
        names: of the A attributes.
        edited: the attributes that the edit names.
        alt: the picture's alt text.
    """
    with mpl.rc_context(STYLE):
        picture = Picture(alt, (2.6 * len(moves) + 1.2, 0.22 * len(names) + 0.75))
        places = picture.subplots(1, len(moves), sharex=True, sharey=True, squeeze=False)[0]
        _move_bars(places, moves, names, edited)
    return picture


@torch.no_grad()
def prototype_swap(
    gallery: Gallery,
    row: int,
    edits: Sequence[Edit],
    memories: Mapping[str, PrototypeMemory],
    images_of: Callable[[list[int]], Tensor],
) -> Picture:
    """A garment, how far an edit r + M i moves each subspace with several memories, and what the gallery finds for it.

    Args:
        gallery: holds the garment; its own memory edits the search.
        row: of the garment.
        edits: new values, of different attributes; none shows the garment as it is.
        memories: title -> memory, a panel each.
        images_of: rows of the gallery to their images, uint8 (K, 3, H, W).

    Below each result stands how many of its A attributes are as asked.

    Raises:
        InputError: as `Gallery.edit`.
    """
    garment, labels, schema = gallery.embeddings[row], gallery.labels[[row]], gallery.schema
    moves = {
        title: (memory.edit(garment, edits, "add", labels=labels) - garment).norm(dim=1).tolist()
        for title, memory in memories.items()
    }
    rows = gallery.edit(garment, edits, min(RESULTS, len(gallery.labels)), "add", labels)
    right = (gallery.labels[rows] == schema.edited(labels, edits)).sum(1).tolist()
    asked, edited = ", ".join(map(str, edits)), [edit.attribute for edit in edits]
    told = [f"{title}: {_farthest(each, schema.names, len(edits))}" for title, each in moves.items()]
    alt = f"{asked or 'Nothing edited'}. Moves most {'; '.join(told)}. As asked: {', '.join(map(str, right))}."
    with mpl.rc_context(STYLE):
        picture = Picture(alt, (2.2 * len(moves) + 1.3 * (len(rows) + 1) + 0.9, 2.9))
        widths = (1.3, 2.2 * len(moves) + 0.9, 1.3 * len(rows))
        reference, bars, answers = picture.subfigures(1, 3, squeeze=False, width_ratios=widths)[0]
        first = reference.subplots()
        draw_image(first, images_of([row])[0])
        first.set_title("your garment", loc="center", fontsize=9)
        first.set_xlabel("\n".join(edited) and "edited:\n" + "\n".join(edited), fontsize=8.5)
        _move_bars(
            bars.subplots(1, len(moves), sharex=True, sharey=True, squeeze=False)[0], moves, schema.names, edited
        )
        places = answers.subplots(1, len(rows), squeeze=False)[0]
        for rank, (place, image, count) in enumerate(zip(places, images_of(rows.tolist()), right, strict=True), 1):
            draw_image(place, image)
            place.set_title(f"{rank}", loc="center", fontsize=9)
            place.set_xlabel(f"{count} of {schema.A}\nas asked", fontsize=7.5)
    return picture


def block_means(weight: Tensor, schema: AttributeSchema) -> np.ndarray:
    if weight.ndim != 2 or weight.shape[1] != schema.J or weight.shape[0] % schema.A:
        found, expected = f"shape {tuple(weight.shape)}", f"({schema.A} * d, {schema.J})"
        raise InputError("memory", found, expected, "Draw it with the schema it was made with.")
    cells: np.ndarray = weight.detach().abs().unflatten(0, (schema.A, -1)).mean(1).numpy()
    return cells


def _farthest(lengths: Sequence[float], names: Sequence[str], count: int) -> str:
    order = sorted(range(len(names)), key=lambda a: -lengths[a])
    return ", ".join(names[a] for a in order[:count]) or "nothing"


def _outline_blocks(place: Axes, schema: AttributeSchema) -> None:
    for row, (start, size) in enumerate(zip(schema.offsets, schema.sizes, strict=True)):
        corner = (start - 0.5, row - 0.5)
        place.add_patch(Rectangle(corner, size, 1, fill=False, edgecolor=ORANGE, linewidth=0.8))


def _move_bars(
    places: Sequence[Axes], moves: Mapping[str, Sequence[float]], names: Sequence[str], edited: Sequence[str]
) -> None:
    for place, (title, lengths) in zip(places, moves.items(), strict=True):
        place.barh(range(len(names)), lengths, color=[BLUE if name in edited else ORANGE for name in names], height=0.7)
        place.set_title(title, fontsize=9)
        place.tick_params(length=0, labelsize=8)
        place.grid(axis="x")
        place.set_axisbelow(True)
        place.spines["left"].set_color(MIST)
    furthest = max(max(lengths) for lengths in moves.values())
    places[0].set(yticks=range(len(names)), yticklabels=list(names), xlim=(0, 1.05 * furthest or 1))
    places[0].invert_yaxis()
